"""Published figures, each with where it was read: published.yaml beside this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

FILE = Path(__file__).with_name("published.yaml")
MEAN = "mean"
AVERAGE = "average"
"""Stands for a target: the mean over XTREME's nine."""


@dataclass(frozen=True)
class Column:
    """What the figures of a target are."""

    split: str
    without: frozenset[str]
    """Languages of the task that its mean leaves out."""


@dataclass(frozen=True)
class Figure:
    """One number."""

    recipe: str
    """Its path; "" is the base itself."""
    target: str
    language: str
    """Or `mean`: over all languages of the target."""
    metric: str
    split: str
    gain: bool
    """A difference to the recipe "" of the same source, in points."""
    certainty: Literal["published", "recalled"]
    value: float


@dataclass(frozen=True)
class Published:
    """Figures from one source."""

    name: str
    title: str
    text: str
    """Where they were read."""
    base: str
    """The model that they are of, on the hub."""
    read: Mapping[str, Any] | None
    """Layer and pooling of retrieval, as our score files say them; None: not known."""
    retrieval: str
    """What keeps its retrieval from comparing with ours, where `read` does not say it."""
    columns: Mapping[str, Column]
    """By target."""
    figures: tuple[Figure, ...]


@cache
def published() -> dict[str, Published]:
    """All that is known, by name."""
    entries: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: _source(name, entry) for name, entry in entries.items()}


def _source(name: str, entry: Mapping[str, Any]) -> Published:
    columns = entry["columns"]
    return Published(
        name=name,
        title=entry["title"],
        text=entry["text"],
        base=entry["base"],
        read=entry.get("read"),
        retrieval=entry.get("retrieval", ""),
        columns={target: Column(one["split"], frozenset(one.get("without", ()))) for target, one in columns.items()},
        figures=tuple(_figures(entry)),
    )


def _figures(entry: Mapping[str, Any]) -> Iterator[Figure]:
    recalled = set(entry.get("recalled", ()))
    for kind in ("scores", "gains"):
        for recipe, targets in entry.get(kind, {}).items():
            for target, given in targets.items():
                column = entry["columns"][target]
                metrics = column["metric"] if isinstance(column["metric"], list) else [column["metric"]]
                by_language = given if isinstance(given, dict) else {MEAN: given}
                for language, values in by_language.items():
                    numbers = values if isinstance(values, list) else [values]
                    for metric, value in zip(metrics, numbers, strict=True):
                        yield Figure(
                            recipe=recipe,
                            target=target,
                            language=language,
                            metric=metric,
                            split=column["split"],
                            gain=kind == "gains",
                            certainty="recalled" if target in recalled else entry["certainty"],
                            value=float(value),
                        )
