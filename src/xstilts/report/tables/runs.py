"""What is missing, and what learned nothing; for programs every run with its digests."""

from __future__ import annotations

from xstilts.report.findings import BaseFindings, Findings
from xstilts.report.tables.table import Cell, Column, Section, Sheet, Table

COLUMNS = (
    *(Column(title, "word") for title in ("Recipe", "Target", "Seed", "State")),
    Column("Evaluated", "text", 0.22),
    Column("Learned nothing", "text", 0.22),
)
FIELDS = (
    *("base", "recipe", "target", "seed", "node", "state", "lost"),
    *("layer", "checkpoint", "predictions"),
)


def runs(findings: Findings) -> Table:
    """Missing and degenerate runs."""
    spec = findings.spec
    rows = tuple(
        (
            *(found.base, run.recipe, run.target, run.seed, run.node, run.state, " ".join(run.lost)),
            *(run.layer, run.checkpoint, run.predictions),
        )
        for found in findings.bases
        for run in found.runs
    )
    caption = (
        "Evaluations that are not there yet, and those behind which a training learned nothing. What is missing is "
        f"made by: {spec.command()}"
    )
    sections = tuple(map(_section, findings.bases))
    return Table("runs", "Missing and degenerate runs", caption, sections, Sheet(FIELDS, rows))


def _section(found: BaseFindings) -> Section:
    rows = tuple(
        (
            *(Cell(run.recipe), Cell(run.target), Cell(str(run.seed)), Cell(run.state)),
            *(Cell(run.node), Cell(", ".join(run.lost) or "")),
        )
        for run in found.runs
        if run.state != "scored"
    )
    counted = f"Of {len(found.runs)} runs {len(found.missing)} are missing, and {len(found.degenerate)} are degenerate."
    return Section(found.base, COLUMNS, (rows,), (counted,))
