"""What was scored with one checkpoint, as its own score files say: whichever study asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from xstilts.cards.markdown import table
from xstilts.metrics.base import SCORE
from xstilts.report.findings import ENGLISH
from xstilts.report.writing import DASH, language, score, span
from xstilts.scores import Record, Row
from xstilts.tasks import TASKS

HEAD = ("target", "mean", "English [95 %]", "other languages", "languages", "metric")
WITHIN = ("language", "score [95 %]", "examples")


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


def scores_section(scored: Sequence[Scored]) -> list[str]:
    """What this very checkpoint scored, target by target, and language by language."""
    if not scored:
        return []
    rows = [
        (one.title, score(one.mean), english(one), score(one.others), len(one.rows), f"`{one.record.spec.metric}`")
        for one in scored
    ]
    lines = ["## Scores", "", "This checkpoint alone, in per cent; means are unweighted over languages.", ""]
    lines += table(HEAD, rows, right=(1, 2, 3, 4))
    for one in scored:
        within = [(language_with_code(row.language), figure(row), f"{row.n:,}") for row in one.rows]
        lines += ["", f"<details><summary>{one.title} by language</summary>", "", *table(WITHIN, within, right=(1, 2))]
        lines += ["", "</details>"]
    return lines


def english(one: Scored) -> str:
    """With its interval, by resampling examples."""
    return figure(one.english) if one.english else DASH


def figure(row: Row) -> str:
    return f"{score(row.value)} {span(row.interval_95)}"


def language_with_code(code: str) -> str:
    """A language, or a pair of them, by name; English needs no code."""
    return language(code) if code == ENGLISH else f"{language(code)} (`{code}`)"
