"""Whether answers are among the right ones, row by row of list columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def row_of(lists: pa.ListArray) -> np.ndarray:
    """The row that each value of a list column belongs to."""
    rows: np.ndarray = np.repeat(np.arange(len(lists)), sizes(lists))
    return rows


def sizes(lists: pa.ListArray | pa.ChunkedArray) -> np.ndarray:
    """How many values each row of a list column has."""
    counts: np.ndarray = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
    return counts


def per_row(flags: pa.BooleanArray, rows: np.ndarray, count: int) -> np.ndarray:
    """How many values of each row are true; a null one is not."""
    true = rows[flags.fill_null(False).to_numpy(zero_copy_only=False)]
    return np.bincount(true, minlength=count).astype(np.float64)


def among(said: pa.ChunkedArray, gold: pa.ChunkedArray) -> np.ndarray:
    """1 where an answer is among the right ones, which a null never is, else 0."""
    right = gold.combine_chunks()
    rows = row_of(right)
    equal = pc.equal(said.combine_chunks().cast(pa.string()).take(pa.array(rows)), right.flatten())
    found: np.ndarray = np.minimum(per_row(equal, rows, len(right)), 1.0)
    return found
