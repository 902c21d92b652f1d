"""The transfer gap: English less the mean over the other languages."""

from __future__ import annotations

from dataclasses import replace

from xstilts.report.findings import BaseFindings, Findings
from xstilts.report.tables import grid
from xstilts.report.tables.grid import Head
from xstilts.report.tables.notes import MOST
from xstilts.report.tables.table import EFFECT, ESTIMATE, Section, Sheet, Table, effect, estimate, under
from xstilts.report.writing import listed

LEVELS = ("english", "others", "gap")
COLUMNS = (
    *("base", "recipe", "path", "target", "title"),
    *(field for name in LEVELS for field in under(name, ESTIMATE)),
    *under("gap_change", EFFECT),
)


def gap(findings: Findings) -> Table:
    """Recipes by what is tested in English, too."""
    baseline = findings.spec.baseline
    caption = (
        f"English less the mean over the other languages, in points: of the baseline {baseline}, and how much wider "
        "(+) or narrower (−) it is with the other recipes. The best gap is the narrowest, which worse English makes, "
        f"too. {grid.DAGGERS}"
    )
    rows = [
        (found.base, recipe, path, head.name, head.title, *levels, *effect(outcome.gap_change))
        for found in findings.bases
        for recipe, path in findings.spec.recipes.items()
        for head in _heads(found)
        for outcome in [found.outcome(recipe, head.name)]
        for levels in [[field for name in LEVELS for field in estimate(getattr(outcome, name))]]
    ]
    sections = tuple(_section(findings, found) for found in findings.bases)
    return Table("gap", "English against other languages", caption, sections, Sheet(COLUMNS, tuple(rows)))


def _heads(found: BaseFindings) -> list[Head]:
    """Targets that have an English test, and averages of such alone; of a target without any run nobody knows."""
    without = set(_without_english(found))
    heads = [*grid.targets(found), *grid.heads(found.averages)]
    return [head for head in heads if not set(head.targets) & without]


def _without_english(found: BaseFindings) -> list[str]:
    return [target.name for target in found.targets if target.languages and "en" not in target.languages]


def _section(findings: Findings, found: BaseFindings) -> Section:
    heads = _heads(found)
    if not heads:
        return Section(found.base, (), (), ("No target of this study has an English test.",))
    entry = grid.compared(
        findings, found, lambda one: one.gap_change, lambda one: one.gap.value if one.gap else None, better=-1
    )
    made = grid.section(findings, found, heads, entry)
    without = {target.name: target.title for target in found.targets if target.name in _without_english(found)}
    said = f"No English test, so no gap, nor one of averages over it: {listed(without.values(), MOST)}."
    return replace(made, notes=(*made.notes, said)) if without else made
