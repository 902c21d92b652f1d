"""Intervals and tests: against simulated truth, against other libraries, and in their corners."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xstilts.metrics.base import ratio
from xstilts.report.contrast import Uncertain, combined, estimate, holm, mean, new_language, redraw

FILE = Path(__file__).parents[2] / "benchmarks/intervals.py"
STUDIES = 400


@pytest.fixture(scope="module")
def simulation():
    """The simulation that the documentation's figures come from."""
    wanted = importlib.util.spec_from_file_location("intervals", FILE)
    module = sys.modules["intervals"] = importlib.util.module_from_spec(wanted)
    wanted.loader.exec_module(module)
    yield module
    del sys.modules["intervals"]


def accuracy(sums):
    return ratio(sums[..., 0], sums[..., 1])


def counted(hits):
    return np.stack([hits, np.ones(len(hits))], axis=1).astype(float)


def difference(samples, sound=None):
    """The second arm less the first."""
    weights = np.zeros(len(samples.point))
    weights[:2] = -1, 1
    return estimate(samples, weights, np.ones(len(weights), dtype=bool) if sound is None else np.array(sound))


def near(share, low, high):
    """Whether a simulated share is what a true one in these bounds gives, but once in 700 times."""
    return low - 3 * math.sqrt(low * (1 - low) / STUDIES) <= share <= high + 3 * math.sqrt(high * (1 - high) / STUDIES)


@pytest.mark.parametrize(
    "name",
    [
        "one seed, no luck",
        "3 seeds, no luck",
        "3 seeds, much luck",
        "3 seeds, 11 recipes, some luck",
        "3 seeds, 5 recipes, two runs missing",
        "5 seeds, judged alone, some luck",
    ],
)
def test_intervals_hold_the_truth_19_times_of_20(simulation, name):
    rng = np.random.default_rng(7)
    held = np.mean([simulation.held(simulation.KINDS[name], rng) for _ in range(STUDIES)])
    assert near(held, 0.93, 0.97), held


@pytest.mark.parametrize("name", ["10 languages that differ", "10 languages, one seed"])
def test_so_do_those_for_a_new_language(simulation, name):
    rng = np.random.default_rng(8)
    held = np.mean([simulation.held(simulation.NEW[name], rng, fresh=True) for _ in range(STUDIES)])
    assert near(held, 0.93, 0.97), held


def test_intervals_that_know_nothing_of_luck_would_hold_it_too_seldom(simulation):
    """The simulation tells good intervals from bad: with one seed, luck is not seen."""
    rng = np.random.default_rng(9)
    blind = simulation.Kind(seeds=1, luck=0.3)
    assert np.mean([simulation.held(blind, rng) for _ in range(STUDIES)]) < 0.7


@pytest.mark.parametrize("seeds", [1, 3])
def test_where_nothing_is_gained_a_study_finds_a_gain_in_one_of_20_at_most(simulation, seeds):
    rng = np.random.default_rng(10)
    kind = simulation.Kind(seeds=seeds, recipes=8, languages=1, gain=0.0, luck=0.1 * (seeds > 1))
    assert near(np.mean([simulation.wrong(kind, rng) for _ in range(STUDIES)]), 0.0, 0.05)


