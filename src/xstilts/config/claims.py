"""config/claims.yaml: statements that every study is held against, each with a test that the report carries out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema

from xstilts.config.explain import explain
from xstilts.config.problems import Key, Problem, Problems
from xstilts.config.tree import Tree, read
from xstilts.config.types import Listed, MaybeEmpty, Model, Name, Real
from xstilts.errors import UserError
from xstilts.names import NAME_RULE, is_name, suggest
from xstilts.recipe import Recipe, resolve_aliases
from xstilts.recipe_pattern import Pattern, is_pattern
from xstilts.tasks import SUITES, TASKS

FILE = Path("config/claims.yaml")
SETS: Mapping[str, str] = {
    "singles": "English tasks, each by itself",
    "intermediates": "English tasks in any order and mixture",
    "all": "all recipes but the baseline",
}
"""Names for many of a study's recipes."""
AVERAGE = "average"
OR = " | "
BEST_EACH = "best per target"
HOW_MANY = re.compile(rf"every|none|at least [1-9][0-9]*|{BEST_EACH}")
FORMS: Mapping[str, frozenset[str]] = {
    "best": frozenset({"of", "without", "targets"}),
    "gains": frozenset({"of", "without", "targets", "by"}),
    "beats": frozenset({"targets", "by"}),
    "all": frozenset(),
}
"""What may be asserted, and the keys that each goes with."""


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _pairs(value: Any) -> Any:
    return (
        tuple(tuple(pair) if isinstance(pair, list) else pair for pair in value) if isinstance(value, list) else value
    )


ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
PAIRS = {"type": "array", "items": {"type": "array", "items": {"type": "string"}}, "minItems": 1}
Words = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1), WithJsonSchema(ONE_OR_MORE)]
Pairs = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_pairs), Field(min_length=1), WithJsonSchema(PAIRS)]


class Asserted(Model):
    """What is tested: one of `best`, `gains` and `beats`; of which recipes, and on which targets."""

    best: Words | None = Field(
        default=None,
        description="recipes that are the best: no other one is ahead of any of them by more than the margin, and"
        " together they are ahead of the others together",
    )
    gains: str | None = Field(
        default=None,
        description="how many recipes gain over the baseline: every, none, at least 3; or best per target: the recipe"
        " that is best on a target, chosen for each, gains on the mean over them",
    )
    beats: Pairs | None = Field(
        default=None,
        description="pairs of recipes, of which the first is ahead of the second; of pairs of patterns, the mean over"
        " all recipes that fit",
    )
    of: Words | None = Field(
        default=None,
        description="which recipes best and gains speak of: singles, intermediates, all, or a list; left out: all",
    )
    without: MaybeEmpty[str] = Field(default=(), description="recipes that do not count among these")
    targets: Words = Field(
        default=(AVERAGE,),
        description="targets, on each of which it must hold, or average: the mean over XTREME's nine, or over the"
        " study's where it lacks one of these",
    )
    by: Real | None = Field(
        default=None, description="so many points at least; left out: any that may be as large as the margin"
    )


class Entry(Asserted):
    """One statement."""

    says: str = Field(description="the statement, in one sentence")
    published: str = Field(default="", description="the figure that was published for it, in words")
    source: str = Field(default="", description="where it was published, and read")
    certainty: Literal["published", "recalled"] = Field(
        default="published", description="recalled: written down from memory, not verified"
    )
    margin: Annotated[Real, Field(ge=0)] = Field(default=1.0, description="points; smaller differences do not matter")
    all: Listed[Asserted] | None = Field(
        default=None, description="instead of best, gains or beats: several of them, which must all hold"
    )

    @property
    def parts(self) -> tuple[Asserted, ...]:
        """What must hold."""
        return self.all or (self,)


class Claim(Entry):
    """A statement with its name."""

    name: Name


