"""SQuAD 2.0: two thresholds of "no answer", and what is right at 0."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import table, values

from xstilts.metrics.squad2 import METRIC, best_threshold


def scored(rows):
    """Values of (predicted text, right answers, lead of "no answer")."""
    said, gold, null = zip(*rows, strict=True)
    return values(METRIC, table(said, gold, null=np.array(null, np.float32)))


def test_by_hand():
    rows = [
        ("cat", ["cat"], -2.0),
        ("dog sat", ["dog"], -1.0),  # F1 2/3
        ("x", [], 0.5),
        ("y", [], 1.0),
        ("sun", ["sun"], 2.0),
    ]
    expected = {
        "best_em": 60.0,  # answered up to -2.0: 1 + 2 unanswerable ones; up to -1.0 no better, to 2.0 worse
        "best_f1": 100 * (1 + 2 / 3 + 2) / 5,  # up to -1.0
        "em": 60.0,
        "f1": 100 * (1 + 2 / 3 + 2) / 5,
        "has_answer_em": 100 / 3,
        "has_answer_f1": 100 * (1 + 2 / 3) / 3,
        "no_answer_accuracy": 100.0,
    }
    score = (expected["best_em"] + expected["best_f1"]) / 2
    assert scored(rows) == pytest.approx(expected | {"score": score})
    assert METRIC.headline == ("best_em", "best_f1")


def test_the_thresholds_of_em_and_f1_differ():
    """Answering the second question costs an exact match and gains F1 with the third."""
    rows = [("cat", ["cat"], 0.0), ("x", [], 1.0), ("dog sat", ["dog"], 2.0), ("sun is", ["sun"], 3.0)]
    found = scored(rows)
    assert found["best_em"] == 50.0
    assert found["best_f1"] == pytest.approx(100 * (1 + 0 + 2 / 3 + 2 / 3) / 4)


def test_a_lead_of_nothing_is_answered():
    assert scored([("cat", ["cat"], 0.0)])["em"] == 100.0
    assert scored([("cat", ["cat"], 1e-6)])["em"] == 0.0


def test_an_empty_text_says_that_there_is_no_answer():
    """Answering with nothing is right where there is none, at any threshold, and costs nothing there."""
    rows = [("", [], -5.0), ("cat", ["cat"], -1.0)]
    found = scored(rows)
    assert [found[name] for name in ("best_em", "best_f1", "em", "f1", "no_answer_accuracy")] == [100.0] * 5
    assert scored([("", ["cat"], -5.0)])["has_answer_f1"] == 0.0
    assert scored([("the", [], -5.0)])["em"] == 100.0  # a text without words, though not an empty one


def test_a_text_without_words_is_an_answer_in_the_search_for_thresholds_alone():
    """So the best value may be below the plain one, by the official script."""
    found = scored([("the", [], -5.0), ("cat", ["cat"], -1.0)])
    assert (found["em"], found["best_em"]) == (100.0, 50.0)


def test_a_right_answer_without_words_does_not_count():
    assert scored([("the", ["the", "cat"], -1.0)])["em"] == 0.0
    found = scored([("...", ["the"], -1.0)])
    assert (found["has_answer_em"], found["has_answer_f1"]) == (100.0, 100.0)


def test_all_or_none_may_be_best_to_answer():
    assert scored([("x", [], -1.0), ("y", [], -2.0)])["best_em"] == 100.0
    assert scored([("cat", ["cat"], 9.0), ("dog", ["dog"], 8.0)])["best_em"] == 100.0


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_questions_of_one_lead_are_not_parted(order):
    """A file that has the answerable question first would score 100 by the official script, the other way 50."""
    rows = [("cat", ["cat"], 1.0), ("x", [], 1.0)]
    assert scored([rows[i] for i in order])["best_em"] == 50.0


@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from([-1.0, 0.0, 0.5, 1.0])), min_size=1, max_size=12))
def test_no_threshold_is_better(rows):
    null, gain = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    best = best_threshold(null, gain)
    gains = {threshold: gain[null <= threshold].sum() for threshold in [-np.inf, *null]}
    assert gains[best] == max(gains.values())
    assert best == min(threshold for threshold, total in gains.items() if total == gains[best])


def test_no_question_without_an_answer_and_none_with_one():
    found = scored([("cat", ["cat"], -1.0)])
    assert (found["no_answer_accuracy"], found["has_answer_em"]) == (0.0, 100.0)
    assert scored([("", [], -1.0)])["has_answer_em"] == 0.0
