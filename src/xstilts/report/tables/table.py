"""A table before it is Markdown or LaTeX: what its cells say, and how they are told apart; and the same as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

from xstilts.report.findings import Effect, Estimate
from xstilts.report.writing import DASH

HOLE = DASH
DAGGER, DOUBLE_DAGGER, NOT_ABOVE = "†", "‡", "°"
Kind = Literal["word", "figure", "text"]
"""Words stand to the left, figures to the right; text is broken into lines where a format needs that."""
Plain = str | int | float | None
ESTIMATE = ("", "_low", "_high")
EFFECT = (*ESTIMATE, "_p", "_holm", "_significant")
"""Endings of a figure's fields in a sheet."""


@dataclass(frozen=True)
class Cell:
    """What is read at one place."""

    text: str = HOLE
    below: str = ""
    """Set smaller: the interval around a figure."""
    marks: str = ""
    """Daggers; they take no room where figures are aligned."""
    best: bool = False
    link: str = ""


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    title: str
    kind: Kind = "figure"
    share: float = 0.2
    """Of the line's width, for text."""


@dataclass(frozen=True)
class Section:
    """The part of a table that is about one base, or the whole of one that is about none."""

    base: str
    """"" where it is about none."""
    columns: tuple[Column, ...]
    blocks: tuple[tuple[Row, ...], ...]
    """Rows, with a rule between blocks."""
    notes: tuple[str, ...] = ()
    """Sentences on what the reader must know: marks, holes."""

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for block in self.blocks for row in block)


@dataclass(frozen=True)
class Sheet:
    """The same for programs: full figures, no marks, one row for each thing that is told."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Plain, ...], ...]


@dataclass(frozen=True)
class Table:
    name: str
    title: str
    caption: str
    """Sentences: what the figures are."""
    sections: tuple[Section, ...]
    sheet: Sheet


def as_csv(sheet: Sheet) -> str:
    """Figures have four digits after the point; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows([[_field(value) for value in row] for row in sheet.rows])
    return text.getvalue()


def _field(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{round(value, 4) + 0.0:.4f}"  # + 0.0: or a tiny loss would be -0.0000
    return str(value)


def estimate(figure: Estimate | None) -> tuple[Plain, ...]:
    """The fields `ESTIMATE` of a sheet."""
    return (figure.value, figure.low, figure.high) if figure else (None,) * len(ESTIMATE)


def effect(figure: Effect | None) -> tuple[Plain, ...]:
    """The fields `EFFECT` of a sheet."""
    if figure is None:
        return (None,) * len(EFFECT)
    return (*estimate(figure), exact(figure.p), exact(figure.holm), figure.significant)


def exact(p: float | None) -> str | None:
    """A p-value for programs: four digits after the point would make a small one nothing."""
    return None if p is None else f"{p:.6g}"


def under(name: str, endings: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a figure's fields in a sheet."""
    return tuple(name + ending for ending in endings)
