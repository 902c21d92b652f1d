"""The examples of each step: exact shares, whole passes, and the seed alone decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.engine.mixture import Mixture, exact_counts, rates, smoothed

PAPER = {
    "anli": (1104934, 0.181),
    "mnli": (392702, 0.181),
    "qqp": (363846, 0.181),
    "squad2": (130319, 0.180),
    "squad": (87599, 0.121),
    "hellaswag": (39905, 0.055),
    "ccg": (38015, 0.053),
    "cosmosqa": (25262, 0.035),
    "csqa": (9741, 0.013),
}


def test_capped_rates_are_the_papers():
    sizes, shares = zip(*PAPER.values(), strict=True)
    found = rates(sizes, "capped", cap=2**17, temperature=1.0)
    assert tuple(np.round(found, 3)) == shares
    assert found.sum() == pytest.approx(1)


def test_other_ways_of_mixing():
    sizes = (400, 100, 25)
    wanted = {"proportional": (16, 4, 1), "uniform": (1, 1, 1), "temperature": (4, 2, 1), "capped": (2, 2, 1)}
    wanted["weights"] = (1, 0.5, 2)
    for mix, weights in wanted.items():
        expected = np.array(weights) / sum(weights)
        np.testing.assert_allclose(rates(sizes, mix, 50, 2.0, (2, 1, 4)), expected)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=9), st.integers(0, 5000))
def test_counts_are_whole_and_less_than_one_from_their_share(sizes, steps):
    shares = np.array(sizes) / sum(sizes)
    counts = exact_counts(shares, steps)
    assert counts.sum() == steps and (counts >= 0).all()
    assert (abs(counts - shares * steps) < 1 + 1e-9).all()


SHAPES = st.tuples(
    st.lists(st.integers(1, 12), min_size=1, max_size=3), st.integers(1, 25), st.integers(1, 9), st.integers(0, 99)
)


def mixture(shape):
    sizes, steps, batch, seed = shape
    return Mixture(sizes, np.array(sizes) / sum(sizes), steps, batch, seed)


@given(SHAPES)
def test_each_pass_visits_each_item_once_before_any_repeats(shape):
    sizes, steps, batch, _ = shape
    drawn = [mixture(shape)[step] for step in range(steps)]
    assert all(len(step.items) == batch for step in drawn)
    counts = exact_counts(np.array(sizes) / sum(sizes), steps)
    for part, size in enumerate(sizes):
        stream = [item for step in drawn if step.part == part for item in step.items.tolist()]
        assert len(stream) == counts[part] * batch
        for first in range(0, len(stream), size):
            some = stream[first : first + size]
            assert len(set(some)) == len(some) and set(some) <= set(range(size))


@given(SHAPES, st.randoms(use_true_random=False))
def test_steps_may_be_asked_for_in_any_order(shape, random):
    forwards, anyhow = mixture(shape), mixture(shape)
    order = list(range(len(forwards))) * 2
    random.shuffle(order)
    wanted = [forwards[step] for step in range(len(forwards))]
    for step in order:
        found = anyhow[step]
        assert found.part == wanted[step].part and found.items.tolist() == wanted[step].items.tolist()


def test_another_seed_draws_otherwise():
    def steps(seed):
        some = Mixture([100, 50], np.array([0.6, 0.4]), 20, 8, seed)
        return [some[step].part for step in range(20)], [some[step].items.tolist() for step in range(20)]

    assert steps(1) == steps(1)
    assert steps(1)[0] != steps(2)[0] and steps(1)[1] != steps(2)[1]


def test_passes_and_parts_are_shuffled_each_in_its_own_way():
    some = Mixture([50, 50], np.array([0.5, 0.5]), 4, 50, 0)
    orders = [tuple(some[step].items) for step in range(4)]
    assert len(set(orders)) == 4 and tuple(range(50)) not in orders


def test_over_a_long_run_the_paper_s_tasks_come_by_their_rates_and_evenly():
    sizes = [size for size, _ in PAPER.values()]
    wanted = rates(sizes, "capped", cap=2**17, temperature=1.0)
    drawn = Mixture(sizes, wanted, 20_000, 4, seed=3).parts.kinds
    assert (abs(np.bincount(drawn) - wanted * 20_000) < 1).all()
    for some in np.split(drawn, 20):  # a shuffle leaves each stretch within chance of its share, as drawing would
        chance = np.sqrt(len(some) * wanted * (1 - wanted))
        assert (abs(np.bincount(some, minlength=9) - wanted * len(some)) < 5 * chance).all()


LANGUAGES = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)


@given(LANGUAGES, st.floats(0, 1), st.integers(1, 40), st.integers(1, 8))
def test_languages_are_drawn_by_their_smoothed_sizes_each_in_whole_passes(languages, exponent, steps, batch):
    pools = smoothed(languages, exponent)
    mixture = Mixture([len(languages)], np.ones(1), steps, batch, 5, {0: pools})
    drawn = np.concatenate([mixture[step].items for step in range(steps)])
    codes, sizes = np.unique(languages, return_counts=True)
    wanted = sizes**exponent / (sizes**exponent).sum() * len(drawn)
    counts = np.array([(languages[drawn] == code).sum() for code in codes])
    assert (abs(counts - wanted) < 1 + 1e-9).all()
    for code, size in zip(codes, sizes, strict=True):
        stream = drawn[languages[drawn] == code].tolist()
        for first in range(0, len(stream), size):
            assert len(set(stream[first : first + size])) == len(stream[first : first + size])


def test_smoothing_by_hand():
    languages = np.repeat([0, 1], [256, 16])
    assert smoothed(languages, 1.0).shares == pytest.approx([16 / 17, 1 / 17])
    assert smoothed(languages, 0.5).shares == pytest.approx([4 / 5, 1 / 5])
    assert smoothed(languages, 0.0).shares == pytest.approx([1 / 2, 1 / 2])
