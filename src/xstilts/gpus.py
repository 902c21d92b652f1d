"""GPUs of one machine, lent to jobs that run side by side where no scheduler does it.

    python -m xstilts.gpus N COMMAND [ARGUMENT ...]

waits until N GPUs are free, and becomes the command, which sees them alone (CUDA_VISIBLE_DEVICES). A GPU is lent by a
lock on a file that the command holds open, so that one that is killed gives it back. Jobs are served in no given order,
but one after the other: two that had half of their GPUs each would wait for each other for ever.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

LOOK = 1.0  # seconds between two looks


def main(arguments: Sequence[str]) -> None:
    wanted, command = int(arguments[0]), list(arguments[1:])
    known = gpus_here()
    if known:  # without any, the program itself says what is wrong
        if wanted > len(known):
            sys.exit(
                f"error: the job asks for {wanted} GPUs, and there are {len(known)} here ({', '.join(known)}): lower "
                "`ranks` of the stage, or set CUDA_VISIBLE_DEVICES to more of them"
            )
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(lent(wanted, known))
    os.execvp(command[0], command)


def gpus_here() -> list[str]:
    """The GPUs that may be used: those of CUDA_VISIBLE_DEVICES where it is set, else all that the driver lists."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return [name for name in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if name]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return listed.stdout.split()


def lent(wanted: int, known: Sequence[str], folder: Path | None = None) -> list[str]:
    """So many of the known GPUs, locked until this process and those that it becomes have ended. Waits for them."""
    # A Slurm job has GPUs of its own, which it may number as others do theirs.
    job = os.environ.get("SLURM_JOB_ID")
    folder = folder or Path(tempfile.gettempdir(), f"xstilts-gpus-{os.getuid()}" + (f"-{job}" if job else ""))
    folder.mkdir(mode=0o700, exist_ok=True)
    queue = os.open(folder / "queue", os.O_RDWR | os.O_CREAT)
    fcntl.flock(queue, fcntl.LOCK_EX)  # held while it waits, so that smaller jobs do not overtake it again and again
    held: dict[str, int] = {}
    while len(held) < wanted:
        for name in known:
            if name in held or len(held) == wanted:
                continue
            lock = os.open(folder / name.replace("/", "_"), os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            os.set_inheritable(lock, True)
            held[name] = lock
        if len(held) < wanted:
            time.sleep(LOOK)
    os.close(queue)
    return [name for name in known if name in held]


if __name__ == "__main__":
    main(sys.argv[1:])
