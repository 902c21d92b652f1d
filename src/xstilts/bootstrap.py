"""Intervals by resampling examples: a metric is a function of summed statistics, so all draws are one product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Values = Callable[[np.ndarray], np.ndarray]  # summed statistics [..., k] to a metric [...]
DRAWS = 1000


def resampled_sums(statistics: np.ndarray, seed: int, draws: int = DRAWS) -> np.ndarray:
    """[draws, k]: sums of the statistics [n, k] over examples drawn anew; equal seeds draw equal examples."""
    n = len(statistics)
    counts = np.random.default_rng((seed, n)).multinomial(n, np.full(n, 1 / n), size=draws)
    sums: np.ndarray = counts @ statistics
    return sums


def interval(samples: np.ndarray, level: float) -> tuple[float, float]:
    """The percentile interval that holds `level` of the samples."""
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
