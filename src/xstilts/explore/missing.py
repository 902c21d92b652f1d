"""What of a study is not there yet, and what makes it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from xstilts.errors import UserError
from xstilts.explore.figures import Wanted, check
from xstilts.explore.listing import Column, Listing, Row
from xstilts.explore.results import Results
from xstilts.specs import Cell

COLUMNS = (Column("base"), Column("recipe"), Column("target"), Column("seed"), Column("file"))
COMMAND = Column("command")


def missing(results: Results, wanted: Wanted, csv: bool = False) -> Listing:
    """A row for each evaluation of the grid that is not there; one that serves several seeds stands once.

    In CSV each has its command; people get one for all, which is short enough to be read.
    """
    if results.overrides is None:
        raise UserError("a folder alone does not say what a study would have: name the study by --study")
    check(results, wanted)
    cells: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in absent(results, wanted):
        cells.setdefault((cell.node, cell.target, cell.recipe), []).append(cell)
    rows: list[Row] = []
    for (node, target, recipe), some in cells.items():
        file = str(results.folder / node / f"{target}.json")
        more = (command(results, file),) if csv else ()
        rows.append((some[0].base, recipe, target, " ".join(str(cell.seed) for cell in some), file, *more))
    asked = sum(wanted.has(cell) for cell in results.spec.cells)
    there = asked - sum(map(len, cells.values()))
    commands = (f"All: {command(results, 'scores')}", f"One: {command(results, 'FILE')}") if rows else ()
    return Listing(
        title=f"{there} of {asked} evaluations are there",
        columns=(*COLUMNS, *([COMMAND] if csv else [])),
        rows=rows,
        notes=(*commands, *results.spec.left_out),
        keys=len(COLUMNS),
    )


def absent(results: Results, wanted: Wanted) -> Iterator[Cell]:
    """The cells of the grid that are asked for and are not there."""
    return (cell for cell in results.spec.cells if cell not in results.scores and wanted.has(cell))


def command(results: Results, target: str) -> str:
    """What makes it, as typed in a shell."""
    # Targets stand before --config, which takes everything that follows it up to the next option.
    return shlex.join(["snakemake", target, "--config", *(results.overrides or ()), "-c2"])


def note(results: Results, wanted: Wanted) -> tuple[str, ...]:
    """That an answer is of part of what it asks for."""
    count = len(list(absent(results, wanted)))
    whole = sum(wanted.has(cell) for cell in results.spec.cells)
    told = "; `missing` names them" if results.overrides is not None else ""
    gone = (f"{count} of {whole} evaluations are not there{told}",) if count else ()
    return (*gone, *results.notes)
