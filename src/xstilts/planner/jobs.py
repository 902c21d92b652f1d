"""The pending jobs, each with its estimate and with the pending jobs that it waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xstilts.cost.estimate import Estimate
from xstilts.planner.kinds import NO_WORK, kind_of

NONE = Estimate(seconds=0, cpu_seconds=0, memory=0)


class Costs(Protocol):
    """What estimates jobs."""

    def of(self, rule: str, wildcards: Mapping[str, str]) -> Estimate: ...


@dataclass(frozen=True)
class Pending:
    """A job as Snakemake's dry-run names it."""

    id: int
    rule: str
    wildcards: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    threads: int = 1
    priority: int = 0
    """Snakemake starts what is ready of a higher one first."""

    @property
    def works(self) -> bool:
        """Whether it takes any time: a rule without outputs only collects files, others only remove some."""
        return bool(self.outputs) and self.rule not in NO_WORK

    @property
    def name(self) -> str:
        """What it makes, such as xlmr-large/s1/mnli/xnli/xnli; of a rule without wildcards, its own name."""
        return "/".join(self.wildcards.values()) or self.rule


@dataclass(frozen=True)
class Job:
    """A pending job with what it will take."""

    pending: Pending
    kind: str
    estimate: Estimate
    needs: tuple[int, ...]
    """Places of the jobs that it waits for, in the list that `jobs_of` gives: all before its own."""

    @property
    def works(self) -> bool:
        return self.pending.works

    @property
    def name(self) -> str:
        return self.pending.name

    @property
    def cores(self) -> int:
        """Cores that it keeps busy. A dry-run scales `threads` down to one core, so they alone tell too little."""
        estimate = self.estimate
        busy = round(estimate.cpu_seconds / estimate.seconds) if estimate.seconds else 1
        return max(1, self.pending.threads, busy)


def jobs_of(pending: Iterable[Pending], costs: Costs, targets: frozenset[str]) -> list[Job]:
    """The jobs in an order in which each comes after those that it waits for.

    pending   the jobs that Snakemake names
    targets   files that training for a target of the study makes
    Cost: one look at each input and output, and one estimate a job.
    """
    found = list(pending)
    maker = {file: place for place, job in enumerate(found) for file in job.outputs}
    needs = [{maker[file] for file in job.inputs if file in maker} for job in found]
    order = _ordered(needs)
    place = {old: new for new, old in enumerate(order)}
    jobs = []
    for old in order:
        job = found[old]
        kind = kind_of(job.rule, not targets.isdisjoint(job.outputs), job.works)
        estimate = costs.of(job.rule, job.wildcards) if job.works else NONE
        jobs.append(Job(job, kind, estimate, tuple(sorted(place[one] for one in needs[old]))))
    return jobs


def followers(needs: Sequence[Collection[int]]) -> list[list[int]]:
    """The jobs that wait for each job."""
    after: list[list[int]] = [[] for _ in needs]
    for place, waits in enumerate(needs):
        for one in waits:
            after[one].append(place)
    return after


def _ordered(needs: Sequence[Collection[int]]) -> list[int]:
    """Places such that each comes after those that it needs; otherwise in the order given."""
    after, open_ = followers(needs), [len(waits) for waits in needs]
    ready = deque(place for place, count in enumerate(open_) if not count)
    order = []
    while ready:
        place = ready.popleft()
        order.append(place)
        for one in after[place]:
            open_[one] -= 1
            if not open_[one]:
                ready.append(one)
    return order
