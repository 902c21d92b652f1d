"""Every figure of every evaluation as one long table, `scores.csv`, for whoever goes on computing with them."""

from __future__ import annotations

import csv
import io

from xstilts.report.scores import Score, Scores
from xstilts.scores import Row
from xstilts.specs import ReportSpec

COLUMNS = (
    *("base", "recipe", "path", "seed", "node", "target", "language", "split", "metric", "layer", "value", "n"),
    *("interval_95_low", "interval_95_high", "interval_99_low", "interval_99_high", "degenerate"),
)


def scores_csv(spec: ReportSpec, scores: Scores) -> str:
    """One row a base, recipe, seed, target, language and metric, of the evaluations that are there.

    Cells that share a node (an untouched base, read with every seed) repeat its rows; the column `node` shows it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell, score in scores.items():
        cells = cell.base, cell.recipe, spec.recipes[cell.recipe], cell.seed, cell.node, cell.target
        for row in score.record.rows:
            figures = map(number, (*row.interval_95, *row.interval_99))
            told = row.language, row.split, row.metric, layer(score, row), number(row.value), row.n
            writer.writerow([*cells, *told, *figures, " ".join(score.record.degenerate)])
    return text.getvalue()


def layer(score: Score, row: Row) -> int | str:
    """The block whose output a figure is of; of a trained target there is none."""
    found = score.record.layer if row.layer is None else row.layer
    return "" if found is None else found


def number(value: float) -> str:
    """With four digits after the point, and nothing below 0 that rounds to it."""
    return f"{round(value, 4) + 0.0:.4f}"
