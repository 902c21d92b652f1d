"""What one job will take, and what is therefore asked of the scheduler for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

MB, MINUTE = 1e6, 60.0
SPARE_MEMORY, SPARE_TIME = 1.3, 2.0
"""Times the estimate that a first attempt is given: too little costs the job, too much only a place in the queue."""
LEAST_MB, LEAST_MINUTES = 1500, 10
STEP_MB, STEP_MINUTES = 500, 10
"""What is asked for is rounded up to these: jobs that ask for the same can be submitted as one array."""

Source = Literal["finished jobs", "model of cost", "not known"]


@dataclass(frozen=True)
class Memory:
    """Bytes at the peak of a job's fullest GPU, or of its process where it runs on a CPU."""

    weights: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    other: int = 0
    """Buffers and libraries."""

    @property
    def peak(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations + self.other


@dataclass(frozen=True)
class Estimate:
    """One job. Times are of an undisturbed run, without waiting in a queue."""

    seconds: float
    """From its start to its end."""
    cpu_seconds: float
    """Of all its processes."""
    memory: int
    """Bytes of the fullest node's main memory, all its processes of the job together."""
    disk: int = 0
    """Bytes that stay in the results; what training saves on its way comes in `scratch`."""
    scratch: int = 0
    network: int = 0
    """Bytes fetched from the internet."""
    gpus: int = 0
    nodes: int = 1
    gpu_memory: Memory | None = None
    """Of the fullest GPU; None where the job asks for none."""
    source: Source = "model of cost"
    notes: tuple[str, ...] = ()
    """What the reader of the plan must know: an assumption, or that it will not fit, and what would."""

    alone: Estimate | None = None
    """The same training on one GPU, where it is planned on several and would fit on one."""

    @property
    def gpu_hours(self) -> float:
        return self.gpus * self.seconds / 3600

    def mem_mb(self, attempt: int = 1) -> int:
        """Memory to ask for on each node; a job that ran out of it asks for as much again."""
        wanted = max(LEAST_MB, self.memory * SPARE_MEMORY / MB)
        return attempt * STEP_MB * math.ceil(wanted / STEP_MB)

    def minutes(self, longest: int, attempt: int = 1) -> int:
        """Time limit to ask for; a job that met it asks for as much again, up to what the site allows."""
        wanted = max(LEAST_MINUTES, self.seconds * SPARE_TIME / MINUTE)
        return min(longest, attempt * STEP_MINUTES * math.ceil(wanted / STEP_MINUTES))

    def disk_mb(self) -> int:
        return max(1, math.ceil((self.disk + self.scratch) / MB))
