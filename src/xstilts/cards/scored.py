"""What was scored with one checkpoint, as its own score files say: whichever study asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from xstilts.metrics.base import SCORE
from xstilts.scores import Record, Row
from xstilts.tasks import TASKS

ENGLISH = "en"


@dataclass(frozen=True)
class Scored:
    """One target, in all its languages: means are unweighted over these."""

    record: Record

    @property
    def target(self) -> str:
        return self.record.spec.task

    @property
    def title(self) -> str:
        return TASKS[self.target].title if self.target in TASKS else self.target

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The headline figure in each language, English first."""
        split = self.record.spec.splits[-1]
        found = [row for row in self.record.rows if (row.split, row.metric, row.layer) == (split, SCORE, None)]
        return tuple(sorted(found, key=lambda row: row.language != ENGLISH))

    @property
    def english(self) -> Row | None:
        return next((row for row in self.rows if row.language == ENGLISH), None)

    @property
    def others(self) -> float | None:
        return mean([row.value for row in self.rows if row.language != ENGLISH])

    @property
    def mean(self) -> float | None:
        return mean([row.value for row in self.rows])


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def scored_with(folder: Path) -> tuple[Scored, ...]:
    """The evaluations in a node's folder of scores, in the registry's order. What cannot be read is left out."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        try:
            one = Scored(Record.model_validate_json(file.read_bytes()))
        except (OSError, ValidationError):
            continue
        if one.rows:
            found[one.target] = one
    order = {name: place for place, name in enumerate(TASKS)}
    return tuple(sorted(found.values(), key=lambda one: order.get(one.target, len(order))))
