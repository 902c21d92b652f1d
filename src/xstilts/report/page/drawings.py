"""Figures as parts of the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from xstilts.errors import UserError
from xstilts.report.figures.names import Kind, listed
from xstilts.report.figures.theme import themed
from xstilts.specs import ReportSpec


def read_figures(folder: Path) -> dict[str, str]:
    """All figures of a folder by name: the text of each NAME.svg."""
    if not folder.is_dir():
        raise UserError(f"there is no folder of figures {folder}: `snakemake figures` makes it")
    return {file.name.removesuffix(".svg"): file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.svg"))}


def drawing(figures: Mapping[str, str], name: str) -> Markup:
    """A figure's element, in the page's colours."""
    return Markup(themed(figures[name]))  # made by the project, which escapes the names in it


def named(spec: ReportSpec, figures: Mapping[str, str], base: str, kind: Kind) -> list[str]:
    """The names of a base's figures of one kind, of those that were drawn."""
    return [one.name for one in listed(spec) if (one.base, one.kind) == (base, kind) and one.name in figures]
