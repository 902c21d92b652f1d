"""How much memory a process holds, has held at most, and what there was when it ran out."""

from __future__ import annotations

import os
import re
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from xstilts.environment import memory_limit

UNITS = {"bytes": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40}
SIZE = r"([0-9.]+) (bytes|[KMGT]iB)"


@dataclass(frozen=True)
class Memory:
    """Bytes, when there was not enough."""

    wanted: float
    """What could not be had; 0 where the error does not say."""
    before: float
    """What was held when the micro-batch began."""
    held: float
    """What was held in the end."""
    free: float
    """What was left, `scattered` included: too little, or in pieces too small."""
    scattered: float = 0.0
    """What PyTorch kept of a GPU without using it."""

    def share(self, reached: float = 1.0) -> float:
        """The part of what a micro-batch needs that there is room for, when it had `reached` this part of it."""
        grown = max(self.held - self.before, 0.0)
        room = grown + max(self.free, 0.0)
        return room / max((grown + self.wanted) / reached, room, 1.0)


def peak_memory(device: torch.device) -> int:
    """Bytes: the most that tensors have held on a GPU at once; on a CPU the most that this process has had resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def held_memory() -> int:
    """Bytes: what tensors hold on this process's GPU; without one, what is resident. Costs some 10 µs."""
    if torch.cuda.is_available():
        # As `torch.cuda.memory_allocated()`, which sorts a hundred other figures first.
        return int(torch.cuda.memory_stats_as_nested_dict()["allocated_bytes"]["all"]["current"])
    return _pages(1)


def memory_at(error: BaseException, before: int) -> Memory:
    """What an out-of-memory error tells, and the system while it is being handled; `before`: see `Memory`."""
    said = str(error)
    wanted = _said(said, rf"[Tt]ried to allocate {SIZE}") or _said(said, rf"Unable to allocate {SIZE}")
    if is_of_gpu(error):
        scattered = _said(said, rf"{SIZE} is reserved by PyTorch but unallocated")
        free = _said(said, rf"of which {SIZE} is free")
        held = _said(said, rf"{SIZE} is allocated by PyTorch")
        return Memory(wanted, before, held, free + scattered, scattered)
    return Memory(wanted, before, _pages(1), _free_memory())


def is_of_gpu(error: BaseException) -> bool:
    """Whether it is a GPU's memory that was too small."""
    return isinstance(error, torch.OutOfMemoryError) or bool(re.search("CUDA|CUBLAS|HIP", str(error)))


def _said(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) * UNITS[found[2]] if found else 0.0


def _pages(column: int) -> int:
    """Bytes of this process: of its address space (0), resident (1)."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[column]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no Linux
        return 0


def _free_memory() -> float:
    """What this process could still take: of the machine, of what a scheduler gives it, of its address space."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    free = [float(memory_limit() - _pages(1))]
    free += [float(limit - _pages(0))] if limit != resource.RLIM_INFINITY else []
    system = Path("/proc/meminfo")
    if system.is_file():
        free.append(_said(system.read_text(encoding="utf-8").replace(" kB", " KiB"), rf"MemAvailable: +{SIZE}"))
    return min(free)
