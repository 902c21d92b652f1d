"""What Slurm says of jobs by their name, and how they are ended."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterable

LIVE = frozenset({"PENDING", "RUNNING", "REQUEUED", "SUSPENDED", "CONFIGURING", "COMPLETING", "RESIZING"})
LOST = frozenset({"BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "OUT_OF_MEMORY", "TIMEOUT"})
TAKEN = frozenset({"NODE_FAIL", "PREEMPTED"})
"""States of jobs that Slurm has taken off their node, and starts again if they were submitted with --requeue."""
ENDING = 120.0  # seconds that a cancelled job may take to be gone: Slurm lets it save its state first


class SlurmError(RuntimeError):
    """Slurm does not answer, so nothing is known of its jobs."""


def live_jobs(name: str) -> dict[str, str]:
    """State of each job of a name that is queued or running, tasks of arrays one by one (17_3). Slurm must answer."""
    return _states(["squeue", "--noheader", "--array", "--name", name, "--format", "%i|%T"])


def known_jobs(name: str, since: float) -> dict[str, str]:
    """State of each job of a name that accounting knows, or without accounting, that the controller still remembers.

    Nothing, where neither answers: a controller that is busy is no reason to end a study.
    """
    began = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(since - 60))
    command = ["sacct", "-X", "--parsable2", "--noheader", "--format", "JobID,State", "--name", name]
    remembered = ["squeue", "--noheader", "--array", "--states=all", "--name", name, "--format", "%i|%T"]
    for asked in ([*command, "--starttime", began], remembered):
        with contextlib.suppress(SlurmError):
            found = _states(asked)
            if found:
                return found
    return {}


def _states(command: list[str]) -> dict[str, str]:
    """What a command says of jobs, a line `job|STATE` for each."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except subprocess.CalledProcessError as error:
        raise SlurmError(f"{command[0]} fails: {error.stderr.strip()}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise SlurmError(f"{command[0]} does not answer: {error}") from error
    pairs = (line.split("|")[:2] for line in said.splitlines() if "|" in line)
    return {job: state.split()[0] for job, state in pairs if state}  # "CANCELLED by 0"


def cancel(name: str, jobs: Iterable[str], patience: float = ENDING) -> None:
    """End jobs, and wait until they are gone: those that take their place would write the same files."""
    wanted = set(jobs)
    if wanted:
        subprocess.run(["scancel", *wanted], check=False, capture_output=True)
    until = time.monotonic() + patience
    while left := wanted & set(live_jobs(name)):
        if time.monotonic() > until:
            raise SlurmError(f"jobs are cancelled and still there: {', '.join(sorted(left))}")
        time.sleep(1)
