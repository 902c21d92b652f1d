"""The processes that train together: how they start, and what they agree on."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from xstilts.config.spec import StageSpec
from xstilts.engine.launch import LAUNCH, Launch, gpu_of, launch_of
from xstilts.engine.rendezvous import meet
from xstilts.errors import UserError

PATIENCE = timedelta(minutes=20)
"""How long a rank waits for the others: longer than rank 0 takes to save the largest model, while they stand by."""


def start(settings: StageSpec | None = None, folder: Path | None = None) -> None:
    """Join the process group that the launcher describes; alone, form a group of one. NCCL on GPUs, gloo on CPUs.

    settings  the stage that it is for, with its `ranks` and `device`; None takes what is there
    folder    on a disk that all nodes share, where ranks find each other that their launcher did not introduce

    All that can be wrong is found before any rank waits for another.
    """
    launch, gpus = launch_of(os.environ), torch.cuda.device_count() if torch.cuda.is_available() else 0
    if settings is not None and launch.ranks != settings.ranks:
        raise UserError(
            f"the stage has ranks: {settings.ranks}, and {launch.ranks} {'was' if launch.ranks == 1 else 'were'} "
            f"started; start them by {LAUNCH.format(ranks=settings.ranks)}, or set ranks: {launch.ranks}"
        )
    number = gpu_of(launch, gpus, settings.device if settings else "any")
    # DeepSpeed reads these, whoever launched.
    places = {"RANK": launch.rank, "LOCAL_RANK": launch.local_rank, "WORLD_SIZE": launch.ranks}
    os.environ |= {name: str(value) for name, value in {**places, "LOCAL_WORLD_SIZE": launch.local_ranks}.items()}
    if number is not None:
        torch.cuda.set_device(number)
    store = _store(launch, folder)
    backend = "gloo" if number is None else "nccl"
    dist.init_process_group(backend, store=store, rank=launch.rank, world_size=launch.ranks, timeout=PATIENCE)
    if launch.rank:
        logging.getLogger("xstilts").setLevel(logging.ERROR)  # one rank speaks for all


def _store(launch: Launch, folder: Path | None) -> Any:
    """Where ranks leave each other their addresses: torch's `Store`, which has no type of its own."""
    if launch.ranks == 1:
        return dist.HashStore()  # type: ignore[attr-defined]
    if launch.port:
        os.environ |= {"MASTER_ADDR": launch.address, "MASTER_PORT": f"{launch.port}"}
        return next(iter(rendezvous("env://", launch.rank, launch.ranks)))[0]
    if folder is None:
        raise UserError(
            "nothing says where rank 0 is: set MASTER_ADDR to its node's address, and MASTER_PORT to a free port"
        )
    return meet(launch.rank, launch.ranks, folder)


def total_over_ranks(*numbers: float) -> list[float]:
    """Sums over all ranks."""
    if dist.get_world_size() == 1:
        return list(numbers)
    tensor = torch.tensor(numbers, dtype=torch.float64, device=device())
    dist.all_reduce(tensor)
    return [float(x) for x in tensor]


def from_rank_0(number: float) -> float:
    """Rank 0's number, on all ranks."""
    if dist.get_world_size() == 1:
        return number
    tensor = torch.tensor(number, dtype=torch.float64, device=device())
    dist.broadcast(tensor, src=0)
    return float(tensor)


def agree_on(what: str, value: str) -> None:
    """Stop where ranks hold different values: they would train different models and call them one."""
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    if len(set(values)) > 1:
        raise UserError(f"ranks disagree on {what}: {values}; start them all from one checkout and one results folder")


def device() -> torch.device:
    """This rank's own, where tensors must lie for the group to carry them."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
