"""Asked to stop: SIGTERM and SIGINT are noted, and the run ends between two steps with its state saved."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from types import FrameType

STOPPED = os.EX_TEMPFAIL  # 75: not done, and worth starting again
BURST = 5.0
"""Seconds within which signals are one request: Slurm sends it to every process, and launchers pass it on again."""
PARENT_DIED = 1  # PR_SET_PDEATHSIG of prctl

_asked: list[float] = []


class Interrupted(SystemExit):
    """Ends a program that was asked to stop, with exit status STOPPED; `safe` says whether its last step is saved."""

    def __init__(self, step: int, safe: bool) -> None:
        super().__init__(STOPPED)
        self.step, self.safe = step, safe


def listen() -> None:
    """Note signals from now on. One that comes BURST seconds after the first, or later, ends the process at once."""
    _asked.clear()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _note)
    if "TORCHELASTIC_RUN_ID" in os.environ and sys.platform == "linux":
        # torchrun puts its ranks into sessions of their own: killed, it would leave them training on, unseen.
        ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGTERM)


def stop_wanted() -> bool:
    """Whether this process was asked to stop."""
    return bool(_asked)


def _note(number: int, frame: FrameType | None) -> None:
    _asked.append(time.monotonic())
    if _asked[-1] - _asked[0] >= BURST:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
