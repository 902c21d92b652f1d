"""How to cite, from CITATION.cff: the one place where that is written down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[3] / "CITATION.cff"


def citations(file: Path = FILE) -> list[str]:
    """The software and the works that it rests on, a line each; none where that file is not there."""
    try:
        told: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError:
        return []
    return [work(told, f"version {told['version']}"), *(work(one) for one in told.get("references", ()))]


def work(told: Mapping[str, Any], *more: str) -> str:
    """One work, as a line."""
    people = ", ".join(author(one) for one in told.get("authors", ()))
    where = told.get("collection-title")
    said = [people, str(told["title"]), *([str(where)] if where else []), *more]
    year, url = told.get("year"), told.get("url")
    return ". ".join(said) + (f", {year}" if year and str(year) not in str(where) else "") + (f". {url}" if url else "")


def author(told: Mapping[str, str]) -> str:
    return told.get("name") or f"{told['given-names']} {told['family-names']}"
