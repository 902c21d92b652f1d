"""The bootstrap: does its interval hold the truth as often as it says?"""

import numpy as np
import pytest

from xstilts.metrics.base import ratio
from xstilts.report.contrast import Estimate, estimate, mean, redraw, seed_weights


def accuracy(sums):
    return ratio(sums[..., 0], sums[..., 1])


def counted(hits):
    return np.stack([hits, np.ones(len(hits))], axis=1).astype(float)


def paired_arms(rng, n, right, gain):
    """Statistics of two arms, right with the probabilities `right` and `right + gain`, on examples hard for both."""
    hard = rng.random(n)
    own = np.where(rng.random(n) < 0.7, hard, rng.random(n))
    return counted(hard < right), counted(own < right + gain)


def test_the_interval_of_a_paired_difference_holds_the_truth_19_times_of_20():
    rng = np.random.default_rng(0)
    weights, held, runs = seed_weights(1, 400), 0, 400
    for run in range(runs):
        pairs = [paired_arms(rng, n, right, gain=0.05) for n, right in ((200, 0.4), (150, 0.6))]
        languages = [redraw([[first], [second]], accuracy, run, draws=400) for first, second in pairs]
        found = estimate(mean(languages).minus(1, 0), weights)
        held += found.low <= 5.0 <= found.high
    # Three standard deviations of the share that a true 95 % interval would hold in so many runs.
    assert abs(held / runs - 0.95) < 3 * np.sqrt(0.95 * 0.05 / runs)


def test_the_interval_over_seeds_holds_the_truth_when_there_are_seeds_enough():
    rng = np.random.default_rng(1)
    seeds, runs, held = 20, 200, 0
    weights = seed_weights(seeds, 400)
    for run in range(runs):
        gains = rng.normal(5.0, 4.0, seeds)  # what training runs differ by, in points
        arms = [[counted(rng.random(200) < (0.5 + g / 100)) for g in effect] for effect in (np.zeros(seeds), gains)]
        found = estimate(redraw(arms, accuracy, run, 400).minus(1, 0), weights)
        held += found.low <= 5.0 <= found.high
    assert 0.90 <= held / runs <= 1.0  # seeds and examples are crossed: rather too wide than too narrow


def test_pairing_makes_the_interval_narrower():
    first, second = paired_arms(np.random.default_rng(2), 500, right=0.5, gain=0.1)
    weights = seed_weights(1)
    paired = estimate(redraw([[first], [second]], accuracy, 0).minus(1, 0), weights)
    mixed = np.random.default_rng(3).permutation(second)  # the same score, its examples in another order
    unpaired = estimate(redraw([[first], [mixed]], accuracy, 0).minus(1, 0), weights)
    assert paired.value == pytest.approx(unpaired.value)
    assert paired.high - paired.low < 0.7 * (unpaired.high - unpaired.low)


def test_equal_arms_differ_by_exactly_nothing():
    rng = np.random.default_rng(4)
    runs = [np.stack([rng.random(333), np.ones(333)], axis=1) for _ in range(3)]
    sample = redraw([runs, [run.copy() for run in runs]], accuracy, 0)
    assert estimate(sample.minus(1, 0), seed_weights(3)) == Estimate(0.0, 0.0, 0.0)


def test_arms_with_other_numbers_of_examples_are_drawn_independently():
    rng = np.random.default_rng(5)
    long = counted(rng.random(400) < 0.5)
    sample = redraw([[long], [long[:399]], [long]], accuracy, 0)
    apart = np.corrcoef(sample.draws[:, 0, 0], sample.draws[:, 1, 0])[0, 1]
    assert abs(apart) < 0.15
    assert np.array_equal(sample.draws[:, 0], sample.draws[:, 2])
    assert sample.point[:, 0] == pytest.approx([float(accuracy(a.sum(0))) for a in (long, long[:399], long)])


def test_a_translated_test_set_is_no_second_test_set():
    hits = counted(np.random.default_rng(6).random(300) < 0.5)
    one, same = (redraw([[array]], accuracy, seed=0) for array in (hits, hits.copy()))
    assert np.array_equal(mean([one, same]).draws, one.draws)
    other = redraw([[hits]], accuracy, seed=1)
    assert mean([one, other]).draws.std() < 0.8 * one.draws.std()


def test_seeds_are_drawn_with_replacement():
    weights = seed_weights(3, 500)
    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert set(np.round(3 * weights).astype(int).ravel()) == {0, 1, 2, 3}
    assert (seed_weights(1, 10) == 1).all()


@pytest.mark.parametrize(("low", "high", "sign"), [(0.1, 2, 1), (-2, -0.1, -1), (-1, 1, 0), (0, 0, 0), (0, 1, 0)])
def test_a_difference_is_decided_when_its_interval_misses_nothing(low, high, sign):
    assert Estimate((low + high) / 2, low, high).sign == sign
