"""The main table: recipes by targets, and by groups of targets."""

from __future__ import annotations

from xstilts.report.averages import columns
from xstilts.report.findings import Findings
from xstilts.report.tables import grid
from xstilts.report.tables.effects import effects
from xstilts.report.tables.grid import Head
from xstilts.report.tables.table import Sheet, Table

SHOWN = ("base", "recipe", "path", "target", "title", "seeds", "missing", "degenerate")
FIGURES = (
    "score",
    "score_low",
    "score_high",
    "gain",
    "gain_low",
    "gain_high",
    "gain_p",
    "gain_holm",
    "gain_significant",
)


def recipes(findings: Findings) -> Table:
    """Recipes by targets, and by averages over all of them."""
    heads = {found.base: [*grid.targets(found), *grid.heads(columns(found))] for found in findings.bases}
    return _table(findings, "recipes", "Recipes by targets", heads)


def averages(findings: Findings) -> Table:
    """Recipes by averages: over all targets, benchmarks, and their groups."""
    heads = {found.base: grid.heads(found.averages) for found in findings.bases}
    return _table(findings, "averages", "Recipes by groups of targets", heads)


def _table(findings: Findings, name: str, title: str, heads: dict[str, list[Head]]) -> Table:
    baseline = findings.spec.baseline
    sections = [
        grid.section(
            findings,
            found,
            heads[found.base],
            grid.compared(findings, found, lambda one: one.gain, lambda one: one.score.value if one.score else None),
        )
        for found in findings.bases
    ]
    caption = (
        f"The baseline {baseline}: scores in per cent. The other recipes: differences to it in points. Means over a "
        f"target's languages, English included, then over targets, unweighted. {grid.DAGGERS}"
    )
    wanted = {(base, head.name) for base, some in heads.items() for head in some}
    return Table(name, title, caption, tuple(sections), _sheet(findings, wanted))


def _sheet(findings: Findings, wanted: set[tuple[str, str]]) -> Sheet:
    """The columns of the long table that are about these figures."""
    long = effects(findings)
    kept = [long.columns.index(name) for name in (*SHOWN, *FIGURES)]
    base, target = long.columns.index("base"), long.columns.index("target")
    rows = (row for row in long.rows if (row[base], row[target]) in wanted)
    return Sheet(tuple(long.columns[place] for place in kept), tuple(tuple(row[p] for p in kept) for row in rows))
