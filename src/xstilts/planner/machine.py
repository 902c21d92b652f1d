"""What the plan's jobs run on: a cluster as config/site.yaml describes it, or this machine."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.config.site import Site
from xstilts.environment import memory_limit, usable_cpus


@dataclass(frozen=True)
class Machine:
    """How much can run at a time. None: nothing is known to limit it."""

    gpus: int
    jobs: int | None
    cores: int | None
    memory: float
    """Bytes of main memory that one job may have: of a node, or of this machine."""
    gpus_per_node: int
    longest: float | None = None
    """Seconds that one job may take."""
    cluster: bool = True

    def __str__(self) -> str:
        if self.cluster:
            return f"{_count(self.gpus, 'GPU')} and {_count(self.jobs or 0, 'job')} in flight"
        cores = _count(self.cores or 0, "core")
        return f"{cores} and {_count(self.gpus, 'GPU')} of this machine" if self.gpus else f"{cores} of this machine"


def site_machine(site: Site) -> Machine:
    return Machine(
        gpus=site.gpus_in_flight,
        jobs=site.jobs_in_flight,
        cores=None,
        memory=site.node_memory_gb * 1e9,
        gpus_per_node=site.gpu.per_node,
        longest=site.longest_minutes * 60.0,
    )


def this_machine(cores: int | None, gpus: int) -> Machine:
    """This machine with so many of its GPUs and cores; None: with all of its cores."""
    cores = usable_cpus() if cores is None else cores
    return Machine(gpus, jobs=None, cores=cores, memory=memory_limit(), gpus_per_node=gpus, cluster=False)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
