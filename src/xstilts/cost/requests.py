"""What jobs ask of a scheduler, as rules say it: `mem_mb=lambda w, attempt: plan.asks.mem_mb("…", w, attempt)`.

Memory, time and disk are those of the estimate, with something to spare. GPUs and nodes are those of the stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xstilts.cost.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xstilts.config import StageSpec
    from xstilts.plan import Plan


class Wildcards(Protocol):
    """Snakemake's: a list that knows its names."""

    def items(self) -> Iterable[tuple[str, str]]: ...


class Requests:
    """The requests of a plan's jobs. Each is a look into a table: Snakemake asks several for every job of the DAG."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.site = plan, plan.site
        device = plan.world.training.device
        self.gpus = int(device == "gpu")
        """GPUs of a job that reads with a model and does not train it."""
        self.gres = self._gres(self.gpus)

    def of(self, rule: str, wildcards: Wildcards) -> Estimate:
        return self.plan.costs.of(rule, dict(wildcards.items()))

    def mem_mb(self, rule: str, wildcards: Wildcards, attempt: int) -> int:
        """On each node; more at each attempt."""
        return self.of(rule, wildcards).mem_mb(attempt)

    def runtime(self, rule: str, wildcards: Wildcards, attempt: int) -> int:
        """Minutes; more at each attempt, up to what the site allows."""
        return self.of(rule, wildcards).minutes(self.site.longest_minutes, attempt)

    def disk_mb(self, rule: str, wildcards: Wildcards) -> int:
        return self.of(rule, wildcards).disk_mb()

    def gpus_of(self, node: str) -> int:
        """GPUs of a training, on all its nodes together: one a rank."""
        stage = self.plan.checkpoints.stage(node)
        return stage.ranks if stage.device == "gpu" else 0

    def gres_of(self, node: str) -> str | None:
        """The same in Slurm's words, on each node: so many GPUs in all might come unevenly from several."""
        return self._gres(self.gpus_of(node) // self._stage(node).nodes)

    def mpi_of(self, node: str) -> str | None:
        """The word by which the executor knows a job whose ranks are started by srun, on several nodes."""
        return "srun" if self._stage(node).nodes > 1 else None

    def tasks_of(self, node: str) -> int | None:
        """Ranks in all, for the executor; it takes this number for nodes that have one rank each."""
        stage = self._stage(node)
        return stage.ranks if stage.ranks == stage.nodes > 1 else None

    def tasks_per_node_of(self, node: str) -> int | None:
        """Ranks of each node, where it has several: a number in all alone, and Slurm may spread them 7 to 1."""
        stage = self._stage(node)
        return stage.ranks // stage.nodes if stage.ranks > stage.nodes > 1 else None

    def tasks_per_gpu_of(self, node: str) -> int | None:
        """0, or the executor would take the ranks for tasks of each GPU."""
        return 0 if self._stage(node).nodes > 1 and self.gpus_of(node) else None

    def cpus_of(self, node: str) -> int:
        """CPUs of each task that Slurm starts: of a rank on several nodes, of all ranks together on one."""
        stage = self._stage(node)
        return stage.threads if stage.nodes > 1 else stage.threads * stage.ranks

    def _stage(self, node: str) -> StageSpec:
        return self.plan.checkpoints.stage(node)

    def _gres(self, gpus: int) -> str | None:
        kind = f"gpu:{self.site.gpu.gres}" if self.site.gpu.gres else "gpu"
        return f"{kind}:{gpus}" if gpus else None
