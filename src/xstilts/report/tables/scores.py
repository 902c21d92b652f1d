"""Scores of all recipes, the mean over seeds with its interval and, for programs, each seed's."""

from __future__ import annotations

from xstilts.report.findings import BaseFindings, Findings
from xstilts.report.tables import grid, numbers
from xstilts.report.tables.grid import Entry, Head
from xstilts.report.tables.numbers import ESTIMATE, estimate, under
from xstilts.report.tables.table import Cell, Section, Sheet, Table


def scores(findings: Findings) -> Table:
    """Recipes by targets and averages."""
    sections = tuple(_scores(findings, found) for found in findings.bases)
    columns = ("base", "recipe", "path", "target", "title", "seed", *under("score", ESTIMATE))
    rows = [
        (found.base, recipe, path, head.name, head.title, seed, *fields)
        for found in findings.bases
        for recipe, path in findings.spec.recipes.items()
        for head in [*grid.targets(found), *grid.heads(found.averages)]
        for outcome in [found.outcome(recipe, head.name)]
        for seed, fields in [
            ("mean", estimate(outcome.score)),
            *((str(seed), (value, None, None)) for seed, value in outcome.by_seed.items()),
        ]
    ]
    caption = (
        "Scores in per cent, with 95 % intervals. Means over a target's languages, English included, and over seeds."
    )
    return Table("scores", "Scores", caption, sections, Sheet(columns, tuple(rows)))


def _scores(findings: Findings, found: BaseFindings) -> Section:
    lost = grid.lost_in(found)

    def entry(recipe: str, head: Head) -> Entry:
        figure, mark = found.outcome(recipe, head.name).score, lost(recipe, head)
        if figure is None:
            return Entry(Cell(marks=mark))
        cell = Cell(numbers.score(figure.value), below=numbers.span(figure.low, figure.high), marks=mark)
        return Entry(cell, rank=round(figure.value, 1))

    return grid.section(findings, found, [*grid.targets(found), *grid.averages(found)], entry)