def open_claims(root: Path, over: Tree, aliases: Mapping[str, str], problems: Problems) -> tuple[Claim, ...]:
    """The claims of `root`/config/claims.yaml, with `over` laid over them; what is wrong goes to `problems`."""
    file = read(root / FILE, str(FILE), problems) if (root / FILE).exists() else Tree()
    tree = file.overlay(over)
    claims: list[Claim] = []
    try:
        resolve_aliases(aliases)
    except UserError:
        return ()  # recipes can't be read without aliases, of which another check tells
    for name, block in tree.data.items():
        if not is_name(name):
            problems.add(tree.problem((name,), f"{name!r} cannot be a name", f"use {NAME_RULE}"))
            continue
        try:
            entry = Entry.model_validate(block)
            claims.append(Claim(name=name, **dict(entry)))
        except ValidationError as error:
            problems.extend(explain(error, Entry, tree, (name,)))
            continue
        problems.extend(check(entry, (name,), tree, aliases))
    return tuple(claims)


def check(entry: Entry, key: Key, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with a statement beyond its schema."""
    if entry.published and not entry.source:
        yield tree.problem((*key, "published"), "nobody can look this up", "say under 'source' where it was published")
    yield from _form(entry, key, tree)
    for i, part in enumerate(entry.all or ()):
        yield from _form(part, (*key, "all", i), tree)
    for i, part in enumerate(entry.parts):
        yield from _asserted(part, (*key, "all", i) if entry.all else key, tree, aliases)


def _form(part: Asserted, key: Key, tree: Tree) -> Iterator[Problem]:
    known = [form for form in FORMS if form in type(part).model_fields]
    forms = [form for form in known if getattr(part, form) is not None]
    if len(forms) != 1:
        what = f"has {' and '.join(forms)}" if forms else "says nothing that can be tested"
        yield tree.problem(key, what, f"write one of {', '.join(known)}" + "; under 'all' there may be several")
        return
    given = part.model_fields_set & {"of", "without", "targets", "by"}
    for idle in sorted(given - FORMS[forms[0]]):
        yield tree.problem((*key, idle), f"{idle!r} has no effect beside {forms[0]!r}", "leave it out")
    if part.gains is not None and not HOW_MANY.fullmatch(part.gains):
        hint = suggest(part.gains, ["every", "none", "at least 3", BEST_EACH])
        yield tree.problem(
            (*key, "gains"),
            f"{part.gains!r} is no number of recipes{hint}",
            f"write every, none, at least 3 or {BEST_EACH}",
        )


def _asserted(part: Asserted, key: Key, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    for name in ("best", "of", "without"):
        for i, text in enumerate(getattr(part, name) or ()):
            if text not in SETS or name == "best":
                yield from _recipe(text, (*key, name, i), tree, aliases)
    for i, pair in enumerate(part.beats or ()):
        here = (*key, "beats", i)
        if len(pair) != 2:
            yield tree.problem(here, "is no pair", "name two recipes, in brackets: the one that is ahead, the other")
            continue
        for k, text in enumerate(pair):
            yield from _recipe(text, (*here, k), tree, aliases)
        if "*" in pair[0] or ("X" in pair[0]) != is_pattern(pair[1]) or ("X" in pair[0]) != ("X" in pair[1]):
            yield tree.problem(
                here, "does not say which recipe is compared to which", "write X for what both have: [X, mlm+X]"
            )
    known = [name for name in TASKS if TASKS[name].role == "target"]
    for i, name in enumerate(part.targets):
        if name != AVERAGE and name not in SUITES and name not in known:
            hint = suggest(name, [*known, *SUITES, AVERAGE])
            yield tree.problem(
                (*key, "targets", i),
                f"there is no target {name!r}{hint}",
                f"targets: {', '.join(known)}; named lists: {', '.join(SUITES)}; the mean over them: {AVERAGE}",
            )


def _recipe(text: str, key: Key, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with a recipe, with alternatives of it, or with a pattern."""
    for one in text.split(OR):
        try:
            tasks = Pattern.parse(one).tasks if is_pattern(one) else _tasks(Recipe.parse(one, aliases))
        except UserError as error:
            yield tree.problem(key, str(error))
            continue
        for task in tasks:
            if task not in TASKS and task not in aliases:
                hint = suggest(task, [*TASKS, *aliases, *SETS])
                yield tree.problem(
                    key, f"there is no task {task!r}{hint}", "recipes go by their stages, as in checkpoints"
                )


def _tasks(recipe: Recipe) -> tuple[str, ...]:
    return tuple(part.task for stage in recipe.stages for part in stage.expanded)
