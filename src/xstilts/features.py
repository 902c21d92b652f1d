"""Token files: ragged columns in Arrow's IPC format, memory-mapped: every rank reads one copy, and none tokenises."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.files import whole


@dataclass(frozen=True)
class Lists:
    """A list column as it lies in the file: for each record batch its first sequence, its values and offsets."""

    firsts: list[int]
    parts: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Lists:
        """Views of the column's memory; a copy would be an error."""
        firsts = np.cumsum([0, *map(len, column.chunks)])[:-1].tolist()
        return cls(firsts, [(chunk.values.to_numpy(), chunk.offsets.to_numpy()) for chunk in column.chunks])

    def __getitem__(self, sequence: int) -> np.ndarray:
        part = bisect_right(self.firsts, sequence) - 1
        values, offsets = self.parts[part]
        place = sequence - self.firsts[part]
        return values[offsets[place] : offsets[place + 1]]

    def lengths(self) -> np.ndarray:
        """Values of each sequence."""
        return np.concatenate([np.empty(0, np.int32), *(np.diff(offsets) for _, offsets in self.parts)])


@dataclass(frozen=True)
class Features:
    """The sequences of one data set and split.

    An item is what is drawn together: the choices of a question, else one sequence. List columns stay in the file; of
    flat ones, and of the lengths of sequences, a few bytes a sequence are held in memory.
    """

    table: pa.Table

    @classmethod
    def open(cls, path: Path) -> Features:
        """Map the file into memory; nothing but its structure is read until it is used."""
        with pa.memory_map(str(path)) as source:
            return cls(pa.ipc.open_file(source).read_all())

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What encoding wrote beside the columns: format, labels, special tokens."""
        found: dict[str, Any] = json.loads((self.table.schema.metadata or {}).get(b"xstilts", b"{}"))
        return found

    @cached_property
    def _flat(self) -> dict[str, np.ndarray]:
        return {}

    @cached_property
    def _lists(self) -> dict[str, Lists]:
        return {}

    def column(self, name: str) -> np.ndarray:
        """A flat column in one piece."""
        if name not in self._flat:
            self._flat[name] = self.table[name].to_numpy()
        return self._flat[name]

    def _list(self, name: str) -> Lists:
        if name not in self._lists:
            self._lists[name] = Lists.of(self.table[name])
        return self._lists[name]

    def part(self, name: str, sequence: int) -> np.ndarray:
        """One sequence's values of a list column, where they lie in the file."""
        return self._list(name)[sequence]

    def ids(self, sequence: int) -> np.ndarray:
        """Token ids of one sequence."""
        return self.part("input_ids", sequence)

    @cached_property
    def item_starts(self) -> np.ndarray:
        """Index of each item's first sequence, and the number of sequences at the end."""
        if not len(self.table):
            return np.zeros(1, dtype=np.int64)
        item = self.column("item")
        return np.append(np.flatnonzero(np.diff(item, prepend=item[0] - 1)), len(item))

    @cached_property
    def _lengths(self) -> np.ndarray:
        return self._list("input_ids").lengths()

    @cached_property
    def item_tokens(self) -> np.ndarray:
        """Tokens in each item: what a micro-batch's budget counts."""
        tokens: np.ndarray = np.add.reduceat(self._lengths, self.item_starts[:-1], dtype=np.int64)
        return tokens

    @cached_property
    def item_widths(self) -> np.ndarray:
        """Tokens of each item's longest sequence: what its batch is padded to, at least."""
        widths: np.ndarray = np.maximum.reduceat(self._lengths, self.item_starts[:-1])
        return widths

    @cached_property
    def item_languages(self) -> np.ndarray:
        """A number for the language of each item; equal numbers, equal languages."""
        codes = self.table["language"].dictionary_encode().unify_dictionaries().combine_chunks().indices
        numbers: np.ndarray = codes.to_numpy()[self.item_starts[:-1]]
        return numbers

    def __len__(self) -> int:
        return len(self.item_starts) - 1

    def sequences_of(self, items: np.ndarray) -> np.ndarray:
        """Indices of the sequences of `items`, in order."""
        starts, ends = self.item_starts[items], self.item_starts[items + 1]
        return np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])


def write_features(tables: Iterable[pa.Table], meta: Mapping[str, Any], path: Path) -> None:
    """Write `tables` as they come, one record batch each, so that `Features.open` can map them as one."""
    stream = iter(tables)
    with whole(path) as draft, pa.OSFile(str(draft), "wb") as sink:
        first = next(stream, None)
        if first is None:
            raise ValueError(f"{path}: there is nothing to write, not even an empty table")
        noted = {"xstilts": json.dumps(meta, sort_keys=True, ensure_ascii=False)}
        with pa.ipc.new_file(sink, first.schema.with_metadata(noted)) as writer:
            for table in chain((first,), stream):
                writer.write_table(table.combine_chunks())
