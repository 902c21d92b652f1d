"""Sums over jobs: a row of the plan's table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xstilts.cost.estimate import Source
from xstilts.planner.jobs import Job
from xstilts.planner.kinds import ORDER

PARTS = ("weights", "gradients", "optimizer", "activations", "other")
"""What fills a GPU."""


@dataclass(frozen=True)
class Sum:
    """Of some jobs. Memory is that of the fullest one, all else is added up."""

    jobs: int
    gpu_hours: float
    cpu_hours: float
    gpu_memory: int
    memory: int
    disk: int
    network: int


def sum_of(jobs: Iterable[Job]) -> Sum:
    found = [job.estimate for job in jobs]
    return Sum(
        jobs=len(found),
        gpu_hours=sum(one.gpu_hours for one in found),
        cpu_hours=sum(one.cpu_seconds for one in found) / 3600,
        gpu_memory=max((one.gpu_memory.peak for one in found if one.gpu_memory), default=0),
        memory=max((one.memory for one in found), default=0),
        disk=sum(one.disk for one in found),
        network=sum(one.network for one in found),
    )


def by_kind(jobs: Iterable[Job]) -> dict[str, Sum]:
    """A sum for each kind that has jobs, in the order of the work."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.kind, []).append(job)
    return {kind: sum_of(groups[kind]) for kind in ORDER if kind in groups}


def sources(jobs: Iterable[Job]) -> Counter[Source]:
    """How many estimates come from where; jobs that do no work have none."""
    return Counter(job.estimate.source for job in jobs if job.works)


def fullest(jobs: Sequence[Job]) -> Job | None:
    """The job that fills a GPU most; None where none asks for one."""
    on_gpu = [job for job in jobs if job.estimate.gpu_memory]
    return max(on_gpu, key=lambda job: job.estimate.gpu_memory.peak if job.estimate.gpu_memory else 0, default=None)
