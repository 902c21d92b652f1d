"""The grammar of recipes: one spelling each, exact round trips, and errors that show the way."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xstilts.errors import UserError
from xstilts.recipe import LONGEST_STAGE, OPTIONS, Node, Part, Recipe, Stage, digest, number, resolve_aliases

ALIASES = {"all3": "ccg+mnli+qqp", "more": "all3+squad"}
TASKS = ["anli", "ccg", "cosmosqa", "mlm", "mnli", "qqp", "squad", "squad2"]
VARIANTS = ["", "ml", "mt-de", "wiki40"]

parts = st.builds(Part, st.sampled_from(TASKS), st.sampled_from(VARIANTS))
positive = st.floats(min_value=1e-12, max_value=1e12, exclude_min=True).map(number)
shares = st.floats(min_value=0.001, max_value=0.999).map(number)
values = {
    "cap": st.integers(min_value=1, max_value=10**7).map(str),
    "drop": st.one_of(shares, st.tuples(shares, shares).map(":".join)),
    "lr": positive,
    "mix": st.sampled_from(["capped", "proportional", "uniform", "temperature", "weights"]),
    "rate": shares,
    "replay": shares,
    "x": positive.filter(lambda text: text != "1"),
}


@st.composite
def stages(draw: st.DrawFn) -> str:
    """Canonical stages, aliases not yet put in."""
    chosen = draw(st.lists(parts, min_size=1, max_size=6, unique=True))
    allowed = set(OPTIONS)
    if len(chosen) < 2:
        allowed -= {"cap", "mix", "rate"}
    if all(part.task != "mlm" for part in chosen):
        allowed -= {"rate"}
    names = draw(st.sets(st.sampled_from(sorted(allowed))))
    options = {name: draw(values[name]) for name in names}
    if options.get("mix", "capped") != "capped":
        options.pop("cap", None)
    text = "+".join(sorted(map(str, chosen))) + "".join(f"~{name}={options[name]}" for name in sorted(options))
    assume(len(text) <= LONGEST_STAGE)
    return text


@given(stages())
def test_round_trip_of_stages(text: str) -> None:
    stage = Stage.parse(text)
    assert str(stage) == text
    assert stage.expanded == stage.parts
    assert Stage.parse(str(stage)) == stage


@given(st.sampled_from(["base", "xlmr-large"]), st.integers(0, 99), st.lists(stages(), min_size=1, max_size=4))
def test_round_trip_of_nodes(base: str, seed: int, recipe: list[str]) -> None:
    path = f"{base}/s{seed}/{'/'.join(recipe)}"
    node = Node.parse(path)
    assert node.path == path
    assert node.lineage[0] == Node(base)
    assert len(node.lineage) == len(recipe) + 1
    assert node.parent is not None and node.stage is not None
    assert node.parent.then(node.stage, seed) == node


@given(st.lists(st.sampled_from([*TASKS, "x@ml"]), min_size=1, max_size=8, unique=True))
def test_a_mixture_has_one_spelling_with_aliases(names: list[str]) -> None:
    """Whatever is written, either it is right or the error names what is, and that is right and means the same."""
    text = "+".join(names)
    try:
        right = Stage.parse(text, ALIASES)
    except UserError as error:
        right = Stage.parse(str(error).split("'")[1], ALIASES)
    assert {str(part) for part in right.expanded} == set(names)


@given(st.text(alphabet="amnliqp2+@~=.:-/ A{é", max_size=30))
def test_any_text_parses_or_is_a_user_error(text: str) -> None:
    try:
        recipe = Recipe.parse(text, ALIASES)
    except UserError:
        return
    assert str(recipe) == text


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_numbers_are_exact_and_safe(value: float) -> None:
    text = number(value)
    assert float(text) == value
    assert "+" not in text and "E" not in text
    assert text == "0" or not text.startswith("0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.3, ".3"),
        (2.0, "2"),
        (1.5, "1.5"),
        (5e-6, "5e-6"),
        (1e-3, ".001"),
        (1e-4, "1e-4"),
        (1e5, "1e5"),
        (16384, "16384"),
    ],
)
def test_spelling_of_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("squad+mnli", ["write 'mnli+squad'"]),
        ("ccg+mnli+qqp", ["write 'all3'"]),
        ("all3+squad", ["write 'more'"]),
        ("all3+mnli", ["'mnli'", "already part of all3"]),
        ("mnli+mnli", ["'mnli' stands twice"]),
        ("mnli@ml+mnli", ["write 'mnli+mnli@ml'"]),
        ("", ["no part of a stage"]),
        ("mnli+", ["'' is no part"]),
        ("mnli@", ["'mnli@' is no part"]),
        ("Mnli", ["lower-case"]),
        ("..", ["'..' is no part"]),
        ("a/b", ["'a/b' is no part"]),
        ("all3@ml", ["alias", "no variants"]),
        ("mnli~lr", ["'lr'", "write name=value"]),
        ("mnli~lr=", ["write name=value"]),
        ("mnli~rl=1e-5", ["no option 'rl'", "did you mean 'lr'?"]),
        ("mnli~x=2~lr=1e-5", ["write 'mnli~lr=1e-5~x=2'"]),
        ("mnli~x=2~x=3", ["'x' stands twice"]),
        ("mnli~x=2.0", ["write 'mnli~x=2'"]),
        ("mnli~drop=0.3", ["write 'mnli~drop=.3'"]),
        ("mnli~lr=.000005", ["write 'mnli~lr=5e-6'"]),
        ("mnli~lr=0", ["'lr' must be a number above 0"]),
        ("mnli~lr=-1", ["'lr' must be a number above 0"]),
        ("mnli~lr=nan", ["'lr' must be a number above 0"]),
        ("mnli~lr=1e999", ["'lr' must be a number above 0"]),
        ("mnli~drop=1.5", ["from 0 to 1"]),
        ("mnli~drop=.1:.2:.3", ["or two"]),
        ("mlm+mnli~rate=1", ["between 0 and 1"]),
        ("mnli+qqp~rate=.2", ["'rate' is for mixtures with 'mlm'"]),
        ("mnli+qqp~mix=unifrom", ["did you mean 'uniform'?"]),
        ("mnli+qqp~cap=1.5", ["whole number"]),
        ("mnli+qqp~cap=007", ["whole number"]),
        ("mnli+qqp~cap=9~mix=uniform", ["'cap'", "no effect with mix=uniform"]),
        ("mnli~mix=uniform", ["for mixtures", "one part"]),
        ("mnli~x=1", ["changes nothing"]),
        ("+".join(f"mnli@v{i}" for i in range(10, 60)), ["too long", "aliases"]),
    ],
)
def test_errors_show_the_way(text: str, fragments: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        Stage.parse(text, ALIASES)
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_aliases_expand() -> None:
    stage = Stage.parse("mlm@wiki40+more~mix=uniform", ALIASES)
    assert stage.mixture == "mlm@wiki40+more"
    assert [str(part) for part in stage.expanded] == ["ccg", "mlm@wiki40", "mnli", "qqp", "squad"]


@pytest.mark.parametrize(
    ("aliases", "fragments"),
    [
        ({"a": "b+mnli", "b": "c+qqp", "c": "a+ccg"}, ["a -> b -> c -> a"]),
        ({"a": "a+mnli"}, ["a -> a"]),
        ({"a": "mnli"}, ["stands for 'mnli' alone"]),
        ({"a": "mnli+qqp", "b": "mnli+qqp"}, ["'a' and 'b'", "keep one"]),
        ({"A": "mnli+qqp"}, ["cannot be the name"]),
        ({"a": "mnli+qqp", "b": "a+mnli"}, ["already part of a"]),
        ({"a": ""}, ["no part of a stage"]),
    ],
)
def test_wrong_aliases(aliases: dict[str, str], fragments: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        resolve_aliases(aliases)
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_the_base_is_the_empty_recipe() -> None:
    base = Node("xlmr-large", 1, Recipe())
    assert base == Node("xlmr-large") == Node.parse("xlmr-large")
    assert (base.path, base.seed, base.parent, base.stage) == ("xlmr-large", None, None, None)
    child = base.then(Stage.parse("mnli"), seed=2)
    assert child.path == "xlmr-large/s2/mnli"
    assert child.parent == base


@pytest.mark.parametrize(
    "path", ["", "A", "x/..", "x/s1", "x/s1/", "x/s01/mnli", "x/1/mnli", "x/s1//mnli", "/x", "x/s-1/mnli", "x/s1/mnli/"]
)
def test_wrong_paths(path: str) -> None:
    with pytest.raises(UserError):
        Node.parse(path)


def test_a_node_with_stages_needs_a_seed() -> None:
    with pytest.raises(UserError, match="needs a seed"):
        Node("tiny").then(Stage.parse("mnli"))


def test_digests() -> None:
    assert digest({"b": 1, "a": (1, 2)}) == digest({"a": [1, 2], "b": 1})
    assert digest(Part("mnli")) == digest(json.loads('{"task": "mnli", "variant": ""}'))
    assert digest(1) != digest("1")
    assert len(digest(None)) == 16
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))
    with pytest.raises(TypeError, match="canonical"):
        digest(object())
