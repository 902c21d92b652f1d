"""Accuracy, and F1 of the positive class, the second label: GLUE scores QQP by both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.metrics.base import Columns, Metric, ratio


class AccuracyF1(Metric):
    headline = ("accuracy", "f1")

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        said, gold = (
            pc.equal(predictions[name], labels[1]).to_numpy().astype(np.float64) for name in ("prediction", "gold")
        )
        right = pc.equal(predictions["prediction"], predictions["gold"]).to_numpy().astype(np.float64)
        return {"right": right, "counted": np.ones(len(right)), "both": said * gold, "said": said, "gold": gold}

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        return {
            "accuracy": ratio(sums["right"], sums["counted"]),
            "f1": ratio(2 * sums["both"], sums["said"] + sums["gold"]),
        }


METRIC = AccuracyF1()
