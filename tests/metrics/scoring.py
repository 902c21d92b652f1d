"""Predictions as a table of one language, and what a metric makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.metrics.base import Metric


def table(said: Sequence[Any], gold: Sequence[Any], language: str = "en", **columns: Any) -> pa.Table:
    """One row a prediction. Null answers are texts, and empty lists of right ones are lists of texts."""
    some = pa.array(said) if any(one is not None for one in said) else pa.array(said, pa.string())
    right = pa.array(gold)
    if right.type == pa.list_(pa.null()):
        right = right.cast(pa.list_(pa.string()))
    rows = {"language": pa.array([language] * len(said)), "prediction": some, "gold": right}
    return pa.table(rows | {name: pa.array(values) for name, values in columns.items()})


def sums(metric: Metric, predictions: pa.Table, labels: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Summed statistics."""
    return {name: values.sum() for name, values in metric.statistics(predictions, labels).items()}


def values(metric: Metric, predictions: pa.Table, labels: Sequence[str] = ()) -> dict[str, float]:
    """All values, the score among them."""
    return {name: float(value) for name, value in metric.scored(sums(metric, predictions, labels)).items()}
