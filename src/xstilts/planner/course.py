"""How the pending jobs would follow each other: the longest chain, and a simulated run on a machine.

Both are linear in the jobs and the waits between them, but for heaps: 20,000 jobs take well under a second.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xstilts.planner.jobs import Job, followers
from xstilts.planner.machine import Machine


class Demand(NamedTuple):
    """What a job occupies while it runs."""

    jobs: int
    gpus: int
    cores: int


@dataclass(frozen=True)
class Course:
    """Seconds from the beginning, by the places of the jobs."""

    starts: Sequence[float]
    ends: Sequence[float]

    @property
    def seconds(self) -> float:
        return max(self.ends, default=0.0)


def critical_path(jobs: Sequence[Job]) -> list[int]:
    """Places of the jobs of the longest chain, in its order: no number of GPUs makes the plan shorter."""
    left, after = _seconds_left(jobs)
    path = [max(range(len(jobs)), key=left.__getitem__)] if jobs else []
    while path and after[path[-1]]:
        path.append(max(after[path[-1]], key=left.__getitem__))
    return path


def simulated(jobs: Sequence[Job], machine: Machine) -> Course:
    """List scheduling: what fits is started at once, of the highest priority the job with the longest way to the end.

    A job that asks for more than the machine has at all gets what there is: the plan warns of it elsewhere.
    """
    left, after = _seconds_left(jobs)
    whole = Demand(machine.jobs or len(jobs), machine.gpus, machine.cores or 0)
    demands = [_demand(job, machine, whole) for job in jobs]
    ready: dict[Demand, list[tuple[int, float, int]]] = {}
    running: list[tuple[float, int]] = []
    starts, ends = [0.0] * len(jobs), [0.0] * len(jobs)
    missing, free, now = [len(job.needs) for job in jobs], whole, 0.0

    def wait(place: int) -> None:
        entry = (-jobs[place].pending.priority, -left[place], place)
        heapq.heappush(ready.setdefault(demands[place], []), entry)

    for place, count in enumerate(missing):
        if not count:
            wait(place)
    while True:
        while fitting := [queue[0] + (demand,) for demand, queue in ready.items() if queue and _fits(demand, free)]:
            _, _, place, demand = min(fitting)
            heapq.heappop(ready[demand])
            free = Demand(*(have - take for have, take in zip(free, demand, strict=True)))
            starts[place], ends[place] = now, now + jobs[place].estimate.seconds
            heapq.heappush(running, (ends[place], place))
        if not running:
            return Course(starts, ends)
        now, place = heapq.heappop(running)
        free = Demand(*(have + give for have, give in zip(free, demands[place], strict=True)))
        for one in after[place]:
            missing[one] -= 1
            if not missing[one]:
                wait(one)


def _seconds_left(jobs: Sequence[Job]) -> tuple[list[float], list[list[int]]]:
    """Seconds from each job's start to the end of the longest chain that it begins; and what waits for each job."""
    after = followers([job.needs for job in jobs])
    left = [0.0] * len(jobs)
    for place in reversed(range(len(jobs))):
        left[place] = jobs[place].estimate.seconds + max((left[one] for one in after[place]), default=0.0)
    return left, after


def _demand(job: Job, machine: Machine, whole: Demand) -> Demand:
    if not job.works:
        return Demand(0, 0, 0)
    wanted = Demand(1 if machine.jobs else 0, job.estimate.gpus, job.cores if machine.cores else 0)
    return Demand(*(min(one, most) for one, most in zip(wanted, whole, strict=True)))


def _fits(demand: Demand, free: Demand) -> bool:
    return demand.jobs <= free.jobs and demand.gpus <= free.gpus and demand.cores <= free.cores
