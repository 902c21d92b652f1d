"""A progress line with an estimate of the time left: every few seconds, not a bar, since it goes into log files."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger(__name__)


def clock(seconds: float) -> str:
    """1:02:03, or 2:03 below an hour."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


class Progress:
    """Counts towards `total` and logs at most every `pause` seconds, and at the end."""

    def __init__(self, what: str, total: int, pause: float = 10.0) -> None:
        self.what, self.total, self.pause = what, total, pause
        self.started = self.said = time.monotonic()

    def at(self, done: int, note: str = "") -> None:
        """Report that `done` of the total are done."""
        now = time.monotonic()
        if now - self.said < self.pause and done < self.total:
            return
        self.said = now
        spent = now - self.started
        left = spent / max(done, 1) * (self.total - done)
        logger.info("%s %d/%d  %s spent, %s left  %s", self.what, done, self.total, clock(spent), clock(left), note)
