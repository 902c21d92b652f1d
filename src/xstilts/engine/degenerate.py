"""Runs that learn nothing: noticed early, started over with another seed, and called what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from xstilts.config.spec import StageSpec
from xstilts.engine.schedule import warm_up_steps

NOT_FINITE = "the loss is not finite"
FLAT = 0.99  # of the loss before anything was learned


def seed_of(seed: int, attempt: int) -> int:
    """The seed of an attempt: the node's own, then others that follow from it."""
    return seed if attempt == 0 else int(np.random.SeedSequence((seed, attempt)).generate_state(1)[0])


def is_due(step: int, steps: int, settings: StageSpec) -> bool:
    """Whether a run may be judged after `step` steps: past its warm-up, and far enough on."""
    return step > warm_up_steps(steps, settings.warmup) and step >= settings.degenerate.after * steps


def sign(
    best: Sequence[float], guesses: Sequence[float], loss: float, first_loss: float, new_heads: bool
) -> str | None:
    """What shows that a run is degenerate, in words; None for a run that learns.

    best        the best English dev score of each judged part so far, and `guesses` what a guess would score
    loss        mean of the latest steps, `first_loss` of the first; a pretrained head (`new_heads` false) may be flat
    """
    if not math.isfinite(loss):
        return NOT_FINITE
    if all(score <= guess for score, guess in zip(best, guesses, strict=True)):
        return "English dev is no better than a guess"
    if new_heads and loss >= FLAT * first_loss:
        return "the loss is as high as before training"
    return None
