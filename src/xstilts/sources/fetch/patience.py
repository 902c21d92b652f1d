"""Trouble that passes is waited out; trouble that stays is told."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger(__name__)
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries; after the last one it is given up."""
LONGEST = 120.0
"""The longest wait that a server is granted that asks for one."""
PASSING = frozenset({408, 425, 429})


class FetchError(Exception):
    """What could not be fetched, and why; whoever knows the user's configuration adds what to do."""


class TransientError(Exception):
    """Trouble that may pass; `pause` is what the server asks for, in seconds."""

    def __init__(self, what: str, pause: float = 0.0) -> None:
        super().__init__(what)
        self.pause = pause


class Patience:
    """Counts failures of one thing, and waits longer after each."""

    def __init__(self, what: str) -> None:
        self.what, self.failures = what, 0

    def wait(self, trouble: TransientError) -> None:
        """Wait before the next try, or give up."""
        if self.failures == len(PAUSES):
            raise FetchError(f"{self.what}: {trouble} (tried {len(PAUSES) + 1} times)")
        pause = max(PAUSES[self.failures], min(trouble.pause, LONGEST))
        self.failures += 1
        logger.warning("%s: %s; try %d of %d in %g s", self.what, trouble, self.failures + 1, len(PAUSES) + 1, pause)
        time.sleep(pause)

    def renew(self) -> None:
        """Something was gained: earlier failures do not count any more."""
        self.failures = 0


def passes(status: int) -> bool:
    """Whether an HTTP status may be another one a little later."""
    return status in PASSING or status >= 500
