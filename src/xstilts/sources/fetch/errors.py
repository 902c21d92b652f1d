"""Trouble that passes is waited out (`TransientError`, `Patience`); trouble that stays is told (`FetchError`)."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger(__name__)
PAUSES = (3.0, 12.0, 35.0, 70.0)
"""Seconds between tries, two minutes in all; after the last one it is given up. Nothing else tries again."""
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
    """Counts failures of one thing, and waits longer after each; `last`: only the last, longest pause is made."""

    def __init__(self, what: str, last: bool = False) -> None:
        self.what, self.failures = what, 0
        self.pauses = PAUSES[-1:] if last else PAUSES

    def wait(self, trouble: TransientError) -> None:
        """Wait before the next try, or give up."""
        tries = len(self.pauses) + 1
        if self.failures == len(self.pauses):
            raise FetchError(f"{self.what}: {trouble} (tried {tries} times)")
        pause = max(self.pauses[self.failures], min(trouble.pause, LONGEST))
        self.failures += 1
        logger.warning("%s: %s; try %d of %d in %g s", self.what, trouble, self.failures + 1, tries, pause)
        time.sleep(pause)

    def renew(self) -> None:
        """Something was gained: earlier failures do not count any more."""
        self.failures = 0


def passes(status: int) -> bool:
    """Whether an HTTP status may be another one a little later."""
    return status in PASSING or status >= 500


def pause_of(asked: str | None) -> float:
    """The seconds that a server's Retry-After asks for; dates are not read."""
    return float(asked) if asked and asked.isdecimal() else 0.0
