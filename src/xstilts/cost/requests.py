"""What jobs ask of a scheduler, as rules say it: `resources: mem_mb=plan.asks.mem_mb("predict_target")`.

Memory, time and disk are those of the estimate, with something to spare. GPUs and nodes are those of the stage. Each
request is a function of the wildcards, which Snakemake calls for every job of the DAG; it looks into a table. Where all
stages of a world are carried out alike, what they ask for is a constant, which costs Snakemake nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from xstilts.config.spec import StageSpec
from xstilts.config.training import Device
from xstilts.cost.estimate import Estimate
from xstilts.cost.works import node_of

if TYPE_CHECKING:
    from xstilts.plan import Plan

T = TypeVar("T")


class Place(Protocol):
    """How a stage's ranks are placed: what of its settings a scheduler must know."""

    @property
    def ranks(self) -> int: ...
    @property
    def nodes(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def device(self) -> Device: ...


@dataclass(frozen=True)
class Placed:
    """The place of stages that all have the same; defaults are those of a stage."""

    ranks: int = StageSpec.ranks
    nodes: int = StageSpec.nodes
    threads: int = StageSpec.threads
    device: Device = StageSpec.device


class Wildcards(Protocol):
    """Snakemake's: a list that knows its names."""

    def items(self) -> Iterable[tuple[str, str]]: ...


Asked: TypeAlias = "Callable[[Wildcards], T] | T"
"""What a rule is given: a function of the wildcards, or the one answer for all."""


def ready(function: T) -> T:
    """A function with its signature, which Snakemake would work out anew several times for each job."""
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined, arg-type]
    return function


class Requests:
    """The requests of a plan's jobs."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.site = plan, plan.site
        self.gpus = int(plan.world.training.device == "gpu")
        """GPUs of a job that reads with a model and does not train it."""
        self.gres = self._gres(self.gpus)

    def estimate(self, rule: str, wildcards: Wildcards) -> Estimate:
        return self.plan.costs.of(rule, dict(wildcards.items()))

    def mem_mb(self, rule: str) -> Callable[[Wildcards, int], int]:
        """On each node; more at each attempt."""
        return ready(lambda wildcards, attempt: self.estimate(rule, wildcards).mem_mb(attempt))

    def runtime(self, rule: str) -> Callable[[Wildcards, int], int]:
        """Minutes; more at each attempt, up to what the site allows."""
        longest = self.site.longest_minutes
        return ready(lambda wildcards, attempt: self.estimate(rule, wildcards).minutes(longest, attempt))

    def disk_mb(self, rule: str) -> Callable[[Wildcards], int]:
        return ready(lambda wildcards: self.estimate(rule, wildcards).disk_mb())

    # of a training ----------------------------------------------------------------------------------------------------
    def ranks(self) -> Asked[int]:
        return self._of(lambda place: place.ranks)

    def nodes(self) -> Asked[int]:
        return self._of(lambda place: place.nodes)

    def threads(self) -> Asked[int]:
        """CPU cores of all ranks."""
        return self._of(lambda place: place.ranks * place.threads)

    def training_gpus(self) -> Asked[int]:
        """GPUs on all its nodes together: one a rank."""
        return self._of(_gpus)

    def training_gres(self) -> Asked[str | None]:
        """The same in Slurm's words, on each node: so many in all might come unevenly from several."""
        return self._of(lambda place: self._gres(_gpus(place) // place.nodes))

    def mpi(self) -> Asked[str | None]:
        """The word by which the executor knows a job whose ranks are started by srun, on several nodes."""
        return self._of(lambda place: "srun" if place.nodes > 1 else None)

    def tasks(self) -> Asked[int | None]:
        """Ranks in all, for the executor; it takes this number for nodes that have one rank each."""
        return self._of(lambda place: place.ranks if place.ranks == place.nodes > 1 else None)

    def tasks_per_node(self) -> Asked[int | None]:
        """Ranks of each node, where it has several: a number in all alone, and Slurm may spread them 7 to 1."""
        return self._of(lambda place: place.ranks // place.nodes if place.ranks > place.nodes > 1 else None)

    def tasks_per_gpu(self) -> Asked[int | None]:
        """0, or the executor would take the ranks for tasks of each GPU."""
        return self._of(lambda place: 0 if place.nodes > 1 and _gpus(place) else None)

    def cpus_per_task(self) -> Asked[int]:
        """CPUs of each task that Slurm starts: of a rank on several nodes, of all ranks together on one."""
        return self._of(lambda place: place.threads * (1 if place.nodes > 1 else place.ranks))

    def _of(self, ask: Callable[[Place], T]) -> Asked[T]:
        """The answer for all stages of the world, or for the wildcards of the node that one makes."""
        if self._everywhere is not None:
            return ask(self._everywhere)
        stage = self.plan.checkpoints.stage
        return ready(lambda wildcards: ask(stage(node_of(dict(wildcards.items())))))

    @cached_property
    def _everywhere(self) -> Place | None:
        """How every stage of the world is placed, whatever its recipe; None where blocks of the world differ in it."""
        world = self.plan.world
        blocks = [world.mixtures, *world.stages.values()]
        differs = any(getattr(block, name) is not None for block in blocks for name in Placed.__annotations__)
        if differs:
            return None
        common = {name: getattr(world.training, name) for name in Placed.__annotations__}
        return Placed(**{name: value for name, value in common.items() if value is not None})

    def _gres(self, gpus: int) -> str | None:
        kind = f"gpu:{self.site.gpu.gres}" if self.site.gpu.gres else "gpu"
        return f"{kind}:{gpus}" if gpus else None


def _gpus(place: Place) -> int:
    return place.ranks if place.device == "gpu" else 0
