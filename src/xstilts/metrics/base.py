"""What every metric provides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

SCORE = "score"
Columns = Mapping[str, np.ndarray]


class Metric(ABC):
    """One official way to score a task.

    Every value is a function of statistics that are summed over examples. So an interval needs no second scoring:
    examples are drawn anew, and their sums made into values.
    """

    headline: ClassVar[tuple[str, ...]]
    """The values whose mean is a task's score: EM and F1 of question answering, else one."""

    @abstractmethod
    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        """By name, a number for each prediction.

        predictions  those of one language, of all splits that its score needs (a threshold is chosen on dev here)
        labels       of the task, in the order of the registry; empty for an open set
        """

    @abstractmethod
    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        """Values by name from summed statistics of any shape, in per cent; `accuracy@7` is of layer 7."""

    def scored(self, sums: Columns) -> dict[str, np.ndarray]:
        """The headline score, and all values."""
        values = self.values(sums)
        score: np.ndarray = np.mean([values[name] for name in self.headline], axis=0)
        return {SCORE: score, **values}


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """100 · numerator / denominator, and 0 where there is nothing to divide by."""
    out = np.zeros(np.broadcast(numerator, denominator).shape, dtype=np.float64)
    np.divide(100.0 * numerator, denominator, out=out, where=denominator > 0)
    return out


def named(names: Sequence[str], sums: np.ndarray) -> dict[str, np.ndarray]:
    """Summed statistics [..., names] by their names."""
    return dict(zip(names, np.moveaxis(sums, -1, 0), strict=True))
