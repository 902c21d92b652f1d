"""Scores of all recipes, the mean over seeds with its interval and, for programs, each seed's."""

from __future__ import annotations

from xstilts.report.averages import columns
from xstilts.report.findings import BaseFindings, Findings
from xstilts.report.tables import grid
from xstilts.report.tables.grid import Entry, Head
from xstilts.report.tables.table import ESTIMATE, Cell, Section, Sheet, Table, estimate, under
from xstilts.report.writing import score, span

COLUMNS = ("base", "recipe", "path", "target", "title", "seed", *under("score", ESTIMATE))


def scores(findings: Findings) -> Table:
    """Recipes by targets and averages."""
    sections = tuple(_scores(findings, found) for found in findings.bases)
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
    return Table("scores", "Scores", caption, sections, Sheet(COLUMNS, tuple(rows)))


def _scores(findings: Findings, found: BaseFindings) -> Section:
    lost = grid.lost_in(found)

    def entry(recipe: str, head: Head) -> Entry:
        figure, mark = found.outcome(recipe, head.name).score, lost(recipe, head)
        if figure is None:
            return Entry(Cell(marks=mark))
        cell = Cell(score(figure), below=span(figure), marks=mark)
        return Entry(cell, rank=round(figure.value, 1))

    return grid.section(findings, found, [*grid.targets(found), *grid.heads(columns(found))], entry)
