"""Two of what figures have as rows and columns, the mean in the cells: of languages, then targets, then seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

from xstilts.errors import UserError
from xstilts.explore.figures import Figure, Wanted, select, values_of
from xstilts.explore.listing import HOLE, Column, Listing, Marked, Row
from xstilts.explore.missing import note as missing_note
from xstilts.explore.results import Results

DIMENSIONS = ("recipe", "target", "language", "seed", "base", "metric")
APART = ("base", "recipe", "metric")
"""Of these no mean is taken: it would be of things that nobody compares."""
RUNS = ("recipe", "seed")
Values = Literal["score", "difference"]
FEWER, LOST = "*", "!"
Test = tuple[str, str]  # target, language


@dataclass(frozen=True)
class Mean:
    """Of one cell."""

    by_seed: Mapping[int, float]
    """With each seed that has all of the cell's tests."""
    degenerate: bool

    @property
    def value(self) -> float | None:
        """None where no seed has all."""
        return fmean(self.by_seed.values()) if self.by_seed else None

    def minus(self, other: Mean) -> Mean:
        """Of the seeds that both have."""
        both = {seed: value - other.by_seed[seed] for seed, value in self.by_seed.items() if seed in other.by_seed}
        return Mean(both, self.degenerate or other.degenerate)


def mean(figures: Sequence[Figure], tests: set[Test]) -> Mean:
    """A target's mean is unweighted over its languages, the mean over targets unweighted over these, as in reports."""
    seeds: dict[int, dict[str, dict[str, float]]] = {}
    for figure in figures:
        seeds.setdefault(figure.seed, {}).setdefault(figure.target, {})[figure.language] = figure.value
    whole = {
        seed: targets
        for seed, targets in seeds.items()
        if tests <= {(target, language) for target, languages in targets.items() for language in languages}
    }
    by_seed = {seed: fmean(fmean(of.values()) for of in targets.values()) for seed, targets in whole.items()}
    return Mean(by_seed, any(figure.degenerate for figure in figures))


class Cells:
    """Figures by their row and column, and the tests that a mean of them is of: all that any recipe was tested on."""

    def __init__(self, figures: Sequence[Figure], rows: str, columns: str) -> None:
        self.rows, self.columns = rows, columns
        self._figures: dict[tuple[Any, Any, str], list[Figure]] = defaultdict(list)
        self._tests: dict[tuple[Any, Any], set[Test]] = defaultdict(set)
        for one in figures:
            row, column = getattr(one, rows), getattr(one, columns)
            for place in ((row, column), (row, None)):
                self._figures[*place, one.recipe].append(one)
                self._tests[self._tested(*place)].add((one.target, one.language))

    def mean(self, row: Any, column: Any, recipe: str) -> Mean:
        """Of a recipe in a row and column; in None of the columns: over all of them."""
        return mean(self._figures[row, column, recipe], self._tests[self._tested(row, column)])

    def _tested(self, row: Any, column: Any) -> tuple[Any, Any]:
        """What of a place has to do with what is tested: every recipe and seed is tested on the same."""
        return row if self.rows not in RUNS else None, column if self.columns not in RUNS else None


def pivot(results: Results, wanted: Wanted, rows: str, columns: str, values: Values = "score") -> Listing:
    """The table; where targets are its columns, with the mean over them. Cost: that of reading the score files."""
    if rows == columns:
        raise UserError(f"rows and columns are both {rows}: name two of {', '.join(DIMENSIONS)}")
    asked = with_baseline(results, wanted) if values == "difference" else wanted
    figures = [figure for figure in select(results, asked) if figure.layer is None]
    if not figures:
        raise UserError("these figures are by layer, of which no mean is taken: `show` has them")
    labels = {kind: values_of(results, figures, kind) for kind in DIMENSIONS}
    if values == "difference":
        labels["recipe"] = compared(results, wanted, labels["recipe"])
    refuse_mixtures(labels, rows, columns)
    cells, baseline = Cells(figures, rows, columns), results.spec.baseline
    seeds = 1 if "seed" in (rows, columns) else len(labels["seed"])

    def shown(row: Any, column: Any) -> Marked | None:
        place = {rows: row, columns: column}
        found = cells.mean(row, column, place.get("recipe", labels["recipe"][0]))
        if values == "difference":
            theirs = place | ({"recipe": baseline} if "recipe" in place else {})
            found = found.minus(cells.mean(theirs[rows], theirs[columns], baseline))
        if found.value is None:
            return None
        return Marked(found.value, FEWER * (len(found.by_seed) < seeds) + LOST * found.degenerate)

    over = [None] if columns == "target" and rows != "metric" and len(labels["target"]) > 1 else []
    grid: list[Row] = [(str(row), *(shown(row, c) for c in [*labels[columns], *over])) for row in labels[rows]]
    heads = [*map(str, labels[columns]), *(["(mean)"] * len(over))]
    return Listing(
        title=title(labels, rows, columns, values, baseline),
        columns=(Column(rows), *(Column(head, values) for head in heads)),
        rows=grid,
        notes=(*marks(grid), *missing_note(results, wanted)),
    )


def with_baseline(results: Results, wanted: Wanted) -> Wanted:
    """What is asked for, and the baseline's figures beside it."""
    return replace(wanted, recipe=(*wanted.recipe, results.spec.baseline)) if wanted.recipe else wanted


def compared(results: Results, wanted: Wanted, recipes: Sequence[str]) -> list[str]:
    """The recipes that differ from the baseline; UserError where there is nothing to compare."""
    baseline = results.spec.baseline
    if baseline not in recipes:
        raise UserError(f"nothing is there yet of the baseline {baseline!r}, which differences are to")
    others = [recipe for recipe in recipes if recipe != baseline]
    if not others:
        raise UserError(f"nothing is there but the baseline {baseline!r}, which differs from itself by nothing")
    return others


def refuse_mixtures(labels: Mapping[str, Sequence[Any]], rows: str, columns: str) -> None:
    """UserError where a cell would be a mean of several bases, recipes or metrics."""
    for kind in APART:
        if kind not in (rows, columns) and len(labels.get(kind, ())) > 1:
            raise UserError(
                f"there is more than one {kind} ({', '.join(labels[kind])}), and over these no mean is taken: name "
                f"one by --{kind}, or make {kind} the rows or columns"
            )


def title(labels: Mapping[str, Sequence[Any]], rows: str, columns: str, values: Values, baseline: str) -> str:
    """What the cells are."""
    rest = [kind for kind in DIMENSIONS if kind not in (rows, columns)]
    fixed = [f"{kind} {labels[kind][0]}" for kind in rest if len(labels[kind]) == 1]
    over = [
        f"{len(labels[kind])} {kind}s"
        for kind in ("language", "target", "seed")
        if kind in rest and len(labels[kind]) > 1
    ]
    what = "Scores in per cent" if values == "score" else f"Differences to {baseline} in points"
    return ", ".join([what + (f", mean over {', '.join(over)}" if over else ""), *fixed])


def marks(grid: Sequence[Row]) -> Iterator[str]:
    """What marks and holes mean, where there are any."""
    cells = [cell for row in grid for cell in row[1:]]
    found = "".join(cell.mark for cell in cells if isinstance(cell, Marked))
    if FEWER in found:
        yield f"{FEWER} of fewer seeds than there are: of those with all evaluations that the mean is of"
    if LOST in found:
        yield f"{LOST} holds an evaluation behind which a training learned nothing"
    if None in cells:
        yield f"{HOLE} no such test, or no seed with all evaluations that the mean is of"
