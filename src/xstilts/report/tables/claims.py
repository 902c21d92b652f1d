"""What the study says of claims."""

from __future__ import annotations

from xstilts.report.findings import BaseFindings, Findings, Verdict
from xstilts.report.tables.notes import generated
from xstilts.report.tables.table import EFFECT, HOLE, Cell, Column, Section, Sheet, Table, effect, under
from xstilts.report.writing import signed, span

COLUMNS = (
    Column("Claim", "text", 0.19),
    Column("Verdict", "word"),
    Column("Difference"),
    Column("Why", "text", 0.21),
    Column("Published", "text", 0.17),
)
FIELDS = (
    *("base", "claim", "says", "standing", "reason", "contrast"),
    *under("difference", EFFECT),
    *("missing", "published", "source", "certainty"),
)
CERTAINTY = {"published": "", "recalled": "recalled, unverified"}


def claims(findings: Findings) -> Table:
    """A row for each claim; for programs one for each contrast that it rests on, the deciding one first."""
    rows = [
        (*(found.base, one.claim, one.says, one.standing, one.reason), *fields, *_origin(one))
        for found in findings.bases
        for one in found.verdicts
        for fields in [(c.what, *effect(c.effect)) for c in one.contrasts] or [(None, *effect(None))]
    ]
    caption = "The difference that decides, in points, with its 95 % interval."
    sections = tuple(_section(findings, found) for found in findings.bases)
    return Table("claims", "Claims", caption, sections, Sheet(FIELDS, tuple(rows)))


def _origin(one: Verdict) -> tuple[str, ...]:
    return "; ".join(one.missing), one.published, one.source, one.certainty


def _section(findings: Findings, found: BaseFindings) -> Section:
    if not found.verdicts:
        return Section(found.base, (), (), ("The study is held against no claim.",))
    rows = tuple(
        (Cell(one.says), Cell(one.standing), _difference(one), Cell(_why(one)), Cell(_published(one)))
        for one in found.verdicts
    )
    return Section(found.base, COLUMNS, (rows,), tuple(generated(findings)))


def _difference(one: Verdict) -> Cell:
    if not one.contrasts:
        return Cell()
    of = one.contrasts[0].effect
    return Cell(signed(of), below=span(of))


def _why(one: Verdict) -> str:
    missing = f"Missing: {'; '.join(one.missing)}." if one.missing else ""
    return " ".join(part for part in (one.reason, missing) if part)


def _published(one: Verdict) -> str:
    said = [one.published, one.source, CERTAINTY[one.certainty] if one.published else ""]
    return "; ".join(part for part in said if part) or HOLE
