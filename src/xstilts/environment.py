"""Where a job runs, told at the top of its log: what somebody will ask who reads the log of a job that went wrong."""

from __future__ import annotations

import logging
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.command import versions

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)
GB = 1e9
TOLD = re.compile(  # by name, so that no token or password ever gets into a log
    r"CUDA_VISIBLE_DEVICES|CUDA_LAUNCH_BLOCKING|CUDA_DEVICE_MAX_CONNECTIONS|PYTORCH(_CUDA)?_ALLOC_CONF|OMP_NUM_THREADS"
    r"|NCCL_\w+|TORCH_NCCL_\w+|GLOO_SOCKET_IFNAME|DS_ACCELERATOR|HF_HUB_OFFLINE|WANDB_MODE"
)
CONTROL_GROUPS, UNLIMITED = Path("/sys/fs/cgroup"), 1 << 60


def log_environment(device: torch.device) -> None:
    """Say it, in a few lines. Costs milliseconds; call it once the ranks have met and threads are set."""
    for line in described(device, os.environ):
        logger.info("%s", line)


def described(device: torch.device, variables: Mapping[str, str]) -> Iterator[str]:
    """Host, device, launch, versions, and the variables that change how a job runs."""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    cpus = f"{usable_cpus()} of {os.cpu_count()} CPUs, {memory_limit() / GB:.1f} GB of memory"
    yield f"host {platform.node()}: {cpus}, {system}"
    yield f"device: {device_name(device)}"
    yield f"launch: {launch(variables)}"
    commit = git_commit(Path(__file__).parents[2])
    found = versions() | ({"xstilts": f"{versions()['xstilts']} at {commit[:10]}"} if commit else {})
    yield ", ".join(f"{name} {version}" for name, version in found.items())
    told = [f"{name}={value}" for name, value in sorted(variables.items()) if TOLD.fullmatch(name)]
    if told:
        yield " ".join(told)


def device_name(device: torch.device) -> str:
    """The rank's device, and how many of them this process sees."""
    import torch

    if device.type != "cuda":
        threads = torch.get_num_threads()
        return f"CPU ({torch.backends.cpu.get_cpu_capability()}), {threads} thread{'s' * (threads > 1)} a rank"
    gpu = torch.cuda.get_device_properties(device)
    what = f"{gpu.name}, {gpu.total_memory / GB:.1f} GB, compute capability {gpu.major}.{gpu.minor}"
    return f"{what}, one of {torch.cuda.device_count()} here, CUDA {torch.version.cuda}"


def launch(variables: Mapping[str, str]) -> str:
    """How many ranks on how many nodes, and the scheduler's job, from what torchrun and Slurm set."""
    ranks = int(variables.get("WORLD_SIZE", 1))
    nodes = max(1, ranks // int(variables.get("LOCAL_WORLD_SIZE", ranks)))
    said = f"{ranks} rank{'s' * (ranks > 1)} on {nodes} node{'s' * (nodes > 1)}"
    job = variables.get("SLURM_JOB_ID")
    if job is None:
        return said
    again = variables.get("SLURM_RESTART_COUNT", "0")
    where = variables.get("SLURM_JOB_NODELIST", platform.node())
    return f"{said}, Slurm job {job} on {where}" + (f", restarted {again} times" if again != "0" else "")


def usable_cpus() -> int:
    """CPUs that this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def memory_limit() -> int:
    """Bytes of memory that this process can have: the machine's, or less where a scheduler's control group says so."""
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_group_limits()])


def _group_limits() -> Iterator[int]:
    """Limits of the control group of this process and of those around it, in both versions of Linux's files."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root, name = (
            (CONTROL_GROUPS, "memory.max") if not controllers else (CONTROL_GROUPS / "memory", "memory.limit_in_bytes")
        )
        group = root / path.strip("/")
        for folder in (group, *group.parents):
            file = folder / name
            text = file.read_text(encoding="utf-8").strip() if file.is_file() else "max"
            if text.isdigit() and int(text) < UNLIMITED:
                yield int(text)


def git_commit(root: Path) -> str | None:
    """The commit that a checkout stands at, read from its files; None for an installed package. Edits are not seen."""
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).is_file():
            return (git / name).read_text(encoding="utf-8").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None
