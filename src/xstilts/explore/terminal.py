"""Answers on a screen, or in a pipe: there in plain letters, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xstilts.explore.listing import HOLE, Column, Listing, Marked, Value

BETWEEN = 3
"""Letters between columns."""


def show(listing: Listing, console: Console) -> None:
    """Print an answer. A table that is too wide for a screen is printed in parts, each with the first columns."""
    if not console.is_terminal:
        console.file.write("".join(f"{line}\n" for line in plain(listing)))
        return
    if listing.title:
        console.print(listing.title, style="bold", markup=False, highlight=False)
    for number, part in enumerate(parts(listing, console) if listing.rows else ()):
        if number:
            console.print()
        console.print(table(part))
    for note in listing.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)  # commands stay whole for copying


def plain(listing: Listing) -> Iterator[str]:
    """For pipes, where nobody sees what would be cut off: whole lines, no colours, no letters but plain ones."""
    if listing.title:
        yield listing.title
    if listing.rows:
        columns = [written(column, cells) for column, cells in columns_of(listing)]
        widths = [max(map(len, column)) for column in columns]
        head, *rows = zip(*columns, strict=True)
        yield _line(head, widths)
        yield "-|-".join("-" * width for width in widths)
        yield from (_line(row, widths) for row in rows)
    yield from listing.notes


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def parts(listing: Listing, console: Console) -> Iterator[Listing]:
    """As few as fit, columns staying in their order."""
    widths = [max(map(len, written(column, cells))) + BETWEEN for column, cells in columns_of(listing)]
    keys, first = listing.keys, listing.keys
    while True:
        last, room = first + 1, console.width + BETWEEN - sum(widths[:keys]) - sum(widths[first : first + 1])
        while last < len(widths) and widths[last] <= room:
            room -= widths[last]
            last += 1
        yield part_of(listing, keys, first, last)
        if last >= len(widths):
            return
        first = last


def part_of(listing: Listing, keys: int, first: int, last: int) -> Listing:
    """The key columns, and those from `first` up to `last`."""
    rows = [(*row[:keys], *row[first:last]) for row in listing.rows]
    return replace(listing, columns=(*listing.columns[:keys], *listing.columns[first:last]), rows=rows)


def table(listing: Listing) -> Table:
    """Words to the left, figures to the right and below each other."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    columns = []
    for column, cells in columns_of(listing):
        head, *rest = written(column, cells)
        made.add_column(Text(head), no_wrap=column.kind != "word", overflow="fold")
        columns.append(rest)
    for row in zip(*columns, strict=True):
        made.add_row(*map(Text, row))  # as text: brackets are no markup
    return made


def columns_of(listing: Listing) -> Iterator[tuple[Column, list[Value | Marked]]]:
    """Columns with their cells."""
    for place, column in enumerate(listing.columns):
        yield column, [row[place] for row in listing.rows]


def written(column: Column, values: Sequence[Value | Marked]) -> list[str]:
    """A column's head and cells. Figures are as wide as their column, with room behind them for the longest mark."""
    if column.kind == "word":
        return [column.name, *(_cell(value, column) for value in values)]
    marks = [value.mark if isinstance(value, Marked) else "" for value in values]
    room = max(map(len, marks), default=0)
    cells = [column.name, *(_cell(v, column) + mark.ljust(room) for v, mark in zip(values, marks, strict=True))]
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells]  # rich would drop the room behind a figure


def _cell(value: Value | Marked, column: Column) -> str:
    bare = value.value if isinstance(value, Marked) else value
    if bare is None:
        return HOLE
    if isinstance(bare, float):
        if column.kind == "p":
            return f"{bare:.3f}" if bare >= 0.001 else "<0.001"
        rounded = round(bare, 1) + 0.0
        return f"{rounded:+.1f}" if rounded and column.kind == "difference" else f"{rounded:.1f}"
    return str(bare)
