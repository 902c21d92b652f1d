"""What would go wrong, said before it is too late, each with what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from xstilts.planner.jobs import Job
from xstilts.planner.kinds import RESUMED
from xstilts.planner.machine import Machine
from xstilts.planner.room import PRUNING, Room
from xstilts.planner.units import count, size, span

LOCAL = "fetch"
"""Kind of work that the machine does on which Snakemake runs: no limit of a cluster concerns it."""
MISFIT = "needs "
"""How a note begins that says what does not fit (src/xstilts/cost/costs.py); after its last `; ` it says what would."""
FIGURE = re.compile(r"\d[\d.,]*")
MOST_NOTES = 6
WORTH = 0.75  # of the GPU-hours, at most: less is not worth a change


@dataclass(frozen=True)
class Limits:
    """What the plan is held against."""

    machine: Machine
    disk: float
    """Bytes of room for results."""
    disk_of: str
    """Whose room that is, in words."""
    gpu: str
    """The kind of GPU that `gpu_memory` is of."""
    gpu_memory: float


def warnings(jobs: Sequence[Job], room: Room, limits: Limits) -> list[str]:
    """Sentences, the worst first: what cannot run, what runs out, what is not known."""
    working = [job for job in jobs if job.works]
    on_nodes = [job for job in working if job.kind != LOCAL]
    return [
        *_gpu_memory(working, limits),
        *_gpus(working, limits.machine),
        *_main_memory(on_nodes, limits.machine),
        *_time(on_nodes, limits.machine),
        *_disk(room, limits, pruned=any(job.pending.rule == PRUNING for job in jobs)),
        *_unknown(working),
    ]


def savings(jobs: Sequence[Job]) -> Iterator[str]:
    """Trainings that would take far fewer GPU-hours on one GPU each."""
    pairs = [(job, alone) for job in jobs if (alone := job.estimate.alone)]
    now, then = sum(job.estimate.gpu_hours for job, _ in pairs), sum(alone.gpu_hours for _, alone in pairs)
    if not pairs or then > WORTH * now:
        return
    slower = max(pairs, key=lambda pair: pair[1].seconds - pair[0].estimate.seconds)
    most = max(alone.gpu_memory.peak for _, alone in pairs if alone.gpu_memory)
    yield (
        f"Fewer GPU-hours: {then:.3g} instead of {now:.3g} with `ranks: 1, zero: 0`, which fits ({size(most)}): "
        f"{_which([job for job, _ in pairs], slower[0])}, which takes {span(slower[1].seconds)} then instead of "
        f"{span(slower[0].estimate.seconds)}. Small batches leave several GPUs little to do"
    )


def notes(jobs: Sequence[Job]) -> list[str]:
    """What estimates say of themselves, the commonest first; what differs in its figures alone is said once.

    What does not fit is left out: the warnings are of it.
    """
    groups: dict[str, dict[str, list[Job]]] = {}
    for job in jobs:
        for note in job.estimate.notes:
            if not note.startswith(MISFIT):
                groups.setdefault(FIGURE.sub("#", note), {}).setdefault(note, []).append(job)
    ordered = sorted(groups.values(), key=lambda alike: -sum(map(len, alike.values())))
    said = [
        f"{_sentence(next(iter(alike)))} ({_which(list(chain(*alike.values())))})" for alike in ordered[:MOST_NOTES]
    ]
    left = len(ordered) - MOST_NOTES
    return said + ([f"{count(left, 'more note')}: --logger-xstilts-json FILE has all of them, job by job"] * (left > 0))


def elsewhere(jobs: Sequence[Job], here: Machine) -> str:
    """That jobs ask for GPUs which this machine does not have, so that the plan is for the site."""
    over = [job for job in jobs if job.estimate.gpus > here.gpus]
    most = max(over, key=lambda job: job.estimate.gpus)
    return (
        f"More GPUs than this machine has ({here.gpus or 'none'}): {_which(over, most)}, up to {most.estimate.gpus}. "
        "The plan is for the cluster of config/site.yaml: run there (--profile slurm), or lower `ranks`"
    )


def _gpu_memory(jobs: Sequence[Job], limits: Limits) -> Iterator[str]:
    """Jobs that do not fit, by what would fit, which the model of cost has tried out and noted."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        if _on_gpu(job) > limits.gpu_memory:
            noted = [note.rpartition("; ")[2] for note in job.estimate.notes if note.startswith(MISFIT)]
            groups.setdefault(noted[0] if noted else "", []).append(job)
    for fits, those in groups.items():
        most = max(those, key=_on_gpu)
        advice = fits or "raise `zero`, turn on `activation_checkpointing` or lower `micro_tokens`"
        yield (
            f"Does not fit on a GPU ({limits.gpu}, {size(limits.gpu_memory)}): {_which(those, most)}, up to "
            f"{size(_on_gpu(most))}. {_sentence(advice)}"
        )


