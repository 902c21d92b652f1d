"""How sure a score or a difference is: a paired hierarchical bootstrap.

Arms are what is compared (recipes); each was run with the same seeds and tested on the same examples. One draw takes
seeds with replacement and examples with replacement, the same ones for every arm; seeds and examples are crossed, since
every seed is tested on the same examples. So what is easy or hard for all arms alike cancels in a difference.

With few seeds the variance between them is understated (by a third with three seeds); with one seed it is absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.bootstrap import DRAWS, Values, interval, resampled_sums

SEED_OF_SEEDS = 0


@dataclass(frozen=True)
class Samples:
    """A figure of every arm and seed: as measured, and as it comes out of each draw of examples."""

    point: np.ndarray
    """[arms, seeds]"""
    draws: np.ndarray
    """[draws, arms, seeds]"""

    def arm(self, arm: int) -> Samples:
        """One arm alone."""
        return Samples(self.point[[arm]], self.draws[:, [arm]])

    def minus(self, arm: int, other: int) -> Samples:
        """One arm less another, seed by seed and draw by draw."""
        return Samples(self.point[[arm]] - self.point[[other]], self.draws[:, [arm]] - self.draws[:, [other]])


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval around it."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the whole interval lies on one side of 0; 0: not decided."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def redraw(statistics: Sequence[Sequence[np.ndarray]], values: Values, seed: int, draws: int = DRAWS) -> Samples:
    """Samples of a metric in one language from per-example statistics [n, k] of each arm and seed.

    Arms with equal n see equal examples; those with another n are drawn independently of them. Each distinct array is
    drawn once, side by side with the others: that is one matrix product for all arms, and the difference of equal arms
    is exactly 0. Time and memory: draws x n numbers for each n that occurs; 40 ms for 600 examples of 33 runs.
    """
    keys = [[(len(array), array.tobytes()) for array in arm] for arm in statistics]
    distinct = {
        key: array for names, arm in zip(keys, statistics, strict=True) for key, array in zip(names, arm, strict=True)
    }
    sampled: dict[tuple[int, bytes], np.ndarray] = {}
    for n in dict.fromkeys(n for n, _ in distinct):
        group = {key: array for key, array in distinct.items() if key[0] == n}
        side_by_side = np.concatenate(list(group.values()), axis=1)
        sums = resampled_sums(side_by_side, seed, draws).reshape(draws, len(group), -1)
        sampled |= zip(group, values(sums).T, strict=True)
    measured = {key: values(array.sum(0)) for key, array in distinct.items()}
    return Samples(
        point=np.array([[measured[key] for key in arm] for arm in keys]),
        draws=np.moveaxis(np.array([[sampled[key] for key in arm] for arm in keys]), -1, 0),
    )


def mean(samples: Sequence[Samples]) -> Samples:
    """The unweighted mean of some figures, draw by draw."""
    return Samples(np.mean([s.point for s in samples], axis=0), np.mean([s.draws for s in samples], axis=0))


def seed_weights(seeds: int, draws: int = DRAWS) -> np.ndarray:
    """[draws, seeds]: the share of each seed when as many are drawn with replacement; the same for all figures."""
    rng = np.random.default_rng(SEED_OF_SEEDS)
    weights: np.ndarray = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds
    return weights


def estimate(samples: Samples, weights: np.ndarray, level: float = 0.95) -> Estimate:
    """The mean over seeds of one arm, or of one difference, with its interval over seeds and examples."""
    pooled = (samples.draws[:, 0] * weights).sum(axis=1)
    return Estimate(float(samples.point[0].mean()), *interval(pooled, level))
