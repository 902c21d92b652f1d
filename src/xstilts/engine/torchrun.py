"""torchrun, with the exit status of its ranks: STOPPED where they were asked to stop, not 1 whatever happened."""

from __future__ import annotations

import os
import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main

from xstilts.engine.signals import STOPPED

SAVING = "600"
"""Seconds in which ranks that were asked to stop may save their state; torchrun alone would kill them after 30."""


def run() -> int:
    """torchrun's own arguments; its exit status."""
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", SAVING)
    try:
        main()
    except SignalException:  # it passed the signal on and waited for its ranks
        return STOPPED
    except ChildFailedError as error:
        statuses = [failure.exitcode for failure in error.failures.values()]
        status = STOPPED if STOPPED in statuses else statuses[0]
        return status if status > 0 else 128 - status  # as shells tell of a signal
    return 0


if __name__ == "__main__":
    sys.exit(run())
