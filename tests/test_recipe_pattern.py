"""Patterns of recipes: which recipes they stand for, and what X is there."""

import pytest

from xstilts.errors import UserError
from xstilts.recipe_pattern import Pattern, is_pattern


@pytest.mark.parametrize(
    ("pattern", "recipe", "bindings"),
    [
        ("mnli@mt*", "mnli@mt-de", {""}),
        ("mnli@mt*", "mnli@mt", {""}),
        ("mnli@mt*", "mnli", set()),
        ("mnli@mt*", "squad@mt-de", set()),
        ("*", "mnli", {""}),
        ("*", "mnli+squad", set()),
        ("*", "", set()),
        ("mlm*+X", "mlm+mnli", {"mnli"}),
        ("mlm*+X", "mlm@wiki+mnli~lr=5e-6~rate=.2", {"mnli"}),
        ("mlm*+X", "hellaswag+mlm", {"hellaswag"}),
        ("mlm*+X", "mlm+mnli+squad", {"mnli+squad"}),
        ("mlm*+X", "all9+mlm", {"all9"}),
        ("mlm*+X", "mlm", set()),
        ("mlm*+X", "mnli+squad", set()),
        ("mlm*+X", "mlm+mnli@mt-de", set()),  # X is tasks on their own data
        ("X@mt*", "squad@mt-es", {"squad"}),
        ("X@mt*", "mnli@mt-de+squad", set()),
        ("X", "mnli", {"mnli"}),
        ("X/squad", "mnli/squad", {"mnli"}),
        ("X/X@mt*", "mnli/mnli@mt", {"mnli"}),
        ("X/X@mt*", "squad/mnli@mt", set()),
        ("mnli/*", "mnli/squad", {""}),
        ("mnli/*", "mnli", set()),
    ],
)
def test_what_a_pattern_stands_for(pattern, recipe, bindings):
    assert Pattern.parse(pattern).bindings(recipe) == bindings


@pytest.mark.parametrize(
    ("pattern", "x", "recipe"),
    [
        ("X", "mnli", "mnli"),
        ("mlm+X", "hellaswag", "hellaswag+mlm"),
        ("X@mt", "mnli", "mnli@mt"),
        ("X/squad", "a", "a/squad"),
    ],
)
def test_x_is_filled_in(pattern, x, recipe):
    assert str(Pattern.parse(pattern).filled(x)) == recipe


def test_the_tasks_that_a_pattern_names():
    assert Pattern.parse("mlm*+mnli@mt*+X/squad").tasks == ("mnli", "squad")


@pytest.mark.parametrize(("text", "says"), [("mnli~lr=1", "no part of a pattern"), ("X+X", "twice"), ("Y*", "no part")])
def test_what_is_no_pattern(text, says):
    with pytest.raises(UserError, match=says):
        Pattern.parse(text)


def test_a_recipe_is_no_pattern():
    assert [is_pattern(text) for text in ("mnli+squad", "", "mnli@mt-de", "mlm*", "X")] == [
        False,
        False,
        False,
        True,
        True,
    ]
