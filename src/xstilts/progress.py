"""A progress line with an estimate of the time left: every few seconds, not a bar, since it goes into log files."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)


def clock(seconds: float) -> str:
    """1:02:03, or 2:03 below an hour."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


class Progress:
    """Counts towards `total` and logs at most every `pause` seconds, and at the end.

    start   what was done before, by a run that this one resumes: the time left follows from this run's own pace
    """

    def __init__(self, what: str, total: int, start: int = 0, pause: float = 10.0) -> None:
        self.what, self.total, self.start, self.pause = what, total, start, pause
        self.started = self.said = time.monotonic()

    def at(self, done: int, note: str | Callable[[], str] = "") -> None:
        """Report that `done` of the total are done. A note that costs something is a function: called if it is said."""
        now = time.monotonic()
        if (now - self.said < self.pause and done < self.total) or not logger.isEnabledFor(logging.INFO):
            return
        self.said = now
        spent = now - self.started
        left = spent / max(done - self.start, 1) * (self.total - done)
        said = note if isinstance(note, str) else note()
        logger.info("%s %d/%d  %s spent, %s left  %s", self.what, done, self.total, clock(spent), clock(left), said)
