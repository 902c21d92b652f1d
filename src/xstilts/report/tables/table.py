"""A table before it is Markdown, LaTeX or CSV: what its cells say, and how they are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HOLE = "–"
DAGGER, DOUBLE_DAGGER, NOT_ABOVE = "†", "‡", "°"
Kind = Literal["word", "figure", "text"]
"""Words stand to the left, figures to the right; text is broken into lines where a format needs that."""
Plain = str | int | float | None


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
