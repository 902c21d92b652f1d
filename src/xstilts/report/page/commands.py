"""What to type to make a part of a study again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from xstilts.report.findings import Run
from xstilts.specs import ReportSpec


def score_file(spec: ReportSpec, run: Run) -> str:
    """The score file of a run, as Snakemake names it where `results` is left as it is in config.yaml."""
    return f"results/{spec.world}/scores/{run.node}/{run.target}.json"


def files_of(spec: ReportSpec, runs: Iterable[Run]) -> tuple[str, ...]:
    """The score files of some runs; those that serve several of them once."""
    return tuple(dict.fromkeys(score_file(spec, run) for run in runs))


def snakemake(spec: ReportSpec, *targets: str, forcerun: str = "") -> str:
    """A call for this study, as typed in a shell."""
    forced = ["--forcerun", forcerun] if forcerun else []
    # Targets stand before options that take everything up to the next one.
    return shlex.join(["snakemake", *targets, *forced, "--config", f"world={spec.world}", f"study={spec.study}", "-c2"])


def trained_again(spec: ReportSpec, node: str) -> str:
    """What trains one checkpoint once more, and makes what hangs below it."""
    return snakemake(spec, forcerun=f"results/{spec.world}/checkpoints/{node}/digest")
