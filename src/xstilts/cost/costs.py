"""What the jobs of a plan will take: one estimate for each rule and its wildcards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xstilts.config.site import Site
from xstilts.cost.advice import fitting, misfit, peak
from xstilts.cost.calibration import Calibration
from xstilts.cost.devices import GB, Device, device
from xstilts.cost.estimate import Estimate, Memory
from xstilts.cost.work import Work
from xstilts.cost.works import TRAINS, Key, Works, node_of
from xstilts.plan import Plan

LARGER = "no setting that was tried makes it fit: take a GPU with more memory"


class Costs:
    """The estimates of one plan on one site.

    Asks nothing but plan, registry and results; a file that is missing or torn is as if it were not there. The first
    estimate reads the benchmarks of finished jobs; then a job costs microseconds, and a new kind of job a millisecond.
    """

    def __init__(self, plan: Plan, site: Site, learn: bool = True) -> None:
        self.plan, self.site = plan, site
        self.gpu: Device = device(site.gpu.kind)
        self.works = Works(plan, self.gpu)
        self.calibration = Calibration(self.works, learn)
        self._done: dict[Key, Estimate] = {}

    def of(self, rule: str, wildcards: Mapping[str, str]) -> Estimate:
        """What a job will take; nothing for rules that only collect."""
        key = self.works.key(rule, wildcards)
        if key not in self._done:
            work = self.works.of(rule, wildcards)
            notes = self._notes(rule, wildcards, work)
            found = self._estimate(replace(work, notes=(*work.notes, *notes)))
            several = rule in TRAINS and found.gpus > 1
            self._done[key] = replace(found, alone=self._alone(node_of(wildcards))) if several else found
        return self._done[key]

    def _alone(self, node: str) -> Estimate | None:
        """A training on one GPU: ranks that share small batches out wait for each other more than they compute."""
        training = self.works.training(node)
        stage = replace(training.stage, ranks=1, nodes=1, zero=0, offload=False)
        training = replace(training, stage=stage)
        fits = peak(training, self.calibration.activations) <= self.gpu.memory
        return self._estimate(training.work) if fits else None

    def _estimate(self, work: Work) -> Estimate:
        law, learned = self.calibration.law(work.kind), self.calibration.learned(work.kind)
        seconds = law.seconds(work.time)
        cpu_seconds = self.calibration.cpu_seconds(work, seconds)
        every, each = work.saves
        seconds += (seconds // every) * each if every else 0.0
        return Estimate(
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory=round(law.bytes(work.memory)),
            disk=round(work.disk),
            scratch=round(work.scratch),
            network=round(work.network),
            gpus=work.gpus,
            nodes=work.nodes,
            gpu_memory=self._gpu_memory(work.gpu_memory),
            source=work.source or ("finished jobs" if learned else "model of cost"),
            notes=work.notes,
        )

    def _gpu_memory(self, memory: Memory | None) -> Memory | None:
        """With activations as finished jobs had them."""
        if memory is None:
            return None
        return replace(memory, activations=round(memory.activations * self.calibration.activations))

    def _notes(self, rule: str, wildcards: Mapping[str, str], work: Work) -> list[str]:
        """What does not fit, and what would."""
        notes = []
        memory = self._gpu_memory(work.gpu_memory)
        said = misfit(memory.peak, self.gpu) if memory else None
        if said and rule in TRAINS:
            change = fitting(self.works.training(node_of(wildcards)), self.calibration.activations)
            notes.append(f"{said}; {change} would fit" if change else f"{said}; {LARGER}")
        elif said:
            weights = memory.weights + memory.other if memory else 0
            notes.append(f"{said}; {LARGER if weights > self.gpu.memory else 'lower training.micro_tokens'}")
        need, room = self.calibration.law(work.kind).bytes(work.memory), self.site.node_memory_gb * GB
        if need > room:
            notes.append(f"needs {need / GB:.0f} GB of a node's memory, and config/site.yaml says {room / GB:.0f}")
        return notes
