"""Intervals by resampling examples: a metric is a function of summed statistics, so all draws are one product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Values = Callable[[np.ndarray], np.ndarray]  # summed statistics [..., k] to a metric [...]
DRAWS = 1000
COUNTS = 1 << 23  # how often examples were drawn, numbers held at once


def resampled_sums(statistics: np.ndarray, seed: int, draws: int = DRAWS) -> np.ndarray:
    """[draws, k]: sums of the statistics [n, k] over examples drawn anew; equal seeds draw equal examples.

    Time: 80 ns for each draw and example. Memory: a block of counts, whatever n is.
    """
    n = len(statistics)
    rng, block = np.random.default_rng((seed, n)), max(1, COUNTS // n)
    sums = np.empty((draws, statistics.shape[1]))
    for first in range(0, draws, block):
        counts = rng.multinomial(n, np.full(n, 1 / n), size=min(block, draws - first))
        sums[first : first + len(counts)] = counts @ statistics
    return sums


def interval(samples: np.ndarray, level: float) -> tuple[float, float]:
    """The percentile interval that holds `level` of the samples."""
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
