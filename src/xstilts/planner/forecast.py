"""All that the plan tells: computed once, then shown as a table, as JSON and as CSV."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.config.site import Site
from xstilts.cost.devices import device
from xstilts.cost.estimate import Source
from xstilts.planner.checks import Limits, elsewhere, notes, savings, warnings
from xstilts.planner.course import Course, critical_path, simulated
from xstilts.planner.jobs import Job
from xstilts.planner.machine import Machine, site_machine
from xstilts.planner.room import Room, room_of
from xstilts.planner.totals import Sum, by_kind, sources, sum_of


@dataclass(frozen=True)
class Forecast:
    """The plan of what is pending. Indexes are places in `jobs`."""

    jobs: Sequence[Job]
    machine: Machine
    rows: dict[str, Sum]
    total: Sum
    path: Sequence[int]
    course: Course
    room: Room
    price: float | None
    """Of all GPU-hours, in `currency`; None where the site names no price."""
    gpu_price: float | None
    currency: str
    sources: Counter[Source]
    warnings: list[str]
    notes: list[str]

    @property
    def path_seconds(self) -> float:
        return sum(self.jobs[place].estimate.seconds for place in self.path)


def forecast(jobs: Sequence[Job], machine: Machine, site: Site, results: Path) -> Forecast:
    """The plan of some jobs, in the order that `jobs_of` gives.

    machine   what they will run on
    results   folder that they write to; it need not exist yet
    Where jobs ask for GPUs that this machine does not have, time is told for the site, which a warning says.
    """
    total = sum_of(jobs)
    most = max((job.estimate.gpus for job in jobs), default=0)
    on = machine if machine.cluster or most <= machine.gpus else site_machine(site)
    course = simulated(jobs, on)
    room, path = room_of(jobs, course), critical_path(jobs)
    away = [] if on is machine else [elsewhere(jobs, machine)]
    return Forecast(
        jobs=jobs,
        machine=on,
        rows=by_kind(jobs),
        total=total,
        path=path,
        course=course,
        room=room,
        price=None if site.price is None else site.price * total.gpu_hours,
        gpu_price=site.price,
        currency=site.currency,
        sources=sources(jobs),
        warnings=away + warnings(jobs, room, _limits(on, site, results)) + [*savings(jobs)],
        notes=notes(jobs),
    )


def _limits(machine: Machine, site: Site, results: Path) -> Limits:
    gpu = device(site.gpu.kind)
    if site.disk_gb is not None and machine.cluster:
        return Limits(machine, site.disk_gb * 1e9, "config/site.yaml (`disk_gb`)", gpu.name, gpu.memory)
    there = next(folder for folder in [results.absolute(), *results.absolute().parents] if folder.exists())
    return Limits(machine, shutil.disk_usage(there).free, f"the disk of {results}", gpu.name, gpu.memory)
