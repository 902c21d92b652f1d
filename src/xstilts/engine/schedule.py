"""The learning rate over a stage."""

from __future__ import annotations

import math


def warm_up_steps(steps: int, warmup: float) -> int:
    """Steps in which the rate rises, rounded up as transformers' Trainer does."""
    return math.ceil(steps * warmup)


def schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the highest rate at a step, from 0: transformers' linear schedule with warm-up, which jiant used too.

    It begins at 0 where there is a warm-up, so such a first step moves nothing.
    """
    rise = warm_up_steps(steps, warmup)
    return step / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))
