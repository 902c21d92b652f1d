"""Accuracy: of labels, of choices by their number, and of tags word by word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.metrics.base import Columns, Metric, ratio
from xstilts.metrics.right import per_row, row_of


class Accuracy(Metric):
    """A sentence of tags counts as many times as it has words."""

    headline = ("accuracy",)

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        said, gold = (predictions[name].combine_chunks() for name in ("prediction", "gold"))
        if pa.types.is_list(gold.type):
            rows = row_of(gold)
            right = per_row(pc.equal(said.flatten(), gold.flatten()), rows, len(gold))
            return {"right": right, "counted": np.bincount(rows, minlength=len(gold)).astype(np.float64)}
        right = pc.equal(said, gold).fill_null(False).to_numpy(zero_copy_only=False).astype(np.float64)
        return {"right": right, "counted": np.ones(len(right))}

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        return {"accuracy": ratio(sums["right"], sums["counted"])}


METRIC = Accuracy()
