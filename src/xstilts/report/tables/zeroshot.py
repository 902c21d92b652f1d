"""Whether anything is learned in languages that fine-tuning never saw: their mean beside what guessing scores."""

from __future__ import annotations

from dataclasses import replace

from xstilts.report.findings import BaseFindings, Findings
from xstilts.report.tables import grid
from xstilts.report.tables.grid import Entry, Head
from xstilts.report.tables.table import NOT_ABOVE, Cell, Plain, Section, Sheet, Table
from xstilts.report.writing import score, span

COLUMNS = (
    *("base", "recipe", "path", "target", "title", "chance"),
    *("others", "others_99_low", "others_99_high", "above_chance"),
)
CAPTION = (
    "Mean over the languages other than English, which fine-tuning never saw, in per cent, with its 99 % interval. "
    f"{NOT_ABOVE}: the interval reaches down to what guessing scores."
)


def zeroshot(findings: Findings) -> Table:
    """Recipes by the targets that are trained for; retrieval reads the encoder as it is."""
    sections = tuple(_section(findings, found) for found in findings.bases)
    rows = [
        (found.base, recipe, path, head.name, head.title, _chance(found, head), *_fields(found, recipe, head))
        for found in findings.bases
        for recipe, path in findings.spec.recipes.items()
        for head in _trained(found)
    ]
    return Table("zeroshot", "Zero-shot scores", CAPTION, sections, Sheet(COLUMNS, tuple(rows)))


def _trained(found: BaseFindings) -> list[Head]:
    names = {target.name for target in found.targets if target.trained}
    return [head for head in grid.targets(found) if head.name in names]


def _chance(found: BaseFindings, head: Head) -> float | None:
    return next(target.chance for target in found.targets if target.name == head.name)


def _section(findings: Findings, found: BaseFindings) -> Section:
    lost, heads = grid.lost_in(found), _trained(found)
    if not heads:
        return Section(found.base, (), (), ("No target of this study is trained for.",))

    def entry(recipe: str, head: Head) -> Entry:
        outcome, mark = found.outcome(recipe, head.name), lost(recipe, head)
        if outcome.others is None or outcome.others_99 is None:
            return Entry(Cell(marks=mark))
        low, high = outcome.others_99
        marks = mark + NOT_ABOVE * (low <= (_chance(found, head) or 0.0))
        cell = Cell(score(outcome.others), below=span((low, high)), marks=marks)
        return Entry(cell, rank=round(outcome.others.value, 1))

    chances = (_chance(found, head) for head in heads)
    guessing = (Cell("guessing"), *(Cell("≈ 0" if chance is None else score(chance)) for chance in chances))
    made = grid.section(findings, found, heads, entry)
    return replace(made, blocks=(*made.blocks, (guessing,)))


def _fields(found: BaseFindings, recipe: str, head: Head) -> tuple[Plain, ...]:
    outcome = found.outcome(recipe, head.name)
    if outcome.others is None or outcome.others_99 is None:
        return (None,) * 4
    low, high = outcome.others_99
    return (outcome.others.value, low, high, "yes" if low > (_chance(found, head) or 0.0) else "no")
