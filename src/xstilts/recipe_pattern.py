"""Patterns of recipes: how a statement speaks of recipes that differ from study to study.

A pattern is written as a recipe is, without options, and stands for recipes with any. `*` is any letters within a part,
so `mnli@mt*` is MNLI in all its machine translations. `X` stands for the rest of a mixture, as in `mlm*+X`, or for a
task, as in `X@mt*`: for tasks on their own, English data. Several Xs are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import permutations
from typing import Self

from xstilts.errors import UserError

PART = re.compile(r"(X|[a-z0-9*][a-z0-9.*-]*)(@[a-z0-9.*-]+)?")
ANY = "X"


@dataclass(frozen=True)
class Pattern:
    """Parts by stage."""

    stages: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """UserError where `text` is no pattern."""
        stages = tuple(tuple(stage.split("+")) for stage in text.split("/"))
        for stage in stages:
            for part in stage:
                if not PART.fullmatch(part):
                    raise UserError(
                        f"{part!r} in {text!r} is no part of a pattern: write a task or task@variant, with * for any"
                        " letters and X for the task that may be any, and without options"
                    )
            if sum(part.partition("@")[0] == ANY for part in stage) > 1:
                raise UserError(f"X stands twice in a stage of {text!r}: once is enough")
        return cls(stages)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that it names."""
        names = [part.partition("@")[0] for stage in self.stages for part in stage]
        return tuple(name for name in names if name != ANY and "*" not in name)

    def bindings(self, recipe: str) -> frozenset[str]:
        """What X stands for where a recipe fits this: "" where there is no X; nothing at all where it does not fit."""
        stages = recipe.split("/") if recipe else []
        if len(stages) != len(self.stages):
            return frozenset()
        found: frozenset[str] | None = None
        for wanted, stage in zip(self.stages, stages, strict=True):
            here = frozenset(_bindings(wanted, stage.partition("~")[0].split("+")))
            if any(part.partition("@")[0] == ANY for part in wanted) or not here:
                found = here if found is None else found & here
        return frozenset({""}) if found is None else found

    def filled(self, x: str) -> Pattern:
        """With X replaced by what it stands for."""
        return Pattern(
            tuple(tuple(sorted("+".join(_fill(part, x) for part in stage).split("+"))) for stage in self.stages)
        )

    def __str__(self) -> str:
        return "/".join("+".join(stage) for stage in self.stages)


def is_pattern(text: str) -> bool:
    """Whether `text` stands for more than one recipe."""
    return ANY in text or "*" in text


def _fill(part: str, x: str) -> str:
    return x + part[len(ANY) :] if part.partition("@")[0] == ANY else part


def _bindings(wanted: tuple[str, ...], parts: list[str]) -> Iterator[str]:
    """What X may stand for in one stage."""
    fixed = [part for part in wanted if part != ANY]
    for chosen in permutations(parts, len(fixed)):
        rest = [part for part in parts if part not in chosen]
        names = [_binding(pattern, part) for pattern, part in zip(fixed, chosen, strict=True)]
        if None in names or bool(rest) != (ANY in wanted) or any("@" in part for part in rest):
            continue
        yield "+".join(sorted(rest)) or next((name for name in names if name), "")


def _binding(pattern: str, part: str) -> str | None:
    """What X stands for in one part, nothing if it has none; None where the part does not fit."""
    task, _, variant = pattern.partition("@")
    name, _, data = part.partition("@")
    if task == ANY:
        return name if fnmatchcase(data, variant) else None
    return "" if fnmatchcase(part, pattern) else None
