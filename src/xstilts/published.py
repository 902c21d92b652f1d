"""Published figures, each with where it was read: published.yaml beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True)
class Figures:
    """Of one target: which of our rows they compare with, and a figure for each language."""

    split: str
    metric: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Published:
    """Figures from one source."""

    title: str
    source: str
    base: str
    """The model that they are of, on the hub."""
    read: Mapping[str, Any]
    """Layer and pooling of retrieval, as our score files say them."""
    figures: Mapping[str, Figures]
    """By target."""


@cache
def published() -> dict[str, Published]:
    """All that is known, by name."""
    entries: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        name: Published(**{**entry, "figures": {target: Figures(**one) for target, one in entry["figures"].items()}})
        for name, entry in entries.items()
    }
