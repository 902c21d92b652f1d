"""The disk that the plan needs: what stays, what only jobs on their way need, and what is removed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.planner.course import Course
from xstilts.planner.jobs import Job

PRUNING, WEIGHTS = "prune_weights", "train_checkpoint"


@dataclass(frozen=True)
class Room:
    """Bytes on the disk of the results, beyond those that are there now."""

    peak: int
    kept: int


def room_of(jobs: Sequence[Job], course: Course) -> Room:
    """Most at a time in a simulated run, and what is left after it.

    A job's scratch goes when it ends; a target's weights go with the job that prunes them.
    """
    weights = {job.name: job.estimate.disk for job in jobs if job.pending.rule == WEIGHTS}
    changes: list[tuple[float, int]] = []
    for job, start, end in zip(jobs, course.starts, course.ends, strict=True):
        if job.pending.rule == PRUNING:
            changes.append((end, -weights.get(job.name, 0)))
        elif job.works:
            changes += [(start, job.estimate.scratch), (end, job.estimate.disk - job.estimate.scratch)]
    peak = now = 0
    for _, change in sorted(changes):
        now += change
        peak = max(peak, now)
    return Room(peak, now)
