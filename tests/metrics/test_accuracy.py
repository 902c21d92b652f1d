"""Accuracy of labels, numbers and tags, and QQP's F1 beside it."""

import pytest
from scoring import table, values

from xstilts.metrics.accuracy import METRIC as ACCURACY
from xstilts.metrics.accuracy_f1 import METRIC as ACCURACY_F1

QQP = ("not_duplicate", "duplicate")


@pytest.mark.parametrize(
    "said, gold, right",
    [
        (["yes", "no", "no", "yes"], ["yes", "yes", "no", "no"], 50.0),
        ([0, 3, 1], [0, 3, 2], 200 / 3),
        ([["N", "V"], ["N"]], [["N", "N"], ["N"]], 200 / 3),  # of three words, not of two sentences
        ([["N"], [], ["V", "V"]], [["V"], [], ["V", "V"]], 200 / 3),
    ],
)
def test_accuracy(said, gold, right):
    assert values(ACCURACY, table(said, gold)) == {"score": pytest.approx(right), "accuracy": pytest.approx(right)}


def test_f1_is_of_the_second_label_and_the_score_is_the_mean_of_both():
    said = ["duplicate", "duplicate", "duplicate", "not_duplicate", "not_duplicate"]
    gold = ["duplicate", "not_duplicate", "not_duplicate", "duplicate", "not_duplicate"]
    found = values(ACCURACY_F1, table(said, gold), QQP)
    assert found == pytest.approx({"accuracy": 40.0, "f1": 40.0, "score": 40.0})  # 1 of 3 said, 1 of 2 in the gold
    assert values(ACCURACY_F1, table(said, gold), QQP[::-1])["f1"] == pytest.approx(40.0)  # 1 of 2 said, 1 of 3
    said[0] = "not_duplicate"
    assert values(ACCURACY_F1, table(said, gold), QQP) == pytest.approx({"accuracy": 20.0, "f1": 0.0, "score": 10.0})


def test_nothing_of_the_positive_class_scores_0():
    none = ["not_duplicate"] * 3
    assert values(ACCURACY_F1, table(none, none), QQP) == {"accuracy": 100.0, "f1": 0.0, "score": 50.0}
