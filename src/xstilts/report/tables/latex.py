"""Tables for a paper: booktabs, in plain ASCII."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from xstilts.report.tables.table import Cell, Column, Row, Section, Table

LONG = 50
"""Lines that a page holds; what is longer becomes several tables (longtable knows no page of two columns)."""
LETTERS = 80
"""That a line as wide as the page holds, about."""
WIDE = 6
"""Columns from which a table is set smaller."""
SHORT = 7
"""Letters of a title that is no wider than the figures below it."""
SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$", '"': "''",
    "−": "$-$", "–": "--", "—": "---", "…": r"\dots{}", "†": r"$^{\dagger}$", "‡": r"$^{\ddagger}$", "×": r"$\times$",
    "±": r"$\pm$", "≤": r"$\leq$", "≥": r"$\geq$", "≈": r"$\approx$", "→": r"$\to$", "·": r"$\cdot$", "°": r"$^\circ$",
    "“": "``", "”": "''", "‘": "`", "’": "'", "„": ",,", "\u00a0": "~", "\u202f": r"\,",
    "\u2060": "{}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}",
    "Ł": r"\L{}", "ı": r"\i{}", "§": r"\S{}", "©": r"\copyright{}",
}  # fmt: skip
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip


def as_latex(table: Table, origin: str, study: str) -> str:
    """What a paper reads with \\input: a table for each base. `origin` says in a comment what it was made from."""
    parts = []
    for section in table.sections:
        pages = _pages(section)
        base = section.base if len(table.sections) > 1 else ""
        for number, page in enumerate(pages, start=1):
            title = table.title + (f", base {base}" if base else "")
            if len(pages) > 1:
                title += f" ({number} of {len(pages)})"
            sentences = [title + ".", table.caption, *section.notes] if number == 1 else [title + "."]
            label = "-".join(part for part in (study, table.name, base, str(number) if number > 1 else "") if part)
            parts.append("\n".join(_table(page, rf"\caption{{{escaped(' '.join(sentences))}}}\label{{tab:{label}}}")))
    text = "\n\n".join(parts)
    comments = [f"% {escaped(origin)}", r"% Needs \usepackage{booktabs}"]
    if not text.isascii():
        comments.append("% Holds letters that pdflatex does not know: use lualatex, and a font that has them")
    return "\n".join([*comments, text]) + "\n"


def _pages(section: Section) -> list[Section]:
    """A section as tables that fit on a page each."""
    pages: list[list[tuple[int, Row]]] = [[]]
    room = LONG
    for number, block in enumerate(section.blocks):
        for row in block:
            lines = _lines(row, section)
            if lines > room and pages[-1]:
                pages.append([])
                room = LONG
            pages[-1].append((number, row))
            room -= lines
    return [
        replace(section, blocks=tuple(tuple(row for _, row in block) for _, block in groupby(page, key=itemgetter(0))))
        for page in pages
    ]


def _lines(row: Row, section: Section) -> int:
    """How many lines a row will take, about."""
    if not _ragged(section):
        return 2 if any(cell.below for cell in row) else 1
    texts = [(cell, column) for cell, column in zip(row, section.columns, strict=True) if column.kind == "text"]
    return max(1, *(math.ceil(len(cell.text) / (column.share * LETTERS)) for cell, column in texts))


def _table(section: Section, caption: str) -> Iterator[str]:
    columns = "".join(map(_specified, section.columns))
    wide = _wide(section) or _ragged(section)
    place = "table*" if wide else "table"  # over both columns of a page, where it has two
    size = r"\footnotesize\setlength{\tabcolsep}{3pt}" if wide else r"\small"
    yield from (rf"\begin{{{place}}}[t]", rf"\centering{size}", caption)
    if section.rows:
        yield from (rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}", r"\toprule", _head(section), r"\midrule")
        yield from (*_body(section), r"\bottomrule", r"\end{tabular}")
    yield rf"\end{{{place}}}"


def _specified(column: Column) -> str:
    return {"word": "l", "figure": "r", "text": f"p{{{column.share:g}\\linewidth}}"}[column.kind]


def _head(section: Section) -> str:
    return _line([_title(column) for column in section.columns], section)


def _wide(section: Section) -> bool:
    return len(section.columns) >= WIDE


def _title(column: Column) -> str:
    """A column's title; that of figures is broken into lines, since figures are short."""
    words = re.findall(r"[^\s-]+-?", column.title)
    if column.kind != "figure" or len(column.title) <= SHORT or len(words) < 2:
        return escaped(column.title)
    lines = r"\\".join(map(escaped, words))
    return rf"\shortstack[r]{{{lines}}}"


def _body(section: Section) -> Iterator[str]:
    below = not _ragged(section)  # where cells have several lines anyway, what is smaller stands beside its figure
    for place, block in enumerate(block for block in section.blocks if block):
        if place:
            yield r"\midrule"
        for row in block:
            small = [_small(cell, section) for cell in row]
            cells = [_cell(cell, column) for cell, column in zip(row, section.columns, strict=True)]
            if below and any(small):
                yield from (_line(cells, section), _line(small, section))
            else:
                yield _line([f"{cell} {more}".rstrip() for cell, more in zip(cells, small, strict=True)], section)


def _small(cell: Cell, section: Section) -> str:
    size = r"\tiny" if _wide(section) else r"\scriptsize"
    return f"{{{size} {escaped(cell.below)}}}" if cell.below else ""


def _line(cells: list[str], section: Section) -> str:
    text = " & ".join(cells)
    guard = "{}" if text.startswith(("[", "*")) else ""  # else the end of the line above would take it as its option
    return guard + text + (r" \tabularnewline" if _ragged(section) else r" \\")


def _ragged(section: Section) -> bool:
    """Whether there is text in lines, whose \\raggedright gives \\\\ another sense."""
    return any(column.kind == "text" for column in section.columns)


def _cell(cell: Cell, column: Column) -> str:
    text = escaped(cell.text)
    text = rf"\textbf{{{text}}}" if cell.best else text
    text = rf"{text}\rlap{{{escaped(cell.marks)}}}" if cell.marks else text  # figures stay below each other
    if column.kind != "text":
        return text
    return r"\raggedright " + text.replace("/", r"/\allowbreak{}")  # long paths


def escaped(text: str) -> str:
    """Text that shows as it is; letters that LaTeX cannot be told by accents stay as they are."""
    apart = re.sub("-(?=-)", "-\u2060", " ".join(text.split()))  # two hyphens would become a dash
    return "".join(map(_letter, apart))


def _letter(letter: str) -> str:
    if letter.isascii() or letter in SIGNS:
        return SIGNS.get(letter, letter)
    apart = unicodedata.normalize("NFD", letter)
    if len(apart) == 2 and apart[0].isascii() and apart[1] in ACCENTS:
        return f"\\{ACCENTS[apart[1]]}{{{apart[0]}}}"
    return letter
