"""What a run has behind it: all that a resumed run must know beside the weights, and what its record tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

DIGITS = 6  # of losses and scores: sums that were interrupted may differ in the last bits


@dataclass
class History:
    """A training run up to a step. Plain numbers only: it is saved with the state."""

    seed: int
    attempt: int = 0
    step: int = 0
    tokens: int = 0
    padded: int = 0
    seconds: float = 0.0
    first_loss: float = math.inf
    """Mean loss before anything was learned."""
    losses: float = 0.0
    """Sum since the last evaluation, over `counted` steps."""
    counted: int = 0
    best_step: int = 0
    best_score: float = -math.inf
    best_scores: list[float] = field(default_factory=list)
    """The best of each judged part, not all of one step."""
    waited: int = 0
    """Evaluations since the last better one."""
    sign: str | None = None
    """Why the run is degenerate."""
    curve: list[dict[str, float | None]] = field(default_factory=list)
    former: list[dict[str, Any]] = field(default_factory=list)
    """The attempts before this one."""

    @classmethod
    def of(cls, notes: Mapping[str, Any]) -> Self:
        """From what was saved."""
        return cls(**notes)

    def retried(self, seed: int) -> History:
        """A new attempt's history; this one becomes a line in it."""
        line = {"seed": self.seed, "sign": self.sign, "step": self.step, "best_score": finite(self.best_score)}
        return History(seed, self.attempt + 1, former=[*self.former, line], seconds=self.seconds)

    def evaluated(self, scores: Sequence[float]) -> bool:
        """Note an evaluation; whether it is the best so far."""
        mean = sum(scores) / len(scores)
        loss = self.losses / max(self.counted, 1)
        self.curve.append({"step": self.step, "loss": finite(loss), "dev": finite(mean)})
        self.best_scores = [max(pair) for pair in zip(scores, self.best_scores or scores, strict=True)]
        self.losses, self.counted, self.waited = 0.0, 0, self.waited + 1
        if not mean > self.best_score:
            return False
        self.best_score, self.best_step, self.waited = mean, self.step, 0
        return True


def finite(number: float) -> float | None:
    """The number, rounded; None for one that JSON cannot hold."""
    return round(number, DIGITS) if math.isfinite(number) else None
