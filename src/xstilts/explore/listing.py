"""An answer before it is shown: columns, rows, and sentences below."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "count", "score", "difference", "p"]
Value = str | int | float | None
HOLE = "-"


@dataclass(frozen=True)
class Marked:
    """A figure with a mark that a note explains."""

    value: float
    mark: str = ""


Row = tuple[Value | Marked, ...]


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind = "word"


@dataclass(frozen=True)
class Listing:
    title: str
    columns: tuple[Column, ...]
    rows: list[Row]
    notes: tuple[str, ...] = ()
    keys: int = 1
    """Columns that say what a row is about, and stand in every part of a table that is too wide."""


def as_csv(listing: Listing) -> str:
    """For programs: full figures, no marks; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.name for column in listing.columns)
    writer.writerows([[_plain(value) for value in row] for row in listing.rows])
    return text.getvalue()


def _plain(value: Value | Marked) -> str:
    bare = value.value if isinstance(value, Marked) else value
    if isinstance(bare, float):
        return f"{bare:.6g}" if 0 < abs(bare) < 0.01 else f"{bare:.4f}"  # p-values are small
    return "" if bare is None else str(bare)
