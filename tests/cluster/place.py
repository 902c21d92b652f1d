"""The place of the throwaway Slurm on this machine: one at a time, found by a link in /etc/slurm, left as it was."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LINK = Path("/etc/slurm/slurm.conf")  # where programs look: the executor plugin takes SLURM_CONF from its jobs
FOLDERS = Path("/tmp")  # and not TMPDIR: the path of a socket may have 107 characters at most
PREFIX = "xstilts-slurm-"
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # daemons lie outside of many a user's PATH
ENDING = 10.0  # seconds in which the last of what runs there must be gone
PACKAGES = {
    "slurm-wlm": ["slurmctld", "slurmd", "srun", "sbatch", "squeue", "sacct"],
    "slurmdbd": ["slurmdbd", "sacctmgr"],
    "munge": ["munged", "munge"],
    "mariadb-server": ["mariadbd", "mariadb-install-db", "mariadb-admin"],
}


class CannotStartError(Exception):
    """This machine cannot have a throwaway Slurm now; the message says why."""


@dataclass(frozen=True)
class Place:
    """A folder for the cluster's files, and the lock that keeps this machine's second throwaway Slurm away."""

    folder: Path
    lock: int  # a file descriptor: whatever ends this process, the system releases the lock

    def publish(self) -> None:
        """Let programs find the slurm.conf of this folder."""
        LINK.symlink_to(self.folder / LINK.name)

    def leave(self) -> None:
        """Remove the link and the folder, and end whatever still runs from it."""
        remove(self.folder)
        os.close(self.lock)


def why_not() -> str | None:
    """Why this machine cannot have a throwaway Slurm; None if it can. Changes nothing."""
    try:
        os.close(claim())
    except CannotStartError as reason:
        return str(reason)
    return None


def take() -> Place:
    """A place for a throwaway Slurm, once what a killed run left is removed. Raises CannotStartError."""
    lock = claim()
    for folder in FOLDERS.glob(f"{PREFIX}*"):  # theirs that held the lock before, and are gone
        remove(folder)
    if LINK.is_symlink():
        LINK.unlink()  # of a folder that somebody else removed
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=FOLDERS))
    folder.chmod(0o755)  # munge wants its socket to be within everybody's reach
    return Place(folder, lock)


def claim() -> int:
    """The lock that one throwaway Slurm at a time may hold here, as a file descriptor. Raises CannotStartError."""
    if not sys.platform.startswith("linux") or os.geteuid():
        raise CannotStartError("a throwaway Slurm needs Linux and root")
    lacking = [name for name, programs in PACKAGES.items() if not all(shutil.which(p, path=SYSTEM) for p in programs)]
    if lacking:
        raise CannotStartError(f"a throwaway Slurm needs packages of Debian; apt-get install {' '.join(lacking)}")
    if os.path.lexists(LINK) and not leads_to_ours(LINK):
        raise CannotStartError(f"{LINK} exists: this machine has a Slurm of its own, which tests leave alone")
    try:
        lock = os.open(LINK.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CannotStartError(f"this Slurm has its configuration elsewhere: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise CannotStartError(f"another throwaway Slurm runs here: {LINK.parent} is locked") from None
    return lock


def leads_to_ours(link: Path) -> bool:
    """Whether a link leads into a folder of a throwaway Slurm, be that folder there or not."""
    folder = link.readlink().parent if link.is_symlink() else Path()
    return folder.parent == FOLDERS and folder.name.startswith(PREFIX)


def remove(folder: Path) -> None:
    """End what runs from `folder`, though its keepers were killed too; remove the link to it and its files."""
    if LINK.is_symlink() and LINK.readlink().parent == folder:
        LINK.unlink()
    deadline = time.monotonic() + ENDING
    while folder.exists():
        while processes := processes_of(folder):
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.05)
        try:
            shutil.rmtree(folder)
        except OSError:  # a process that was just being started has written there
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def processes_of(folder: Path) -> list[int]:
    """Processes that were started with the configuration in `folder`: daemons, and jobs from which nobody took it."""
    entry = os.fsencode(f"SLURM_CONF={folder}/{LINK.name}")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if entry in environment:
            found.append(int(process.name))
    return found
