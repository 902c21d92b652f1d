"""One target, language by language."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.report.findings import ENGLISH, BaseFindings, Effect, Estimate, Findings, Target
from xstilts.report.tables import grid
from xstilts.report.tables.grid import Head
from xstilts.report.tables.names import by_language
from xstilts.report.tables.notes import notes
from xstilts.report.tables.table import (
    DAGGER,
    EFFECT,
    ESTIMATE,
    Cell,
    Column,
    Row,
    Section,
    Sheet,
    Table,
    effect,
    estimate,
    under,
)
from xstilts.report.writing import language

COLUMNS = (
    *("base", "recipe", "path", "language", "name", "n"),
    *under("score", ESTIMATE),
    *under("gain", EFFECT),
)
Figures = tuple[Estimate | None, Effect | None]
"""Score, and difference to the baseline."""


def languages(findings: Findings, name: str) -> Table:
    """The languages of a target by recipes."""
    spec = findings.spec
    sections, rows = [], []
    for found in findings.bases:
        target = next(target for target in found.targets if target.name == name)
        sections.append(_section(findings, found, target))
        for recipe, path in spec.recipes.items():
            for code, n in target.languages.items():
                one = found.language(recipe, name, code)
                fields = (*estimate(one.score), *effect(one.gain))
                rows.append((found.base, recipe, path, code, language(code), n, *fields))
    caption = (
        f"The baseline {spec.baseline}: scores in per cent. The other recipes: differences to it in points. "
        f"n: test examples. {DAGGER}: p < 0.05 after Holm's correction over all recipes, targets and languages."
    )
    title = f"{spec.targets[name].title} by language"
    return Table(by_language(name), title, caption, tuple(sections), Sheet(COLUMNS, tuple(rows)))


def _section(findings: Findings, found: BaseFindings, target: Target) -> Section:
    if not target.languages:
        return Section(found.base, (), (), ("Nothing of it is there yet: the table of runs names what is missing.",))
    recipes, baseline = findings.spec.recipes, findings.spec.baseline
    order = sorted(recipes, key=lambda recipe: recipe != baseline)
    head, lost = Head(target.name, target.title, (target.name,)), grid.lost_in(found)

    def row(title: str, code: str, n: str, figures: Mapping[str, Figures]) -> Row:
        entries = []
        for recipe, (score, gain) in figures.items():
            mark = lost(recipe, head)
            itself = grid.itself(score.value if score else None, mark)
            entries.append(itself if recipe == baseline else grid.difference(gain, mark))
        return (Cell(title), Cell(code), Cell(n), *grid.best_of(entries))

    rows = []
    for code, n in target.languages.items():
        outcomes = {recipe: found.language(recipe, target.name, code) for recipe in order}
        rows.append(row(language(code), code, str(n), {r: (one.score, one.gain) for r, one in outcomes.items()}))
    means = {recipe: found.outcome(recipe, target.name) for recipe in order}
    last = [row("mean", "", "", {recipe: (one.score, one.gain) for recipe, one in means.items()})]
    if ENGLISH in target.languages and len(target.languages) > 1:
        others = {recipe: (one.others, one.gain_others) for recipe, one in means.items()}
        last.append(row("mean of the others", "", "", others))
    blocks = (tuple(rows), tuple(last))
    columns = (Column("Language", "word"), Column("", "word"), Column("n"), *map(Column, order))
    return Section(found.base, columns, blocks, notes(findings, found, blocks, [target.name], what="row"))
