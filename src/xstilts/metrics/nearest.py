"""Accuracy of the nearest neighbour: Tatoeba."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.metrics.base import Columns, Metric, ratio
from xstilts.metrics.right import among

LAYERS = {"raw": "accuracy", "centred": "accuracy_centred"}
"""Columns that hold a hit or miss of each layer, and what the values are called that they become."""


class Nearest(Metric):
    """The headline is of the layer that was chosen beforehand; the other layers' are `accuracy@0` (the embeddings) and
    on, and `accuracy_centred@0` and on for vectors from which their language's mean was taken."""

    headline = ("accuracy",)

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        hit = among(predictions["prediction"], predictions["gold"])
        found = {"accuracy": hit, "counted": np.ones(len(hit))}
        for column, name in LAYERS.items():
            if column in predictions.column_names and len(hit) and not predictions[column].null_count:
                layers = np.array(predictions[column].to_pylist(), dtype=np.float64)
                found |= {f"{name}@{layer}": layers[:, layer] for layer in range(layers.shape[1])}
        return found

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        return {name: ratio(sums[name], sums["counted"]) for name in sums if name != "counted"}


METRIC = Nearest()
