"""What Slurm says of jobs by their name, and how they are ended."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable

LIVE = frozenset({"PENDING", "RUNNING", "REQUEUED", "SUSPENDED", "CONFIGURING", "COMPLETING", "PREEMPTED", "RESIZING"})
LOST = frozenset({"BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT"})
ENDING = 120.0  # seconds that a cancelled job may take to be gone: Slurm lets it save its state first


def live_jobs(name: str) -> dict[str, str]:
    """State of each job of a name that is queued or running, tasks of arrays one by one (17_3)."""
    return _states(["squeue", "--me", "--noheader", "--array", "--name", name, "--format", "%i|%T"])


def known_jobs(name: str, since: float) -> dict[str, str]:
    """State of each job of a name that accounting knows, or without accounting, that the controller still remembers."""
    began = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(since - 60))
    command = ["sacct", "-X", "--parsable2", "--noheader", "--format", "JobID,State", "--name", name]
    found = _states([*command, "--starttime", began])
    if found:
        return found
    return _states(["squeue", "--me", "--noheader", "--array", "--states=all", "--name", name, "--format", "%i|%T"])


def _states(command: list[str]) -> dict[str, str]:
    """What a command says of jobs, a line `job|STATE` for each; nothing where there is no such command, or it fails."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = (line.split("|")[:2] for line in said.splitlines() if "|" in line)
    return {job: state.split()[0] for job, state in pairs if state}  # "CANCELLED by 0"


def cancel(name: str, jobs: Iterable[str], patience: float = ENDING) -> bool:
    """End jobs, and wait until they are gone; whether they are."""
    wanted = list(jobs)
    if not wanted:
        return True
    subprocess.run(["scancel", *wanted], check=False, capture_output=True)
    until = time.monotonic() + patience
    while set(wanted) & set(live_jobs(name)):
        if time.monotonic() > until:
            return False
        time.sleep(1)
    return True
