"""config/site.yaml: what differs from cluster to cluster. Read by profiles/slurm and by the plan; no result
depends on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from xstilts.config.explain import explain
from xstilts.config.problems import Problems
from xstilts.config.tree import read
from xstilts.config.types import Count, Folder, Model, Positive

FILE = Path("config/site.yaml")
Word = Annotated[str, Field(pattern=r"^[\w.,:=&|*\[\]()+-]+$")]
"""What is handed to sbatch as it is."""


class Gpu(Model):
    """A kind of GPU: what fits on it, and how fast it is."""

    kind: str = Field(description="its name in src/xstilts/cost/devices.yaml, such as a100-40gb")
    gres: Word | None = Field(
        default=None, description="what Slurm calls it, as in --gres=gpu:<gres>:4; left out: any GPU of the partition"
    )
    per_node: Count = Field(default=4, description="GPUs that a node has")


class Site(Model):
    """A cluster, as far as the workflow must know it."""

    partition: Word | None = Field(default=None, description="Slurm's partition; left out: the cluster's default")
    gpu_partition: Word | None = Field(
        default=None, description="the partition of jobs that ask for GPUs, where it is another one"
    )
    account: Word | None = Field(default=None, description="the account that jobs are charged to; left out: your own")
    constraint: Word | None = Field(default=None, description="features that nodes must have, as sbatch -C takes them")
    qos: Word | None = Field(default=None, description="quality of service")
    sbatch: str = Field(default="", description="further options of sbatch, such as --exclude=n013")
    gpu: Gpu = Field(default=Gpu(kind="a100-40gb"), description="the GPUs that jobs get")
    gpus_in_flight: Count = Field(default=16, description="GPUs that all running jobs together may have")
    jobs_in_flight: Count = Field(default=64, description="Slurm jobs that are queued or running at a time")
    longest_minutes: Count = Field(default=1440, description="the longest time limit that the partition allows")
    node_memory_gb: Positive = Field(default=256.0, description="memory of a node, in GB")
    disk_gb: Positive | None = Field(default=None, description="room for results, in GB; left out: what the disk has")
    price: Positive | None = Field(default=None, description="what a GPU costs an hour; left out: no cost is shown")
    currency: str = Field(default="$", description="the currency of the price")
    container: Folder | None = Field(
        default=None, description="an Apptainer image that jobs run in (docs/cluster.md); left out: none"
    )

    def default_resources(self) -> dict[str, Any]:
        """What Snakemake's profile gives every job that does not say otherwise; `nodes: 1` keeps its GPUs together."""
        given: dict[str, Any] = {"slurm_partition": self.partition, "slurm_account": self.account}
        given |= {"constraint": self.constraint, "qos": self.qos, "slurm_extra": self.sbatch or None}
        named = {name: repr(value) for name, value in given.items() if value is not None}
        return {"mem_mb": 4000, "disk_mb": 1000, "runtime": 30, "nodes": 1} | named


def open_site(root: Path | None = None) -> Site:
    """The site that `root`/config/site.yaml describes; UserError with all that is wrong with it.

    A profile, which does not know the root, takes the working directory, or else the checkout that this file is in.
    """
    problems = Problems()
    path = (root or Path.cwd()) / FILE
    if root is None and not path.exists():
        path = Path(__file__).parents[3] / FILE
    if not path.exists():
        return Site()
    tree = read(path, str(FILE), problems)
    problems.stop_if_any()
    try:
        return Site.model_validate(tree.data)
    except ValidationError as error:
        problems.extend(explain(error, Site, tree))
        problems.stop_if_any()
        raise
