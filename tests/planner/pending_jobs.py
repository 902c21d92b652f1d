"""Pending jobs made by hand, and what is known of them, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xstilts.cost.estimate import Estimate
from xstilts.planner.jobs import Job, Pending, jobs_of

TARGETS = frozenset({"checkpoints/b/s1/mnli/xnli/digest"})


class Known:
    """Estimates by the name of what a job makes; an hour on one GPU for all others."""

    def __init__(self, **estimates: Estimate) -> None:
        self.estimates = estimates

    def of(self, rule: str, wildcards: Mapping[str, str]) -> Estimate:
        return self.estimates.get(next(iter(wildcards.values()), rule), taking(3600, gpus=1))


def taking(seconds: float, **more: Any) -> Estimate:
    """An estimate of a job that keeps one core busy."""
    return Estimate(**{"seconds": seconds, "cpu_seconds": seconds, "memory": 10**9} | more)


def pending(number: int, made: str, *needs: str, rule: str = "train_checkpoint", **wildcards: str) -> Pending:
    """A job that makes the file `made` from those of other jobs; '' makes nothing."""
    return Pending(number, rule, wildcards or {"node": made}, needs, (made,) if made else ())


def chain_and_crowd(**estimates: Estimate) -> list[Job]:
    """a → b → c, four jobs that need none of them, and `all`, which needs everything."""
    crowd = [pending(10 + i, f"x{i}") for i in range(4)]
    chain = [pending(1, "a"), pending(2, "b", "a"), pending(3, "c", "b", "old")]
    everything = pending(0, "", "c", *(job.outputs[0] for job in crowd), rule="all")
    return jobs_of([everything, *reversed(chain), *crowd], Known(**estimates), frozenset())
