"""Tatoeba's accuracy, and that of each layer."""

import pytest
from scoring import table, values

from xstilts.metrics.nearest import METRIC


def test_accuracy_and_layers():
    predictions = table(
        ["f1", "f2", None, "f4"],
        [["f1"], ["f9"], ["f3"], ["f8", "f4"]],
        raw=[[False, True], [False, False], [False, False], [True, True]],
        centred=[[True, True], [True, False], [True, False], [True, True]],
    )
    assert values(METRIC, predictions) == {
        "score": 50.0,
        "accuracy": 50.0,
        "accuracy@0": 25.0,
        "accuracy@1": 50.0,
        "accuracy_centred@0": 100.0,
        "accuracy_centred@1": 50.0,
    }


def test_without_layers():
    assert values(METRIC, table(["a"], [["b"]])) == {"score": 0.0, "accuracy": 0.0}
    absent = [None, None]
    assert set(values(METRIC, table(["a", "b"], [["a"], ["b"]], raw=absent, centred=absent))) == {"score", "accuracy"}


@pytest.mark.parametrize("said", ["a", None])
def test_a_sentence_without_a_right_answer_can_not_be_hit(said):
    assert values(METRIC, table([said, "b"], [[], ["b"]]))["accuracy"] == 50.0
