"""Reading what `score_target` wrote, for every cell of a study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from xstilts.errors import UserError
from xstilts.score import Statistics, read_statistics
from xstilts.scores import Record
from xstilts.specs import Cell, ReportSpec


@dataclass(frozen=True)
class Score:
    """One evaluation: its record, and where its per-example statistics lie."""

    record: Record
    file: Path

    def statistics(self) -> Statistics:
        """Those of the reported split, read anew each time: all of a study's together would fill the memory."""
        return read_statistics(self.file, self.record.spec.splits[-1])


Scores = Mapping[Cell, Score]


def read_scores(spec: ReportSpec, folder: Path) -> dict[Cell, Score]:
    """The evaluation behind each cell, of those that are there; one that serves several cells is read once."""
    read: dict[tuple[str, str], Score | None] = {}
    for cell in spec.cells:
        key = cell.node, cell.target
        if key not in read:
            read[key] = read_score(spec, cell, folder)
    return {cell: score for cell in spec.cells if (score := read[cell.node, cell.target])}


def read_score(spec: ReportSpec, cell: Cell, folder: Path) -> Score | None:
    """One evaluation; None where one of its two files is missing, UserError where one holds something else."""
    record, statistics = (folder / cell.node / f"{cell.target}.{kind}" for kind in ("json", "parquet"))
    if not (record.is_file() and statistics.is_file()):
        return None
    try:
        found = Record.model_validate(json.loads(record.read_text(encoding="utf-8")))
    except (ValueError, ValidationError) as error:
        raise UserError(
            f"{record} is no record of scores: {error}\nDelete it, then\n    {spec.command(str(record))}"
        ) from None
    if (found.spec.node, found.spec.task) != (cell.node, cell.target):
        raise UserError(
            f"{record} holds the scores of {found.spec.node} on {found.spec.task}: it was moved here by hand"
        )
    return Score(found, statistics)
