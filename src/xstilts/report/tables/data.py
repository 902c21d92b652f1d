"""Data sets that a study trains or tests on, with their licences."""

from __future__ import annotations

from xstilts.report.findings import Findings
from xstilts.report.tables.table import Cell, Column, Section, Sheet, Table

COLUMNS = (
    Column("Data", "text", 0.15),
    Column("For", "text", 0.2),
    Column("Licence", "text", 0.25),
    Column("Cite", "text", 0.25),
)
FIELDS = ("title", "url", "tasks", "licence", "noncommercial", "citation")


def data(findings: Findings) -> Table:
    """A row for each data set, whatever the base."""
    rows = tuple(
        (one.title, one.url, " ".join(one.tasks), one.licence, "yes" if one.noncommercial else "no", one.citation)
        for one in findings.data
    )
    shown = tuple(
        (
            Cell(one.title, link=one.url),
            Cell(", ".join(one.tasks)),
            Cell(one.licence + ("; not for commercial use" if one.noncommercial else "")),
            Cell(one.citation),
        )
        for one in findings.data
    )
    notes = () if shown else ("The study reads no published data.",)
    caption = (
        "What the study trains and tests on. The licences are the publishers'; whoever uses the data is bound by them."
    )
    return Table("data", "Data and licences", caption, (Section("", COLUMNS, (shown,), notes),), Sheet(FIELDS, rows))
