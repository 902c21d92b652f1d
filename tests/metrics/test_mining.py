"""Mined pairs: the threshold of dev, and F1 of pairs on both splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import table, values

from xstilts.metrics.mining import METRIC, best_threshold


def mined(rows):
    """A table of (split, mined sentence, margin, right sentences)."""
    split, said, margin, gold = zip(*rows, strict=True)
    return table(said, gold, split=split, score=np.array(margin, np.float32))


def by_split(predictions):
    """Values of each split apart, as a score file has them."""
    statistics = METRIC.statistics(predictions, ())
    split = np.array(predictions["split"].to_pylist())
    return {
        name: {
            value: float(number)
            for value, number in METRIC.values({k: v[split == name].sum() for k, v in statistics.items()}).items()
        }
        for name in ("dev", "test")
    }


DEV = [
    ("dev", "e1", 3.0, ["e1"]),
    ("dev", "e2", 2.0, ["e2"]),
    ("dev", "e9", 1.0, []),
    ("dev", None, 0.0, ["e4"]),
]


def test_by_hand():
    test = [
        ("test", "e1", 1.5, ["e1"]),  # at the threshold, midway between 2 and 1: kept
        ("test", "e2", 1.49, ["e2"]),
        ("test", "e7", 9.0, []),
    ]
    found = by_split(mined(DEV + test))
    assert found["dev"] == pytest.approx({"f1": 80.0, "precision": 100.0, "recall": 200 / 3})
    assert found["test"] == pytest.approx({"f1": 50.0, "precision": 50.0, "recall": 50.0})


def test_a_sentence_with_two_translations_is_two_pairs():
    found = by_split(mined([*DEV, ("test", "e2", 5.0, ["e1", "e2"])]))
    assert found["test"] == pytest.approx({"f1": 200 / 3, "precision": 100.0, "recall": 50.0})


def test_equal_margins_are_kept_or_left_together():
    """Keeping e1 alone would be best, but e8 comes with it; so all three are as good as it gets."""
    rows = [("dev", "e1", 2.0, ["e1"]), ("dev", "e8", 2.0, []), ("dev", "e3", 1.0, ["e3"])]
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        assert by_split(mined([rows[i] for i in order]))["dev"]["f1"] == pytest.approx(80.0)


def test_margins_of_test_choose_nothing():
    one, other = (by_split(mined([*DEV, ("test", "e5", margin, ["e5"])])) for margin in (8.0, 0.1))
    assert one["dev"] == other["dev"]
    assert (one["test"]["f1"], other["test"]["f1"]) == (100.0, 0.0)


def test_nothing_right_on_dev_keeps_all():
    """XTREME's script leaves the threshold at 0 then."""
    assert best_threshold(np.array([2.0, 1.0]), np.array([0.0, 0.0]), 3) == 0.0
    assert best_threshold(np.array([]), np.array([]), 3) == 0.0
    rows = [("dev", "e9", 2.0, ["e1"]), ("test", "e1", 0.5, ["e1"]), ("test", None, 0.0, [])]
    assert by_split(mined(rows))["test"]["f1"] == 100.0


def test_the_highest_of_equally_good_thresholds():
    """1 of 1 and 2 of 4 have the same F1 where two pairs are right."""
    assert best_threshold(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0]), 2) == 3.5


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=12), st.integers(0, 3))
def test_no_threshold_is_better(rows, missed):
    margin, right = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    gold = right.sum() + missed

    def f1(threshold):
        kept = margin >= threshold
        return 2 * right[kept].sum() / (kept.sum() + gold)

    best = best_threshold(margin, right, gold)
    assert f1(best) == pytest.approx(max([0.0, *map(f1, margin)]))


def test_a_language_without_candidates():
    assert values(METRIC, mined([("dev", None, 0.0, ["e1"]), ("test", None, 0.0, [])]))["f1"] == 0.0
