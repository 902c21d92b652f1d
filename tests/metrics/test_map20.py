"""Mean average precision at 20, with few right candidates and with more than 20."""

import pytest
from scoring import table, values
from sklearn.metrics import average_precision_score

from xstilts.metrics.map20 import METRIC


@pytest.mark.parametrize(
    "found, right, precision, first",
    [
        (["a", "b", "c"], ["a"], 100, 100),
        (["b", "a", "c"], ["a"], 50, 0),
        (["a", "x", "b"], ["a", "b"], 100 * (1 + 2 / 3) / 2, 100),
        (["a"], ["a", "b"], 50, 100),  # what is not found counts as never found
        ([f"x{i}" for i in range(20)] + ["a"], ["a"], 0, 0),  # the 21st
        ([f"x{i}" for i in range(19)] + ["a"], ["a"], 5, 0),
        ([f"a{i}" for i in range(20)], [f"a{i}" for i in range(30)], 100, 100),  # no more than 20 can be found
        (["a", "a", "b"], ["a", "b"], 100 * (1 + 2 / 3) / 2, 100),  # the second time it is no hit
        (["a", "b"], ["a", "b", "a"], 100, 100),
        ([], ["a"], 0, 0),
        (["a"], [], 0, 0),
    ],
)
def test_one_query(found, right, precision, first):
    assert values(METRIC, table([found], [right])) == pytest.approx(
        {"score": precision, "map20": precision, "accuracy": first}
    )


def test_it_is_a_mean_over_queries():
    found = values(METRIC, table([["a", "b"], ["a", "b"]], [["a"], ["b"]]))
    assert found == pytest.approx({"score": 75.0, "map20": 75.0, "accuracy": 50.0})


def test_with_few_candidates_it_is_average_precision():
    ranked = list("abcdefgh")
    right = ["b", "c", "g"]
    expected = average_precision_score([name in right for name in ranked], range(len(ranked), 0, -1))
    assert values(METRIC, table([ranked], [right]))["map20"] == pytest.approx(100 * expected)
