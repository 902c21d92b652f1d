"""The plan for programs: a JSON file with all of it, a CSV file with its jobs. Bytes and seconds, unrounded."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from xstilts.cost.estimate import Memory, Source
from xstilts.files import write_text
from xstilts.planner.forecast import Forecast
from xstilts.planner.totals import PARTS, Sum

VERSION = 1


class Strict(BaseModel):
    """No key but those that are named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class JobRow(Strict):
    """A pending job."""

    id: int = Field(description="Snakemake's number of the job, in this dry-run")
    rule: str
    kind: str = Field(description="the row of the plan's table that it counts in")
    name: str
    wildcards: dict[str, str]
    gpus: int
    nodes: int
    cores: int
    seconds: float
    gpu_hours: float
    cpu_hours: float
    memory_bytes: int = Field(description="main memory of its fullest node, at the peak")
    gpu_peak_bytes: int | None = Field(
        description="of its fullest GPU; null: it asks for none. The next five add up to it"
    )
    gpu_weights_bytes: int | None
    gpu_gradients_bytes: int | None
    gpu_optimizer_bytes: int | None
    gpu_activations_bytes: int | None
    gpu_other_bytes: int | None
    disk_bytes: int = Field(description="that it leaves in the results")
    scratch_bytes: int = Field(description="that it needs on the disk of the results only while it runs")
    network_bytes: int
    source: Source | None = Field(description="what the estimate is from; null: there is nothing to estimate")
    notes: tuple[str, ...]
    starts_seconds: float = Field(description="in the simulated run, from its beginning")
    depends_on: tuple[int, ...] = Field(description="ids of the pending jobs that it waits for")


class KindRow(Strict):
    """Jobs of a kind, added up; of memory, the most."""

    jobs: int
    gpu_hours: float
    cpu_hours: float
    gpu_memory: int = Field(description="bytes")
    memory: int = Field(description="bytes")
    disk: int = Field(description="bytes")
    network: int = Field(description="bytes")


class Chain(Strict):
    """The longest chain of jobs."""

    seconds: float
    jobs: tuple[int, ...] = Field(description="ids, in order")


class Document(Strict):
    """The JSON file of a plan."""

    version: int = VERSION
    totals: KindRow
    kinds: dict[str, KindRow]
    critical_path: Chain
    wall_seconds: float = Field(description="of the simulated run")
    on: str = Field(description="what the run was simulated on")
    disk_peak_bytes: int = Field(description="at a time, beyond what is there")
    disk_kept_bytes: int = Field(description="to stay, of the peak")
    price: float | None
    currency: str
    sources: dict[str, int] = Field(description="how many estimates come from where")
    warnings: tuple[str, ...]
    jobs: tuple[JobRow, ...]


def document(plan: Forecast) -> Document:
    ids = [job.pending.id for job in plan.jobs]
    return Document(
        totals=_sum(plan.total),
        kinds={kind: _sum(row) for kind, row in plan.rows.items()},
        critical_path=Chain(seconds=plan.path_seconds, jobs=tuple(ids[place] for place in plan.path)),
        wall_seconds=plan.course.seconds,
        on=str(plan.machine),
        disk_peak_bytes=plan.room.peak,
        disk_kept_bytes=plan.room.kept,
        price=plan.price,
        currency=plan.currency,
        sources={str(source): number for source, number in plan.sources.items()},
        warnings=tuple(plan.warnings),
        jobs=tuple(_row(plan, place) for place in range(len(plan.jobs))),
    )


def write(plan: Forecast, json: Path | None, csv: Path | None) -> None:
    """The files that are asked for, each whole or not at all."""
    if json or csv:
        found = document(plan)
        if json:
            write_text(json, found.model_dump_json(indent=1) + "\n")
        if csv:
            write_text(csv, as_csv(found))


def as_csv(found: Document) -> str:
    """A line for each job; wildcards as key=value, several values in a cell divided by `; `."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(JobRow.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.model_dump().items()} for row in found.jobs)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        value = [f"{key}={one}" for key, one in value.items()]
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _sum(row: Sum) -> KindRow:
    return KindRow(**vars(row))


def _row(plan: Forecast, place: int) -> JobRow:
    job = plan.jobs[place]
    estimate, memory = job.estimate, job.estimate.gpu_memory
    on_gpu: dict[str, Any] = {f"gpu_{part}_bytes": _part(memory, part) for part in ("peak", *PARTS)}
    return JobRow(
        id=job.pending.id,
        rule=job.pending.rule,
        kind=job.kind,
        name=job.name,
        wildcards=dict(job.pending.wildcards),
        gpus=estimate.gpus,
        nodes=estimate.nodes,
        cores=job.cores,
        seconds=estimate.seconds,
        gpu_hours=estimate.gpu_hours,
        cpu_hours=estimate.cpu_seconds / 3600,
        memory_bytes=estimate.memory,
        **on_gpu,
        disk_bytes=estimate.disk,
        scratch_bytes=estimate.scratch,
        network_bytes=estimate.network,
        source=estimate.source if job.works else None,
        notes=estimate.notes,
        starts_seconds=plan.course.starts[place],
        depends_on=tuple(plan.jobs[one].pending.id for one in job.needs),
    )


def _part(memory: Memory | None, part: str) -> int | None:
    return None if memory is None else getattr(memory, part)
