"""Recipes by columns: the shape that most tables of a study have, the baseline apart from what is compared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from xstilts.report import writing
from xstilts.report.findings import Average, BaseFindings, Effect, Findings, Outcome
from xstilts.report.tables.notes import notes
from xstilts.report.tables.table import DAGGER, DOUBLE_DAGGER, Cell, Column, Row, Section

DAGGERS = (
    f"{DAGGER}: p < 0.05 after Holm's correction, over all recipes and targets, or for an average over all recipes."
)


@dataclass(frozen=True)
class Head:
    """A target or an average as a column."""

    name: str
    title: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A cell, and what it is ranked by in its column."""

    cell: Cell
    rank: float | None = None
    """As rounded as it is shown: what looks equal is equally good."""


Entries = Callable[[str, Head], Entry]
"""By recipe and column."""


def targets(found: BaseFindings) -> list[Head]:
    """A column for each target."""
    return [Head(target.name, target.title, (target.name,)) for target in found.targets]


def heads(of: Iterable[Average]) -> list[Head]:
    """A column for each of some averages."""
    return [Head(average.name, average.title, average.targets) for average in of]


def section(findings: Findings, found: BaseFindings, columns: Sequence[Head], entry: Entries) -> Section:
    """The baseline's row, then those of the others, the best of each column marked."""
    spec = findings.spec
    grid = {recipe: [entry(recipe, head) for head in columns] for recipe in spec.recipes}
    cells = zip(*(best_of(column) for column in zip(*grid.values(), strict=True)), strict=True)
    rows: dict[str, Row] = {r: (Cell(r), *row) for r, row in zip(grid, cells, strict=True)}
    blocks = (
        tuple(row for recipe, row in rows.items() if recipe == spec.baseline),
        tuple(row for recipe, row in rows.items() if recipe != spec.baseline),
    )
    told = (Column("Recipe", "word"), *(Column(head.title) for head in columns))
    concerned = {target for head in columns for target in head.targets}
    return Section(found.base, told, blocks, notes(findings, found, blocks, concerned))


def best_of(entries: Sequence[Entry]) -> list[Cell]:
    """Their cells, the highest ranks marked; none where nothing stands out."""
    ranks = {entry.rank for entry in entries if entry.rank is not None}
    best = max(ranks) if len(ranks) > 1 else None
    return [replace(one.cell, best=one.rank is not None and one.rank == best) for one in entries]


def compared(
    findings: Findings,
    found: BaseFindings,
    gain: Callable[[Outcome], Effect | None],
    score: Callable[[Outcome], float | None],
    better: int = 1,
) -> Entries:
    """The baseline's figures, and the others' differences to them; `better`: -1 where less is better."""
    lost = lost_in(found)

    def entry(recipe: str, head: Head) -> Entry:
        outcome = found.outcome(recipe, head.name)
        if recipe == findings.spec.baseline:
            return itself(score(outcome), lost(recipe, head))
        return difference(gain(outcome), lost(recipe, head), better)

    return entry


def itself(value: float | None, mark: str) -> Entry:
    """The baseline's figure, which differs from itself by nothing."""
    if value is None:
        return Entry(Cell(marks=mark))
    return Entry(Cell(writing.score(value), marks=mark), rank=0.0)


def difference(gain: Effect | None, mark: str, better: int = 1) -> Entry:
    """A difference to the baseline."""
    if gain is None:
        return Entry(Cell(marks=mark))
    marks = DAGGER * abs(gain.significant) + mark
    return Entry(Cell(writing.signed(gain), marks=marks), rank=better * round(gain.value, 1) + 0.0)


def lost_in(found: BaseFindings) -> Callable[[str, Head], str]:
    """The mark of figures that hold runs which learned nothing."""
    degenerate = {(run.recipe, run.target) for run in found.degenerate}
    return lambda recipe, head: DOUBLE_DAGGER * any((recipe, target) in degenerate for target in head.targets)