def test_with_luck_alone_it_is_the_paired_t_test():
    """Every example is as every other one: all that is uncertain is between runs."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(0.4, 0.6, size=(2, 5))
    arms = [[np.tile([level, 1.0], (50, 1)) for level in arm] for arm in levels]
    found = difference(redraw(arms, accuracy, 0))
    known = stats.ttest_rel(levels[1], levels[0])
    assert found.value == pytest.approx(100 * (levels[1] - levels[0]).mean())
    assert found.p == pytest.approx(known.pvalue)
    interval = known.confidence_interval(0.95)
    assert found.interval() == pytest.approx((100 * interval.low, 100 * interval.high))


def test_with_more_arms_all_tell_of_the_scatter_of_runs():
    """The residual of a randomised block design, as an analysis of variance has it."""
    rng = np.random.default_rng(1)
    levels = rng.uniform(0.4, 0.6, size=(4, 3))
    arms = [[np.tile([level, 1.0], (50, 1)) for level in arm] for arm in levels]
    found = difference(redraw(arms, accuracy, 0))
    fitted = levels.mean(axis=1, keepdims=True) + levels.mean(axis=0) - levels.mean()
    per_run = 1e4 * ((levels - fitted) ** 2).sum() / 6
    assert (found.variance, found.freedom) == pytest.approx((2 * per_run / 3, 6))


def test_with_one_run_each_it_is_the_bootstrap_of_another_library():
    rng = np.random.default_rng(2)
    hard = rng.random(400)
    first, second = hard < 0.5, np.where(rng.random(400) < 0.7, hard, rng.random(400)) < 0.55
    found = difference(redraw([[counted(first)], [counted(second)]], accuracy, 0))
    known = stats.bootstrap(
        (100.0 * first, 100.0 * second),
        lambda a, b, axis: b.mean(axis) - a.mean(axis),
        paired=True,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    assert math.sqrt(found.variance) == pytest.approx(known.standard_error, rel=0.08)
    assert found.interval() == pytest.approx((known.confidence_interval.low, known.confidence_interval.high), abs=0.7)


def test_pairing_makes_the_interval_narrower():
    rng = np.random.default_rng(3)
    hard = rng.random(500)
    first, second = hard < 0.5, np.where(rng.random(500) < 0.7, hard, rng.random(500)) < 0.6
    paired = difference(redraw([[counted(first)], [counted(second)]], accuracy, 0))
    mixed = difference(redraw([[counted(first)], [counted(rng.permutation(second))]], accuracy, 0))
    assert paired.value == pytest.approx(mixed.value)
    assert paired.variance < 0.5 * mixed.variance


def test_equal_arms_differ_by_exactly_nothing():
    rng = np.random.default_rng(4)
    runs = [np.stack([rng.random(333), np.ones(333)], axis=1) for _ in range(3)]
    found = difference(redraw([runs, [run.copy() for run in runs]], accuracy, 0))
    assert (found.value, found.interval(), found.p) == (0.0, (0.0, 0.0), 1.0)


def test_an_arm_that_lacks_runs_is_compared_with_the_seeds_that_both_have_and_is_less_sure():
    rng = np.random.default_rng(5)
    runs = [[counted(rng.random(300) < share) for _ in range(3)] for share in (0.4, 0.5, 0.6, 0.5)]
    variances = []
    for lacking in (0, 1, 2):
        arms = [runs[0], [*runs[1][: 3 - lacking], *([None] * lacking)], *runs[2:]]
        found = difference(redraw(arms, accuracy, 0))
        expected = difference(redraw([arm[: 3 - lacking] for arm in arms[:2]], accuracy, 0))
        assert found.value == pytest.approx(expected.value)
        variances.append(found.variance)
    assert variances == sorted(variances), "others tell how runs scatter, even if one alone is left"
    assert difference(redraw([runs[0], [None] * 3, runs[2]], accuracy, 0)) is None


def test_an_arm_with_a_degenerate_run_is_judged_by_its_own_seeds():
    rng = np.random.default_rng(5)
    runs = [[counted(rng.random(300) < share) for _ in range(3)] for share in (0.4, 0.5, 0.6)]
    own = difference(redraw(runs[:2], accuracy, 0), [False, False])
    assert difference(redraw(runs, accuracy, 0), [True, False, True]) == own


def test_a_mean_lacks_the_runs_that_one_of_its_parts_lacks():
    rng = np.random.default_rng(6)
    first, second = ([[counted(rng.random(60) < 0.5) for _ in range(2)]] for _ in range(2))
    second[0][1] = None
    both = mean([redraw(first, accuracy, 0), redraw(second, accuracy, 1)])
    assert np.isnan(both.point).tolist() == [[False, True]]


def test_an_untouched_base_adds_no_scatter_of_runs():
    """It is one evaluation, whatever the seed: what scatters is the other arm."""
    rng = np.random.default_rng(7)
    base = counted(rng.random(200) < 0.5)
    levels = rng.uniform(0.4, 0.6, 4)
    arms = [[base] * 4, [np.tile([level, 1.0], (200, 1)) for level in levels]]
    found = difference(redraw(arms, accuracy, 0))
    examples = difference(redraw([[base], [arms[1][0]]], accuracy, 0)).variance
    assert found.variance == pytest.approx(1e4 * levels.var(ddof=1) / 4 + examples)


def test_arms_with_other_numbers_of_examples_are_drawn_independently():
    rng = np.random.default_rng(8)
    long = counted(rng.random(400) < 0.5)
    sample = redraw([[long], [long[:399]], [long]], accuracy, 0)
    assert abs(np.corrcoef(sample.draws[:, 0, 0], sample.draws[:, 1, 0])[0, 1]) < 0.15
    assert np.array_equal(sample.draws[:, 0], sample.draws[:, 2])
    assert sample.point[:, 0] == pytest.approx([float(accuracy(a.sum(0))) for a in (long, long[:399], long)])


def test_a_translated_test_set_is_no_second_test_set():
    hits = counted(np.random.default_rng(9).random(300) < 0.5)
    one, same = (redraw([[array]], accuracy, seed=0) for array in (hits, hits.copy()))
    assert np.array_equal(mean([one, same]).draws, one.draws)
    other = redraw([[hits]], accuracy, seed=1)
    assert mean([one, other]).draws.std() < 0.8 * one.draws.std()


def test_a_new_language_is_never_surer_than_those_that_were_tested():
    joint = Uncertain(3.0, 1.0, math.inf)
    alike = [Uncertain(3.0, 1.0, math.inf)] * 5
    assert new_language(alike, joint) == joint
    apart = [Uncertain(value, 1.0, math.inf) for value in (0.0, 1.5, 3.0, 4.5, 6.0)]
    low, high = new_language(apart, joint).interval()
    assert low < joint.interval()[0] and high > joint.interval()[1]
    assert new_language(alike[:1], joint) is None


def test_freedom_of_a_sum_lies_between_that_of_its_parts():
    assert combined((2.0, 4.0), (0.0, math.inf)) == (2.0, 4.0)
    variance, freedom = combined((1.0, 4.0), (3.0, math.inf))
    assert variance == 4.0 and freedom == pytest.approx(64.0)


def test_p_is_small_where_the_interval_misses_0_and_power_lies_beyond_it():
    for freedom in (2.0, 20.0, math.inf):
        edge = Uncertain(1.0, 1.0, freedom).interval()[1] - 1.0
        assert Uncertain(edge, 1.0, freedom).p == pytest.approx(0.05)
        assert Uncertain(1.0, 1.0, freedom).detectable > edge


def test_holm_multiplies_the_smallest_by_all_and_the_next_by_one_less():
    assert holm([0.01, 0.04, 0.02]) == pytest.approx([0.03, 0.04, 0.04])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.999))
def test_holm_finds_what_his_procedure_finds_step_by_step(p, level):
    found, left = set(), sorted(range(len(p)), key=lambda k: (p[k], k))
    while left and p[left[0]] * len(left) <= level:
        found.add(left.pop(0))
    assert {k for k, one in enumerate(holm(p)) if one <= level} == found
