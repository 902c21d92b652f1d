"""Sentences below a table: what its marks and holes mean, and what its intervals leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from xstilts.report.findings import BaseFindings, Findings
from xstilts.report.tables.table import DOUBLE_DAGGER, HOLE, Row
from xstilts.report.writing import listed

MOST = 6
"""Things that a sentence names before it counts the rest."""


def notes(
    findings: Findings,
    found: BaseFindings,
    blocks: Sequence[Sequence[Row]],
    targets: Iterable[str],
    what: str = "column",
) -> tuple[str, ...]:
    """Those that a section of recipes on some targets needs."""
    wanted = set(targets)
    return (
        *marks(blocks, what),
        *_lost(found, wanted),
        *_missing(found, wanted),
        *_seeds(found),
        *_unpaired(found, wanted),
        *generated(findings),
    )


def marks(blocks: Sequence[Sequence[Row]], what: str) -> Iterator[str]:
    """What bold stands for, where something is."""
    cells = [cell for block in blocks for row in block for cell in row]
    if any(cell.best for cell in cells):
        yield f"Bold: the best of its {what}."


def generated(findings: Findings) -> Iterator[str]:
    """That a miniature's figures are its own."""
    if findings.generated:
        yield "Measured on generated languages: no figure says anything of a real model."


def _lost(found: BaseFindings, targets: set[str]) -> Iterator[str]:
    runs = dict.fromkeys((run.recipe, run.seed) for run in found.degenerate if run.target in targets)
    if runs:
        named = listed((f"{recipe} with seed {seed}" for recipe, seed in runs), MOST)
        yield f"{DOUBLE_DAGGER}: holds runs behind which a training learned nothing ({named})."


def _missing(found: BaseFindings, targets: set[str]) -> Iterator[str]:
    counts = Counter((run.recipe, run.target) for run in found.missing if run.target in targets)
    seeds, recipes = len(found.seeds), {run.recipe for run in found.runs}
    gone = {place for place, count in counts.items() if count == seeds}
    bare = [
        recipe for recipe in dict.fromkeys(r for r, _ in counts) if {(recipe, target) for target in targets} <= gone
    ]
    untested = [target for target in dict.fromkeys(t for _, t in counts) if {(r, target) for r in recipes} <= gone]
    single = [f"{r} on {t}" for r, t in counts if (r, t) in gone and r not in bare and t not in untested]
    parts = (
        f"all of {listed(bare, MOST)}" if bare else "",
        f"anything on {listed(untested, MOST)}" if untested else "",
        listed(single, MOST),
    )
    if gone:
        yield f"{HOLE}: runs are missing. Not there yet: {'; '.join(part for part in parts if part)}."
    fewer = [f"{r} on {t} with {seeds - count} of {seeds}" for (r, t), count in counts.items() if count < seeds]
    if fewer:
        yield f"A figure is of the seeds that have all of its runs. Fewer are there of {listed(fewer, MOST)}."


def _seeds(found: BaseFindings) -> Iterator[str]:
    if len(found.seeds) == 1:
        yield "One seed: intervals and p tell of other test examples, not of another training."


def _unpaired(found: BaseFindings, targets: set[str]) -> Iterator[str]:
    named = [
        f"{one.title} in {listed(one.unpaired, MOST)}" for one in found.targets if one.unpaired and one.name in targets
    ]
    if named:
        yield f"Recipes were tested on different numbers of examples, so that nothing is paired: {listed(named, MOST)}."
