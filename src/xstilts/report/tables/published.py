"""Published figures beside a study's own."""

from __future__ import annotations

from xstilts.report.findings import BaseFindings, Comparison, Findings
from xstilts.report.tables.notes import generated
from xstilts.report.tables.table import HOLE, Cell, Column, Row, Section, Sheet, Table
from xstilts.report.writing import score, signed

COLUMNS = (
    *(Column(title, "word") for title in ("Recipe", "Target", "Language", "Figure")),
    *(Column(title) for title in ("Published", "Ours", "Difference")),
    Column("Source", "text", 0.15),
)
FIELDS = (
    *("base", "source", "recipe", "target", "language", "metric", "split", "gain", "certainty"),
    *("published", "ours", "difference"),
)
CAPTION = (
    "In per cent; where a sign stands before it, a figure is a difference to the baseline, in points. Difference: ours "
    "less the published one."
)


def published(findings: Findings) -> Table:
    """A row for each figure of the sources that the study is compared with."""
    rows = tuple(
        (
            *(found.base, one.source, one.recipe, one.target, one.language, one.metric, one.split),
            *("yes" if one.gain else "no", one.certainty, one.published, one.ours, one.difference),
        )
        for found in findings.bases
        for one in found.comparisons
    )
    sections = tuple(_section(findings, found) for found in findings.bases)
    return Table("published", "Published figures and ours", CAPTION, sections, Sheet(FIELDS, rows))


def _section(findings: Findings, found: BaseFindings) -> Section:
    if not found.comparisons:
        return Section(found.base, (), (), ("Nothing that was published compares with this study.",))
    rows = tuple(map(_row, found.comparisons))
    told = [HOLE + ": was not evaluated here."] if any(one.ours is None for one in found.comparisons) else []
    named = {one.source for one in found.comparisons}
    for source in findings.sources:
        if source.name in named:
            told += [f"{source.name}: {source.title} ({source.base}). {source.text}", *source.notes]
    return Section(found.base, COLUMNS, (rows,), (*told, *generated(findings)))


def _row(one: Comparison) -> Row:
    write = signed if one.gain else score
    figures = (
        write(one.published),
        write(one.ours),
        signed(one.difference),
    )
    source = one.source if one.certainty == "published" else f"{one.source} (recalled, unverified)"
    words = (one.recipe, one.target, one.language, f"{one.metric}, {one.split}")
    return (*map(Cell, words), *map(Cell, figures), Cell(source))
