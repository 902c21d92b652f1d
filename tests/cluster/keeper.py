"""Run one command, and end all that came of it when the owner asks for that or is gone itself: one pretend machine.

    python keeper.py COMMAND...

Reads its standard input to the end, which comes when the owner closes it, ends, or is killed. Then, or when COMMAND
ends, every process that descends from COMMAND is killed, daemons that left their parents included. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: processes that lose their parent become children of this one


def descendants(process: int) -> set[int]:
    """The ids of all processes below this one."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(int(after_name[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    left = [process]
    while left:
        below = children.get(left.pop(), [])
        found.update(below)
        left += below
    return found


def send(processes: set[int], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def end_all() -> None:
    """As a power cut does: all are stopped before any is killed, or a parent would still report its child's death."""
    stopped: set[int] = set()
    while new := descendants(os.getpid()) - stopped:
        send(new, signal.SIGSTOP)
        stopped |= new
    send(stopped, signal.SIGKILL)


def end_with_owner() -> None:
    while os.read(sys.stdin.fileno(), 1):
        continue
    end_all()


def keep(command: list[str]) -> int:
    """Run `command` until it or the owner ends; return its exit status once nothing of it is left."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    first = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=end_with_owner, daemon=True).start()
    result = 0
    while True:
        try:
            process, status = os.wait()
        except ChildProcessError:
            return result
        if process == first.pid:
            result = os.waitstatus_to_exitcode(status)
            end_all()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's
    sys.exit(keep(sys.argv[1:]) & 0xFF)
