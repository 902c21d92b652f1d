"""Which figures a study has, from its spec alone: Snakemake asks while it parses, so nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from xstilts.report.findings import MEAN
from xstilts.specs import ReportSpec

Kind = Literal["forest", "languages", "gap", "reference", "tree"]


@dataclass(frozen=True)
class Wanted:
    """A figure to be drawn."""

    name: str
    """Of its files, without the suffix; names of recipes, targets and bases are safe in paths."""
    kind: Kind
    base: str
    of: str = ""
    """A forest's target, or MEAN; the recipe of a heat map."""


def names(spec: ReportSpec) -> tuple[str, ...]:
    """The names of all figures of a study, each one's files being `NAME.svg`, `NAME.png` and `NAME.csv`."""
    return tuple(wanted.name for wanted in listed(spec))


def listed(spec: ReportSpec) -> tuple[Wanted, ...]:
    """All figures of a study, in the order in which a reader would want them."""
    return tuple(wanted for base in spec.bases for wanted in _of_base(spec, base))


def _of_base(spec: ReportSpec, base: str) -> Iterator[Wanted]:
    before = f"{base}." if len(spec.bases) > 1 else ""
    yield Wanted(f"{before}forest-mean", "forest", base, MEAN)
    for target in spec.targets:
        yield Wanted(f"{before}forest-{target}", "forest", base, target)
    for recipe in spec.recipes:
        if recipe != spec.baseline:
            yield Wanted(f"{before}languages-{recipe}", "languages", base, recipe)
    yield Wanted(f"{before}gap", "gap", base)
    yield Wanted(f"{before}reference", "reference", base)
    yield Wanted(f"{before}tree", "tree", base)
