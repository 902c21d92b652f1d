"""Reading what `score_target` wrote, for every cell of a study."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from xstilts.errors import UserError
from xstilts.score import read_statistics
from xstilts.scores import Record
from xstilts.specs import Cell, ReportSpec


@dataclass(frozen=True)
class Score:
    """One evaluation: its record, and its per-example statistics by language."""

    record: Record
    statistics: Mapping[str, np.ndarray]
    names: tuple[str, ...]
    """Of the statistics, in the order of their columns."""


Scores = Mapping[Cell, Score]


def read_scores(spec: ReportSpec, folder: Path) -> dict[Cell, Score]:
    """The evaluation behind each cell; one that serves several cells (an untouched base) is read once.

    Cost: all per-example statistics of the study are held in memory, 8 bytes a number.
    """
    read: dict[tuple[str, str], Score] = {}
    for cell in spec.cells:
        key = cell.node, cell.target
        if key not in read:
            read[key] = read_score(spec, cell, folder)
    return {cell: read[cell.node, cell.target] for cell in spec.cells}


def read_score(spec: ReportSpec, cell: Cell, folder: Path) -> Score:
    """One evaluation from its two files; UserError where one is not there or holds something else."""
    record, statistics = (folder / cell.node / f"{cell.target}.{kind}" for kind in ("json", "parquet"))
    for path in (record, statistics):
        if not path.is_file():
            raise UserError(f"there is no score file {path}: make it with\n    {command(spec, str(path))}")
    try:
        found = Record.model_validate(json.loads(record.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, ValidationError) as error:
        raise UserError(
            f"{record} is no record of scores: {error}\nDelete it, then\n    {command(spec, str(record))}"
        ) from None
    if (found.spec.node, found.spec.task) != (cell.node, cell.target):
        raise UserError(
            f"{record} holds the scores of {found.spec.node} on {found.spec.task}: it was moved here by hand"
        )
    counted = read_statistics(statistics, found.spec.splits[-1])
    return Score(found, counted.languages, counted.names)


def command(spec: ReportSpec, *targets: str) -> str:
    """What makes some targets of this study, or all of it, as typed in a shell."""
    # Targets stand before --config, which takes everything that follows it up to the next option.
    return shlex.join(["snakemake", *targets, "--config", f"world={spec.world}", f"study={spec.study}", "-c2"])
