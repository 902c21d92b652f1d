"""Mean average precision at 20: LAReQA and Mewsli-X in XTREME-R."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.metrics.base import Columns, Metric, ratio

RANKED = 20


class Map20(Metric):
    """XTREME-R's programs (google-research/xtreme, third_party) define it twice.

    utils_lareqa.py, for LAReQA: the sum of the precisions at each right candidate among the first 20, over the smaller
    of 20 and the number of right ones; a candidate that is listed twice counts the first time.
    utils_mewslix.py, for Mewsli-X: the mean reciprocal rank among the first 20, the same where one candidate is right.
    The LAReQA paper itself takes all candidates, without a limit.
    """

    headline = ("map20",)

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        listed, gold = predictions["prediction"].to_pylist(), [set(some) for some in predictions["gold"].to_pylist()]
        rows = list(zip(listed, gold, strict=True))
        return {
            "map20": np.array([average_precision(found, right) for found, right in rows], dtype=np.float64),
            "accuracy": np.array([bool(found) and found[0] in right for found, right in rows], dtype=np.float64),
            "counted": np.ones(len(rows)),
        }

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        """`accuracy` is that of the first candidate."""
        return {name: ratio(sums[name], sums["counted"]) for name in ("map20", "accuracy")}


def average_precision(found: Sequence[str], right: set[str]) -> float:
    """0 where nothing is right."""
    seen: set[str] = set()
    total = 0.0
    for rank, candidate in enumerate(found[:RANKED], start=1):
        if candidate in right and candidate not in seen:
            seen.add(candidate)
            total += len(seen) / rank
    return total / max(1, min(len(right), RANKED))


METRIC = Map20()
