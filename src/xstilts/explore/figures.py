"""The figures of evaluations as one flat list, and picking some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.errors import UserError
from xstilts.explore.results import Results
from xstilts.metrics.base import SCORE
from xstilts.names import suggest
from xstilts.report.findings import ENGLISH
from xstilts.specs import Cell

MOST = 30
"""Names that a message lists."""


@dataclass(frozen=True)
class Figure:
    """One row of a score file, and where in the grid it stands."""

    base: str
    recipe: str
    target: str
    seed: int
    language: str
    split: str
    metric: str
    layer: int | None
    value: float
    low: float
    high: float
    n: int
    degenerate: bool
    reported: bool
    """Of the split that reports show."""


@dataclass(frozen=True)
class Wanted:
    """Values that figures may have; of what is empty any, but of metrics and splits those that reports show."""

    base: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    seed: tuple[int, ...] = ()
    metric: tuple[str, ...] = (SCORE,)
    split: tuple[str, ...] = ()

    def has(self, cell: Cell | Figure) -> bool:
        """Whether figures of a cell of the grid are asked for."""
        asked = ((self.base, cell.base), (self.recipe, cell.recipe), (self.target, cell.target), (self.seed, cell.seed))
        return all(not some or value in some for some, value in asked)

    def keeps(self, figure: Figure) -> bool:
        """Whether a figure is asked for."""
        asked = ((self.language, figure.language), (self.metric, figure.metric), (self.split, figure.split))
        known = all(not some or value in some for some, value in asked)
        return known and self.has(figure) and (bool(self.split) or figure.reported)


def select(results: Results, wanted: Wanted) -> list[Figure]:
    """The figures that are wanted; UserError for a name that nothing has, or where there is nothing."""
    check(results, wanted)
    figures = list(figures_of(results))
    for kind in ("language", "metric", "split") if figures else ():
        known_or_error(kind, getattr(wanted, kind), [getattr(figure, kind) for figure in figures])
    found = [figure for figure in figures if wanted.keeps(figure)]
    if not found:
        hint = "" if results.overrides is None else "; `missing` says what makes it"
        raise UserError(f"nothing of this is there yet below {results.folder}{hint}")
    return found


def check(results: Results, wanted: Wanted) -> None:
    """UserError where the grid has no such base, recipe, target or seed."""
    spec = results.spec
    known = {"base": spec.bases, "recipe": spec.recipes, "target": spec.targets, "seed": spec.seeds}
    for kind, names in known.items():
        known_or_error(kind, getattr(wanted, kind), list(names))


def known_or_error(kind: str, asked: Sequence[Any], known: Iterable[Any]) -> None:
    """UserError for the first name that is none of the known."""
    names = list(dict.fromkeys(map(str, known)))
    for name in map(str, asked):
        if name not in names:
            there = ", ".join(names[:MOST]) + (", …" if len(names) > MOST else "")
            raise UserError(f"there is no {kind} {name!r}{suggest(name, names)}; there are: {there}")


def figures_of(results: Results) -> Iterator[Figure]:
    """Of all evaluations that are there, in the grid's order. An untouched base's stand once for every seed."""
    for cell, score in results.scores.items():
        record = score.record
        for row in record.rows:
            yield Figure(
                base=cell.base,
                recipe=cell.recipe,
                target=cell.target,
                seed=cell.seed,
                language=row.language,
                split=row.split,
                metric=row.metric,
                layer=row.layer,
                value=row.value,
                low=row.interval_95[0],
                high=row.interval_95[1],
                n=row.n,
                degenerate=bool(record.degenerate),
                reported=row.split == record.spec.splits[-1],
            )


def values_of(results: Results, figures: Iterable[Figure], kind: str) -> list[Any]:
    """What figures have of one kind: in the study's order, English before other languages."""
    there = list(dict.fromkeys(getattr(figure, kind) for figure in figures))
    spec = results.spec
    order = {"base": spec.bases, "recipe": spec.recipes, "target": spec.targets, "seed": spec.seeds}.get(kind)
    if order is not None:
        return [value for value in order if value in there]
    return sorted(there, key=lambda value: value not in (ENGLISH, SCORE))  # stable: the others keep their order
