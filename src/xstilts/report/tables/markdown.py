"""Tables as GitHub renders them: pipes that stand below each other, so that they can be read unrendered, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xstilts.report.tables.table import Cell, Column, Section, Table

SPECIAL = re.compile(r"[\\`*_|~]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<=\])\(")
"""What would be bold, code, the next cell, a tag, a link; a single tilde strikes through, on GitHub."""


def as_markdown(table: Table, origin: str) -> str:
    """A document; `origin` says in a comment what it was made from."""
    parts = [f"<!-- {origin} -->", f"# {escaped(table.title)}", escaped(table.caption)]
    for section in table.sections:
        if section.base and len(table.sections) > 1:
            parts.append(f"## Base {escaped(section.base)}")
        if section.rows:
            parts.append("\n".join(_pipes(section)))
        parts += map(escaped, section.notes)
    return "\n\n".join(part for part in parts if part) + "\n"


def _pipes(section: Section) -> Iterator[str]:
    rows = [[escaped(column.title) for column in section.columns]]
    rows += [[_cell(cell) for cell in row] for row in section.rows]
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    head, *lines = [_line(row, section.columns, widths) for row in rows]
    yield head
    yield "|" + "|".join(_rule(column, width) for column, width in zip(section.columns, widths, strict=True)) + "|"
    yield from lines


def _line(row: list[str], columns: tuple[Column, ...], widths: list[int]) -> str:
    placed = (
        cell.rjust(width) if column.kind == "figure" else cell.ljust(width)
        for cell, column, width in zip(row, columns, widths, strict=True)
    )
    return f"| {' | '.join(placed)} |"


def _rule(column: Column, width: int) -> str:
    return "-" * (width + 1) + ":" if column.kind == "figure" else ":" + "-" * (width + 1)


def _cell(cell: Cell) -> str:
    text = escaped(cell.text)
    text = f"[{text}](<{cell.link}>)" if cell.link else text
    text = f"**{text}**" if cell.best else text
    return text + cell.marks + (f" {escaped(cell.below)}" if cell.below else "")


def escaped(text: str) -> str:
    """Text that shows as it is, on one line."""
    return SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))