def _gpus(jobs: Sequence[Job], machine: Machine) -> Iterator[str]:
    over = [job for job in jobs if job.estimate.gpus > machine.gpus]
    if over:
        most = max(over, key=lambda job: job.estimate.gpus)
        yield (
            f"More GPUs than may be in flight ({machine.gpus}): {_which(over, most)}, up to {most.estimate.gpus}. "
            "They would get no more, and fail: lower `ranks`, or raise `gpus_in_flight` in config/site.yaml"
        )
    crowded = [job for job in jobs if job.estimate.gpus > job.estimate.nodes * machine.gpus_per_node]
    if crowded:
        most = max(crowded, key=lambda job: job.estimate.gpus / job.estimate.nodes)
        yield (
            f"More GPUs than a node has ({machine.gpus_per_node}): {_which(crowded, most)}, "
            f"{count(most.estimate.gpus, 'GPU')} on {count(most.estimate.nodes, 'node')}. Set `nodes: "
            f"{math.ceil(most.estimate.gpus / machine.gpus_per_node)}` for the stage, or mend `gpu.per_node` in "
            "config/site.yaml"
        )


def _main_memory(jobs: Sequence[Job], machine: Machine) -> Iterator[str]:
    over = [job for job in jobs if _asked(job, machine) > machine.memory]
    if not over:
        return
    most = max(over, key=lambda job: job.estimate.memory)
    has = "a node has" if machine.cluster else "this machine has"
    mend = (
        "Slurm would refuse it: use nodes with more and mend `node_memory_gb` in config/site.yaml, or spread the stage "
        "over more `nodes`"
        if machine.cluster
        else "Use a machine with more, or fewer `ranks`"
    )
    yield (
        f"More memory than {has} ({size(machine.memory)}): {_which(over, most)}, up to {size(_asked(most, machine))}. "
        f"{mend}"
    )


def _asked(job: Job, machine: Machine) -> float:
    """Bytes: on a cluster what its first attempt asks for, on one machine what it is thought to fill."""
    return job.estimate.mem_mb() * 1e6 if machine.cluster else job.estimate.memory


def _time(jobs: Sequence[Job], machine: Machine) -> Iterator[str]:
    longest = machine.longest
    over = [job for job in jobs if longest is not None and job.estimate.seconds > longest]
    for resumed in (True, False):
        those = [job for job in over if (job.kind in RESUMED) == resumed]
        if longest is None or not those:
            continue
        most = max(those, key=lambda job: job.estimate.seconds)
        again = math.ceil(most.estimate.seconds / longest) - 1
        mend = (
            f"It goes on from its saved state in a new Slurm job, {count(again, 'time')}: `retries` in profiles/slurm "
            f"must be {again} or more"
            if resumed
            else "It cannot go on from where it was stopped: raise `longest_minutes` in config/site.yaml, with a "
            "partition that allows it"
        )
        yield (
            f"Longer than the time limit ({span(longest)}): {_which(those, most)}, up to "
            f"{span(most.estimate.seconds)}. {mend}"
        )


def _disk(room: Room, limits: Limits, pruned: bool) -> Iterator[str]:
    if room.peak > limits.disk:
        prune = ", or let targets' weights go once their predictions stand (`keep_target_weights: false` in the world)"
        yield (
            f"More disk than there is ({size(limits.disk)}, {limits.disk_of}): {size(room.peak)} at a time, of which "
            f"{size(room.kept)} stay. Make room, or put `results` on another disk{'' if pruned else prune}"
        )


def _unknown(jobs: Sequence[Job]) -> Iterator[str]:
    unknown = [job for job in jobs if job.estimate.source == "not known"]
    if unknown:
        yield f"Not known what they take, and counted as nothing: {_which(unknown)}"


def _on_gpu(job: Job) -> int:
    """Bytes of its fullest GPU."""
    return job.estimate.gpu_memory.peak if job.estimate.gpu_memory else 0


def _which(jobs: Sequence[Job], example: Job | None = None) -> str:
    """`3 jobs, such as target training xlmr-large/s1/xnli`, or the one job by its name."""
    first = example or jobs[0]
    name = f"{first.kind} {first.name}"
    return name if len(jobs) == 1 else f"{count(len(jobs), 'job')}, such as {name}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
