"""What to type to make a part of a study again."""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.report.findings import Run
from xstilts.specs import ReportSpec


def score_file(spec: ReportSpec, run: Run) -> str:
    """The score file of a run, as Snakemake names it."""
    return f"{spec.results}/{spec.world}/scores/{run.node}/{run.target}.json"


def files_of(spec: ReportSpec, runs: Iterable[Run]) -> tuple[str, ...]:
    """The score files of some runs; those that serve several of them once."""
    return tuple(dict.fromkeys(score_file(spec, run) for run in runs))


def trained_again(spec: ReportSpec, node: str) -> str:
    """What trains one checkpoint once more, and makes what hangs below it."""
    return spec.command(force=f"{spec.results}/{spec.world}/checkpoints/{node}/digest")
