"""The laws as finished jobs mend them, and of which kinds there were enough jobs."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from xstilts.config.spec import StageSpec
from xstilts.cost.data import read_json
from xstilts.cost.devices import GB
from xstilts.cost.finished import Finished, Took, finished
from xstilts.cost.fit import mended
from xstilts.cost.laws import LAWS, Law
from xstilts.cost.training import Training, training_of
from xstilts.cost.work import Work
from xstilts.cost.works import TRAINS, Works, node_of
from xstilts.errors import UserError
from xstilts.layout import RECORD

ENOUGH = 3  # jobs of a kind, from which on they are believed
WHOLE = 0.97  # of the seconds that a training says it took: a benchmark of less is of its last part alone
CURVE, TAIL = "curve.jsonl", 4096  # bytes of its end, which hold the last point
SEEN = 0.85  # of a job's time: of one that was looked at no later, the most memory is not known
LEAST, MOST = 0.3, 3.0  # what activations may prove to be, in those of the model of cost


@dataclass(frozen=True)
class Job:
    """A finished job: what it did, and what it took."""

    found: Finished
    work: Work
    took: Took
    activations: float | None = None
    """Of a training on GPUs: what its activations were, in those of the model of cost."""


class Calibration:
    """What finished jobs of a plan's world teach. Read when it is first asked for; costs some 100 ms with thousands.

    learn   False: nothing is read, and the model of cost stands as it is
    """

    def __init__(self, works: Works, learn: bool = True) -> None:
        self.works, self.results, self.learn = works, works.plan.results, learn

    def learned(self, kind: str) -> bool:
        """Whether enough jobs of a kind have finished."""
        return len(self._by_kind.get(kind, ())) >= ENOUGH

    def law(self, kind: str) -> Law:
        """The law of a kind of job: seconds from start to end, and memory."""
        return self._laws[kind][0] if self.learned(kind) else LAWS[kind]

    def cpu_seconds(self, work: Work, seconds: float) -> float:
        """Of a job that takes so many seconds from start to end."""
        if not self.learned(work.kind):
            return seconds * work.cores
        return self._laws[work.kind][1].seconds(work.time) * work.cores

    @cached_property
    def activations(self) -> float:
        """What the activations of a GPU's training are multiplied by."""
        factors = [job.activations for job in self.jobs if job.activations is not None]
        return min(MOST, max(LEAST, median(factors))) if len(factors) >= ENOUGH else 1.0

    @cached_property
    def jobs(self) -> list[Job]:
        """The finished jobs that count."""
        found = []
        for one in finished(self.results) if self.learn else ():
            try:
                job = self._training(one) if one.rule in TRAINS else self._other(one)
            except (UserError, LookupError, ValueError, TypeError, AttributeError):
                continue  # of another configuration: a task, base or stage that this world does not have, or not so
            if job is not None:
                found.append(job)
        return found

    @cached_property
    def _by_kind(self) -> dict[str, list[Job]]:
        found: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs:
            found[job.work.kind].append(job)
        return found

    @cached_property
    def _laws(self) -> dict[str, tuple[Law, Law]]:
        """Of each kind with enough jobs: the law of its time and memory, and that of a core's time."""
        return {kind: laws_of(kind, jobs) for kind, jobs in self._by_kind.items() if len(jobs) >= ENOUGH}

    def _other(self, one: Finished) -> Job:
        return Job(one, self.works.of(one.rule, one.wildcards), one.took)

    def _training(self, one: Finished) -> Job | None:
        """A training, by what its record says that it was; None where its benchmark is of a part of it."""
        node = node_of(one.wildcards)
        record = read_json(self.results / "checkpoints" / node / RECORD)
        if not record or one.took.seconds < WHOLE * float(record["seconds"]):
            return None
        training = self._recorded(node, record)
        peak = _last_peak(self.results / "curves" / node / CURVE)
        if training.device.is_gpu:
            return Job(one, training.work, one.took, _activations(training, peak) if peak else None)
        # What a benchmark saw is the most at some moments; the kernel knows the most of all, of each process.
        memory = max(one.took.memory, peak * training.local_ranks)
        return Job(one, training.work, replace(one.took, memory=memory, seen=1.0 if peak else one.took.seen))

    def _recorded(self, node: str, record: dict[str, Any]) -> Training:
        stage = StageSpec.from_dict({**record["spec"]["stage"], **record["running"], "name": node})
        steps = int(record["steps"]) + sum(int(attempt["step"]) for attempt in record["attempts"])
        base = node.split("/")[0]
        return training_of(stage, base, self.works.shape(base), self.works.sizes, self.works.gpu, steps)


def laws_of(kind: str, jobs: Sequence[Job]) -> tuple[Law, Law]:
    """A kind's law mended by jobs: that of time from start to end and of memory, and that of a core's time."""
    known = LAWS[kind]
    time = mended(known.time, [(job.work.time, job.took.seconds) for job in jobs])
    memory = mended(known.memory, [(job.work.memory, job.took.memory) for job in jobs if job.took.seen >= SEEN])
    core = mended(known.time, [(job.work.time, job.took.cpu_seconds / job.work.cores) for job in jobs])
    return Law(time, memory), Law(core)


def _activations(training: Training, peak: float) -> float:
    """What a training's activations were, in those of the model of cost, from the most that its GPU's tensors held."""
    states, kept = training.states, training.activations
    return (peak - (states.peak(round(kept)) - kept)) / kept


def _last_peak(curve: Path) -> float:
    """Bytes: the peak that the last whole point of a curve tells; 0 where there is none."""
    try:
        with curve.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            lines = file.read().splitlines()
    except OSError:
        return 0.0
    for line in reversed(lines):
        try:
            return float(json.loads(line)["peak_memory_gb"]) * GB
        except (ValueError, LookupError, TypeError):
            continue
    return 0.0
