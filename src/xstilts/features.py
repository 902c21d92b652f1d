"""Token files: ragged columns in Arrow's IPC format, memory-mapped: every rank reads one copy, and none tokenises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.files import whole


@dataclass(frozen=True)
class Features:
    """The sequences of one data set and split.

    An item is what is drawn together: the choices of a question, else one sequence.
    """

    table: pa.Table

    @classmethod
    def open(cls, path: Path) -> Features:
        """Map the file into memory; nothing is read until it is used."""
        with pa.memory_map(str(path)) as source:
            return cls(pa.ipc.open_file(source).read_all().combine_chunks())

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What encoding wrote beside the columns: format, labels, special tokens, encoding settings."""
        found: dict[str, Any] = json.loads((self.table.schema.metadata or {}).get(b"xstilts", b"{}"))
        return found

    @cached_property
    def _columns(self) -> dict[str, Any]:
        return {}

    def column(self, name: str) -> np.ndarray:
        """A flat column as an array that shares the file's memory where Arrow allows it."""
        if name not in self._columns:
            self._columns[name] = _whole(self.table[name]).to_numpy(zero_copy_only=False)
        values: np.ndarray = self._columns[name]
        return values

    def ragged(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """A list column as (values, offsets): row i is values[offsets[i]:offsets[i + 1]]."""
        if name not in self._columns:
            lists = _whole(self.table[name])
            self._columns[name] = lists.values.to_numpy(zero_copy_only=False), lists.offsets.to_numpy()
        pair: tuple[np.ndarray, np.ndarray] = self._columns[name]
        return pair

    @cached_property
    def item_starts(self) -> np.ndarray:
        """Index of each item's first sequence, and the number of sequences at the end."""
        if not len(self.table):
            return np.zeros(1, dtype=np.int64)
        item = self.column("item")
        return np.append(np.flatnonzero(np.diff(item, prepend=item[0] - 1)), len(item))

    @cached_property
    def item_tokens(self) -> np.ndarray:
        """Tokens in each item: what a micro-batch's budget counts."""
        _, offsets = self.ragged("input_ids")
        return np.diff(offsets[self.item_starts])

    @cached_property
    def item_widths(self) -> np.ndarray:
        """Tokens of each item's longest sequence: what its batch is padded to, at least."""
        _, offsets = self.ragged("input_ids")
        widths: np.ndarray = np.maximum.reduceat(np.diff(offsets), self.item_starts[:-1])
        return widths

    def __len__(self) -> int:
        return len(self.item_starts) - 1

    def sequences_of(self, items: np.ndarray) -> np.ndarray:
        """Indices of the sequences of `items`, in order."""
        starts, ends = self.item_starts[items], self.item_starts[items + 1]
        return np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])

    def part(self, name: str, sequence: int) -> np.ndarray:
        """One sequence's values of a list column."""
        values, offsets = self.ragged(name)
        return values[offsets[sequence] : offsets[sequence + 1]]

    def ids(self, sequence: int) -> np.ndarray:
        """Token ids of one sequence."""
        return self.part("input_ids", sequence)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.chunks
    return chunks[0] if len(chunks) == 1 else column.combine_chunks()


def write_features(table: pa.Table, meta: Mapping[str, Any], path: Path) -> None:
    """Write `table` so that `Features.open` can map it: one record batch, offsets beside flat values."""
    table = table.replace_schema_metadata({"xstilts": json.dumps(meta, sort_keys=True, ensure_ascii=False)})
    with whole(path) as draft, pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks(), max_chunksize=max(len(table), 1))
