"""Whether nodes are fit to train, asked before hours are spent: a sick one is named, on all ranks alike."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from xstilts.errors import UserError
from xstilts.files import write_text

logger = logging.getLogger(__name__)
FREE = 0.75  # of a GPU's memory: less is more than a desktop takes, and means that another job is on it
SIZE = 512  # of the matrices that a device proves itself on: their product is exact in fp32
ROOM = 1e9  # bytes that a folder of states must have left
WAIT = 30.0  # seconds until a file that one node wrote must be seen on all
GB = 1e9


@dataclass(frozen=True)
class Finding:
    """What one rank says of itself and its node."""

    rank: int
    node: str
    wrong: tuple[str, ...]
    same: Mapping[str, str]
    """What must be equal on all ranks."""

    @property
    def place(self) -> str:
        return f"rank {self.rank} on node {self.node}"


def check_health(device: torch.device, folder: Path | None, same: Mapping[str, str]) -> None:
    """A UserError that says what is wrong on which node; nothing where all is well. Costs some milliseconds.

    folder  where the job saves its states: it must be one folder on all nodes, and have room
    same    what ranks read of disk and environment, and must have read alike
    """
    said = uuid.uuid4().hex if dist.get_rank() == 0 else ""
    token = _gathered(said)[0]
    mark = folder / f".seen-{token}" if folder is not None else None
    wrong = [*device_problems(device)]
    if folder is not None and mark is not None and dist.get_rank() == 0:
        try:
            write_text(mark, token)
        except OSError as error:
            wrong.append(f"{folder} can't be written to: {error.strerror}")
    dist.barrier()
    wrong += folder_problems(folder, mark) if folder is not None and mark is not None else []
    findings: list[Finding] = _gathered(Finding(dist.get_rank(), node_name(), tuple(wrong), dict(same)))
    if mark is not None and dist.get_rank() == 0:
        mark.unlink(missing_ok=True)
    problems = [*(f"{one.place}: {what}" for one in findings for what in one.wrong), *disagreements(findings)]
    if problems:
        raise UserError("\n  ".join(["these nodes can't train together:", *problems]))
    if len(findings) > 1:
        nodes = sorted({one.node for one in findings})
        logger.info("%d ranks on %s are fit to train", len(findings), ", ".join(nodes))


def device_problems(device: torch.device) -> Iterator[str]:
    """What is wrong with this rank's device: others on it, or wrong sums."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        if free < FREE * total:
            yield (
                f"GPU {device.index or 0} has {free / GB:.1f} of {total / GB:.1f} GB free: another process is on it "
                "(`nvidia-smi` names it)"
            )
    numbers = torch.arange(SIZE * SIZE).reshape(SIZE, SIZE) % 7
    wanted = numbers.double() @ numbers.T.double()
    try:
        product = (numbers.float().to(device) @ numbers.T.float().to(device)).double().cpu()
    except RuntimeError as error:
        yield f"{device} does not compute: {str(error).splitlines()[0]}"
        return
    if not torch.equal(product, wanted):
        yield f"{device} multiplies matrices wrongly: leave out its node (`sbatch: --exclude=…` in config/site.yaml)"


def folder_problems(folder: Path, mark: Path) -> Iterator[str]:
    """What is wrong with the folder as this node sees it. File systems of clusters show new files late."""
    until = time.monotonic() + WAIT
    while not mark.exists():
        if time.monotonic() > until:
            yield f"{folder} is not the folder that rank 0 sees: results must lie on a disk that all nodes share"
            return
        time.sleep(0.1)
        list(folder.glob(".seen-*"))  # makes a network's client ask the server again
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        yield f"{folder} has {free / GB:.2f} GB of room left"


def disagreements(findings: list[Finding]) -> Iterator[str]:
    """What ranks hold differently: they would train different models and call them one."""
    first = findings[0]
    for what, value in first.same.items():
        for one in findings[1:]:
            if one.same.get(what) != value:
                yield f"{one.place} has {what} {one.same.get(what)}, {first.place} has {value}"


def node_name() -> str:
    """This node's, as Slurm knows it; elsewhere the host's."""
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()


def _gathered(value: Any) -> list[Any]:
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values
