"""What a study has taken beside what it was planned to take, by kind of work.

What was planned is in `plan.json`; what was taken is in the benchmark that Snakemake writes of each job. That is the
job's last attempt, without its wait in a queue. A training also says in its own record on how many GPUs it ran, which
may since have been set otherwise, and how long it took in all its parts, where it was stopped and went on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path

from xstilts.cost.data import read_json
from xstilts.cost.finished import read_benchmark
from xstilts.layout import RECORD
from xstilts.report.planned import Kept, PlannedJobs, StudyPlan

HOUR = 3600.0
TOTAL = "total"
CHECKPOINTS = "checkpoints"
FOLDERS = frozenset({CHECKPOINTS, "drawn", "tokenizers"})
"""Results that are folders with a `digest`; other results are files, and their digest beside them, but for scores."""


class SpentRow(Kept):
    """A kind of work. Hours are sums over jobs, from the start of each to its end."""

    kind: str
    jobs: int
    done: int
    """Those whose result is there."""
    measured: int
    """Those of them whose benchmark is there and whole: what was spent is known of these alone."""
    planned_hours: float
    """Of all jobs."""
    spent_hours: float | None
    """Of those that were measured; None: there is none."""
    ratio: float | None
    """Hours spent, in those planned for the same jobs."""
    planned_cpu_hours: float
    spent_cpu_hours: float | None
    cpu_ratio: float | None
    planned_gpu_hours: float
    spent_gpu_hours: float | None
    gpu_ratio: float | None
    """None also where the same jobs were planned without a GPU."""


class Spending(Kept):
    """What a study has taken so far."""

    rows: tuple[SpentRow, ...]
    """In the order of the work."""
    total: SpentRow
    notes: tuple[str, ...]
    """What the figures are and what they leave out, in sentences."""


@dataclass(frozen=True)
class Hours:
    """Of one job, or of several together."""

    wall: float
    cpu: float
    gpu: float


@dataclass(frozen=True)
class Job:
    """A job of the study: what was planned for it and, where that is known, what it took."""

    planned: Hours
    done: bool
    spent: Hours | None
    resumed: bool
    """It was stopped and went on; its benchmark is of its last part."""


def spending(plan_file: Path, results: Path) -> Spending:
    """What the jobs of a plan have taken.

    plan_file   `report/<study>/plan.json`; UserError where it is missing or torn
    results     folder of the world's results
    Cost: a look at each job's result and benchmark, and at each training's record: 0.1 s with a thousand jobs.
    """
    plan = StudyPlan.read(plan_file)
    found: dict[str, list[Job]] = {}
    for jobs in plan.jobs:
        found.setdefault(jobs.kind, []).extend(_job(jobs, name, results) for name in jobs.names)
    every = [job for some in found.values() for job in some]
    return Spending(
        rows=tuple(_row(kind, some) for kind, some in found.items()),
        total=_row(TOTAL, every),
        notes=tuple(_notes(plan, every)),
    )


def _job(jobs: PlannedJobs, name: str, results: Path) -> Job:
    planned = _hours(jobs.seconds, jobs.cpu_seconds, jobs.gpus)
    if not _result(name, results).is_file():
        return Job(planned, done=False, spent=None, resumed=False)
    took = read_benchmark(results / "benchmarks" / f"{name}.jsonl")
    if took is None:
        return Job(planned, done=True, spent=None, resumed=False)
    in_all, gpus = _recorded(name, results) or (0.0, jobs.gpus)
    spent = _hours(max(took.seconds, in_all), took.cpu_seconds, gpus)
    return Job(planned, done=True, spent=spent, resumed=in_all > took.seconds)


def _result(name: str, results: Path) -> Path:
    """The file that stands where a job has been done."""
    folder = name.partition("/")[0]
    if folder in FOLDERS:
        return results / name / "digest"
    return results / f"{name}.{'json' if folder == 'scores' else 'digest'}"


def _recorded(name: str, results: Path) -> tuple[float, int] | None:
    """Seconds of all parts of a training, and GPUs that it had; None of other jobs, and where its record is torn."""
    if not name.startswith(f"{CHECKPOINTS}/"):
        return None
    record = read_json(results / name / RECORD)
    try:
        running = record["running"]
        return float(record["seconds"]), int(running["ranks"]) if running["device"] == "gpu" else 0
    except (LookupError, TypeError, ValueError):
        return None


def _hours(seconds: float, cpu_seconds: float, gpus: int) -> Hours:
    return Hours(seconds / HOUR, cpu_seconds / HOUR, gpus * seconds / HOUR)


def _row(kind: str, jobs: Sequence[Job]) -> SpentRow:
    planned = _sum(job.planned for job in jobs)
    measured = [(job.planned, job.spent) for job in jobs if job.spent]
    spent, same = _sum(took for _, took in measured), _sum(asked for asked, _ in measured)
    known = bool(measured)
    return SpentRow(
        kind=kind,
        jobs=len(jobs),
        done=sum(job.done for job in jobs),
        measured=len(measured),
        planned_hours=planned.wall,
        spent_hours=spent.wall if known else None,
        ratio=_ratio(spent.wall, same.wall),
        planned_cpu_hours=planned.cpu,
        spent_cpu_hours=spent.cpu if known else None,
        cpu_ratio=_ratio(spent.cpu, same.cpu),
        planned_gpu_hours=planned.gpu,
        spent_gpu_hours=spent.gpu if known else None,
        gpu_ratio=_ratio(spent.gpu, same.gpu),
    )


def _sum(hours: Iterable[Hours]) -> Hours:
    found = list(hours)
    return Hours(fsum(one.wall for one in found), fsum(one.cpu for one in found), fsum(one.gpu for one in found))


def _ratio(spent: float, planned: float) -> float | None:
    return spent / planned if planned else None


def _notes(plan: StudyPlan, jobs: Sequence[Job]) -> list[str]:
    on = f" for {plan.gpu} GPUs" if any(job.planned.gpu for job in jobs) else ""
    told = (
        f"The plan is what the model of cost{on} could tell before the first job, having learned from no finished one."
    )
    notes = [f"{told} Fetching and the report itself are left out."]
    guessed = sum(len(some.names) for some in plan.jobs if some.guessed)
    if guessed:
        notes.append(
            f"{_count(guessed)} planned by a guess: a model's shape or a size of data is not known beforehand."
        )
    if any(job.spent for job in jobs):
        notes.append(
            "What was spent is what Snakemake measured of each job's last attempt: neither earlier attempts that failed"
            " nor the wait in a queue are in it. A result that another study made counts with what it took then."
        )
    resumed = sum(job.resumed for job in jobs)
    if resumed:
        notes.append(
            f"{_count(resumed)} stopped and went on: hours and GPU hours are of all parts, CPU hours of the last part."
        )
    unmeasured = sum(job.done and job.spent is None for job in jobs)
    if unmeasured:
        notes.append(
            f"{_count(unmeasured)} done but not measured: made elsewhere, too short to be seen, or the benchmark is"
            " gone or torn. What was spent and the ratios are without them."
        )
    return notes


def _count(number: int) -> str:
    return f"{number:,} job{' was' if number == 1 else 's were'}"
