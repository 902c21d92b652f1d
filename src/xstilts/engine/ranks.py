"""The processes that train together: how they find each other, which device each has, and what they agree on."""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist

from xstilts.config.spec import StageSpec
from xstilts.config.training import Device
from xstilts.errors import UserError

LAUNCH = "`scripts/launch --ranks {ranks} train_checkpoint …` (Slurm: `srun -n {ranks} scripts/launch …`)"
FIRST_PORT, PORTS = 10_000, 20_000
"""Ports for jobs that name none: below those that systems hand out by themselves."""


@dataclass(frozen=True)
class Launch:
    """What the launcher says of this process and of the others."""

    rank: int = 0
    ranks: int = 1
    local_rank: int = 0
    local_ranks: int = 1
    """Of the ranks, those on this node."""
    own_view: bool = False
    """Each process may see other GPUs than its neighbours, as under `srun --gpus-per-task`."""
    address: str = ""
    port: int = 0


def start(settings: StageSpec | None = None) -> None:
    """Join the process group that the launcher describes; alone, form a group of one. NCCL on GPUs, gloo on CPUs.

    In: the stage that it is for, with its `ranks` and `device`; None takes what is there. All that can be wrong is
    found before any rank waits for another.
    """
    launch, gpus = launch_of(os.environ), torch.cuda.device_count() if torch.cuda.is_available() else 0
    if settings is not None and launch.ranks != settings.ranks:
        raise UserError(
            f"the stage has ranks: {settings.ranks}, and {launch.ranks} {'was' if launch.ranks == 1 else 'were'} "
            f"started; start them by {LAUNCH.format(ranks=settings.ranks)}, or set ranks: {launch.ranks}"
        )
    number = gpu_of(launch, gpus, settings.device if settings else "any")
    # DeepSpeed reads these, whoever launched.
    os.environ |= {"RANK": f"{launch.rank}", "LOCAL_RANK": f"{launch.local_rank}", "WORLD_SIZE": f"{launch.ranks}"}
    backend = "gloo" if number is None else "nccl"
    if number is not None:
        torch.cuda.set_device(number)
    if launch.ranks == 1:
        dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)  # type: ignore[attr-defined]
    else:
        os.environ |= {"MASTER_ADDR": launch.address, "MASTER_PORT": f"{launch.port}"}
        dist.init_process_group(backend)
    if launch.rank:
        logging.getLogger("xstilts").setLevel(logging.ERROR)  # one rank speaks for all


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
    port = environment.get("MASTER_PORT") or str(_port_of(environment))
    return Launch(rank, ranks, local_rank, local_ranks, own, _address(environment, local_ranks == ranks), int(port))


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


def _address(environment: Mapping[str, str], one_node: bool) -> str:
    """Where rank 0 listens: as given, on this node where all ranks are, else on the first node of the step."""
    if environment.get("MASTER_ADDR"):
        return environment["MASTER_ADDR"]
    if one_node:
        return "127.0.0.1"
    first = first_host(environment.get("SLURM_STEP_NODELIST", ""))
    if first and _resolves(first):
        return first
    if environment.get("SLURM_LAUNCH_NODE_IPADDR"):  # where srun ran: a batch script's own node, which is the first
        return environment["SLURM_LAUNCH_NODE_IPADDR"]
    raise UserError(
        "nothing says where rank 0 is: set MASTER_ADDR to its node's address, and MASTER_PORT to a free port"
    )


def first_host(hosts: str) -> str:
    """The first of Slurm's hosts: `n001` of `n[001-004,9],m7`."""
    match = re.match(r"([^\[,]*)(?:\[([^\],-]+)[^\]]*\]([^,\[]*))?", hosts)
    return "".join(part or "" for part in match.groups()) if match else ""


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _port_of(environment: Mapping[str, str]) -> int:
    """A port that all ranks of a job step work out alike, and other steps on the node differently."""
    job, step = (int(environment.get(name) or "0") for name in ("SLURM_JOB_ID", "SLURM_STEP_ID"))
    return FIRST_PORT + (job * 7 + step) % PORTS


def total_over_ranks(*numbers: float) -> list[float]:
    """Sums over all ranks."""
    if dist.get_world_size() == 1:
        return list(numbers)
    tensor = torch.tensor(numbers, dtype=torch.float64, device=_wire())
    dist.all_reduce(tensor)
    return [float(x) for x in tensor]


def from_rank_0(number: float) -> float:
    """Rank 0's number, on all ranks."""
    if dist.get_world_size() == 1:
        return number
    tensor = torch.tensor(number, dtype=torch.float64, device=_wire())
    dist.broadcast(tensor, src=0)
    return float(tensor)


def agree_on(what: str, value: str) -> None:
    """Stop where ranks hold different values: they would train different models and call them one."""
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    if len(set(values)) > 1:
        raise UserError(f"ranks disagree on {what}: {values}; start them all from one checkout and one results folder")


def _wire() -> torch.device:
    """Where tensors must lie for the group to carry them."""
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")
