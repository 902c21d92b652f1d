"""A study's figures as CSV, for whoever goes on computing with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from xstilts.report.contrast import Estimate
from xstilts.report.findings import Average, Findings, Outcome
from xstilts.report.scores import Score, Scores
from xstilts.scores import Row
from xstilts.specs import ReportSpec

SCORE_COLUMNS = (
    *("base", "recipe", "path", "seed", "node", "target", "language", "split", "metric", "layer", "value", "n"),
    *("interval_95_low", "interval_95_high", "interval_99_low", "interval_99_high", "degenerate"),
)
RECIPE_COLUMNS = (
    *("base", "recipe", "path", "target", "seeds", "all", "english", "others", "others_99_low", "others_99_high"),
    *("difference", "difference_95_low", "difference_95_high"),
    *("difference_others", "difference_others_95_low", "difference_others_95_high"),
)
OVER_TARGETS = "(mean)"  # no name of a target may hold a parenthesis
Fields = Sequence[object]


def scores_csv(spec: ReportSpec, scores: Scores) -> str:
    """One row a base, recipe, seed, target, language and metric.

    Cells that share a node (an untouched base, read with every seed) repeat its rows; the column `node` shows it.
    """
    rows = (
        (
            *(cell.base, cell.recipe, spec.recipes[cell.recipe], cell.seed, cell.node, cell.target),
            *(row.language, row.split, row.metric, layer(score, row), _number(row.value), row.n),
            *map(_number, (*row.interval_95, *row.interval_99)),
            " ".join(score.record.degenerate),
        )
        for cell, score in scores.items()
        for row in score.record.rows
    )
    return _csv(SCORE_COLUMNS, rows)


def layer(score: Score, row: Row) -> int | str:
    """The block whose output a figure is of; of a trained target there is none."""
    found = score.record.layer if row.layer is None else row.layer
    return "" if found is None else found


def recipes_csv(spec: ReportSpec, findings: Iterable[Findings]) -> str:
    """One row a base, recipe and target, one for the mean over targets, and one for each benchmark and group of targets
    that is complete; empty where there is no such figure."""
    rows = (
        (found.base, recipe, path, target, len(found.seeds), *_figures(outcome))
        for found in findings
        for recipe, path in spec.recipes.items()
        for target, outcome in [
            *((target.name, found.outcomes[recipe, target.name]) for target in found.targets),
            (OVER_TARGETS, found.means[recipe]),
            *((titled(average), got) for (name, average), got in found.averages.items() if name == recipe),
        ]
    )
    return _csv(RECIPE_COLUMNS, rows)


def titled(average: Average) -> str:
    """An average's name, which no target can have: `(XTREME)`, `(XTREME: retrieval)`."""
    return f"({average.benchmark}: {average.group})" if average.group else f"({average.benchmark})"


def _figures(outcome: Outcome) -> list[str]:
    others_99 = outcome.others_99
    return [
        *(_number(figure.value) if figure else "" for figure in (outcome.everywhere, outcome.english, outcome.others)),
        *((_number(others_99.low), _number(others_99.high)) if others_99 else ("", "")),
        *_estimate(outcome.gain),
        *_estimate(outcome.gain_others),
    ]


def _estimate(figure: Estimate | None) -> tuple[str, ...]:
    return (_number(figure.value), _number(figure.low), _number(figure.high)) if figure else ("", "", "")


def _number(value: float) -> str:
    return f"{value + 0.0:.4f}"


def _csv(columns: Sequence[str], rows: Iterable[Fields]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
