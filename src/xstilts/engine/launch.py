"""What the launcher says of this process and of the others, and which device each has."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from xstilts.config.training import Device
from xstilts.errors import UserError

LAUNCH = "`scripts/launch --ranks {ranks} train_checkpoint …` (Slurm: `srun -n {ranks} scripts/launch …`)"


@dataclass(frozen=True)
class Launch:
    """One process among those that train together."""

    rank: int = 0
    ranks: int = 1
    local_rank: int = 0
    local_ranks: int = 1
    """Of the ranks, those on this node."""
    own_view: bool = False
    """Each process may see other GPUs than its neighbours, as under `srun --gpus-per-task`."""
    address: str = ""
    port: int = 0
    """Where rank 0 listens; 0 where nobody said, so that the ranks have to find each other."""


def launch_of(environment: Mapping[str, str]) -> Launch:
    """What torchrun or srun left in the environment; one process alone where neither did."""
    if "RANK" in environment:  # a job step of Slurm may run torchrun, whose word then counts
        own, prefix = False, ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    elif "SLURM_PROCID" in environment and _is_step(environment):
        own, prefix = True, ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID")
    else:
        return Launch()
    rank, local_rank = _number(environment, prefix[0]), _number(environment, prefix[2])
    ranks = _number(environment, *((prefix[1], "SLURM_NTASKS") if own else (prefix[1],)))
    if ranks == 1:
        return Launch()
    # Launchers that do not say how many are here leave it to the last of them to find that there are too many.
    local_ranks = _tasks_here(environment, ranks) if own else int(environment.get("LOCAL_WORLD_SIZE", local_rank + 1))
    address, port = environment.get("MASTER_ADDR", ""), environment.get("MASTER_PORT", "")
    if address and port.isdecimal():
        return Launch(rank, ranks, local_rank, local_ranks, own, address, int(port))
    if not own:
        raise UserError(
            f"the launcher left no address and port of rank 0: MASTER_ADDR={address or None}, "
            f"MASTER_PORT={port or None}; start the ranks by {LAUNCH.format(ranks=ranks)}"
        )
    return Launch(rank, ranks, local_rank, local_ranks, own)


def gpu_of(launch: Launch, gpus: int, device: Device) -> int | None:
    """The GPU of this rank among the `gpus` that torch sees; None: the CPU."""
    seen = os.environ.get("CUDA_VISIBLE_DEVICES")
    visible = "CUDA_VISIBLE_DEVICES is not set" if seen is None else f"CUDA_VISIBLE_DEVICES is {seen!r}"
    if not gpus:
        if device == "gpu":
            cuda = torch.version.cuda
            why = f"was built for CUDA {cuda}" if cuda else "was built without CUDA: install a build with it"
            raise UserError(
                f"the stage has device: gpu, and torch sees none. torch {torch.__version__} {why}; {visible}. "
                "`nvidia-smi` should list a GPU, and a job must ask its scheduler for one; device: any trains on a CPU"
            )
        return None
    if launch.own_view and gpus == 1:
        return 0
    if launch.local_ranks > gpus:
        raise UserError(
            f"{launch.local_ranks} ranks on node {socket.gethostname()}, where torch sees {gpus} "
            f"GPU{'s' * (gpus > 1)} ({visible}): one rank takes one GPU, so lower ranks, ask for more GPUs, "
            "or set CUDA_VISIBLE_DEVICES= to train on CPUs"
        )
    return launch.local_rank


def _is_step(environment: Mapping[str, str]) -> bool:
    """Whether srun started this process. A batch script has SLURM_PROCID too, but is alone, whatever SLURM_NTASKS."""
    return any(name in environment for name in ("SLURM_STEP_NODELIST", "SLURM_STEP_NUM_TASKS", "MASTER_ADDR"))


def _number(environment: Mapping[str, str], *names: str) -> int:
    """The first of the variables that is there, as a whole number."""
    for name in names:
        value = environment.get(name, "")
        if value.isdecimal():
            return int(value)
    said = ", ".join(f"{name}={environment.get(name)}" for name in names)
    raise UserError(f"the launcher left no number in {said}; start the ranks by {LAUNCH.format(ranks='N')}")


def _tasks_here(environment: Mapping[str, str], ranks: int) -> int:
    """Tasks of the step on this node, out of Slurm's `2(x3),1`: two on each of three nodes, one on the fourth."""
    counts: list[int] = []
    written = environment.get("SLURM_STEP_TASKS_PER_NODE") or environment.get("SLURM_TASKS_PER_NODE", "")
    for part in filter(None, written.split(",")):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        counts += [int(match[1])] * int(match[2] or 1) if match else []
    node = int(environment.get("SLURM_NODEID", "0"))
    return counts[node] if node < len(counts) else ranks
