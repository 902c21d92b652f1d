"""Texts to token sequences in flat arrays: equal texts are tokenised once, and no Python object is made for a sequence.

A format has its texts tokenised, says which tokens of each it keeps, and has them joined with the special ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from tokenizers import Tokenizer

AT_ONCE = 512  # texts whose encodings are held at a time: these take some hundred bytes a token, arrays take four


@dataclass(frozen=True)
class Runs:
    """One run of values for each row: row i has `values[starts[i] : starts[i] + lengths[i]]`; rows may share values."""

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def same(cls, values: Sequence[int], rows: np.ndarray) -> Runs:
        """The same values for each of `rows` that is True, none for the others."""
        return cls(np.array(values, np.int32), np.zeros(len(rows), np.int64), rows * len(values))

    def of(self, rows: np.ndarray) -> Runs:
        """The runs of some rows, in their order."""
        return Runs(self.values, self.starts[rows], self.lengths[rows])

    def part(self, first: np.ndarray, last: np.ndarray) -> Runs:
        """Of each run its values from `first` up to `last`."""
        return Runs(self.values, self.starts + first, last - first)

    def flat(self) -> np.ndarray:
        """The values of all rows, one after another."""
        values: np.ndarray = self.values[ranges(self.starts, self.lengths)]
        return values

    def until(self, last: np.ndarray) -> Runs:
        """Of each run its values up to `last`."""
        return replace(self, lengths=last)


def tokenised(texts: pa.ChunkedArray | pa.Array, tokenizer: Tokenizer, places: bool = False) -> tuple[Runs, np.ndarray]:
    """Token ids of each text, without special ones; a missing text has none.

    With `places` also the characters of each token, [tokens, 2], for which the tokenizer works longer.
    """
    coded = whole(texts).dictionary_encode()
    distinct = coded.dictionary.to_pylist()
    encode = unbounded(tokenizer).encode_batch if places else unbounded(tokenizer).encode_batch_fast
    ids, characters, lengths = [np.empty(0, np.int32)], [np.empty((0, 2), np.int32)], [np.empty(0, np.int64)]
    for i in range(0, len(distinct), AT_ONCE):
        some = encode(distinct[i : i + AT_ONCE], add_special_tokens=False)
        lengths.append(np.fromiter(map(len, some), np.int64, len(some)))
        count = int(lengths[-1].sum())
        ids.append(np.fromiter(chain.from_iterable(one.ids for one in some), np.int32, count))
        if places:
            pairs = chain.from_iterable(one.offsets for one in some)
            characters.append(np.fromiter(chain.from_iterable(pairs), np.int32, 2 * count).reshape(-1, 2))
    length = np.append(np.concatenate(lengths), 0)  # the last one is that of missing texts
    index = coded.indices.fill_null(len(distinct)).to_numpy()
    return Runs(np.concatenate(ids), begins(length)[index], length[index]), np.concatenate(characters)


def in_running_text(words: pa.Array, tokenizer: Tokenizer) -> pa.Array:
    """Words as they are read inside a text: byte-level BPE wants the space before them, other tokenizers add it."""
    alone, twice = (tokenizer.encode(text, add_special_tokens=False).ids for text in ("a", "a a"))
    return words if twice == alone + alone else pc.binary_join_element_wise("", words, " ")


def unbounded(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, told neither to cut nor to pad, whatever its file says: formats cut, collators pad."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def special_ids(tokenizer: Tokenizer, texts: int) -> list[list[int]]:
    """Special ids before, between and after one text or two, whatever the tokenizer's family."""
    encoded = unbounded(tokenizer).encode(*"ab"[:texts])
    gaps: list[list[int]] = [[] for _ in range(texts + 1)]
    passed = 0
    for token, text in zip(encoded.ids, encoded.sequence_ids, strict=True):
        if text is None:
            gaps[passed].append(token)
        else:
            passed = text + 1
    return gaps


def sequences(
    first: Runs, second: Runs, paired: np.ndarray, tokenizer: Tokenizer, max_length: int
) -> tuple[pa.ListArray, np.ndarray]:
    """Two texts, or the first alone where `paired` is False, with special ids; and which of them were cut."""
    (lead, tail), (before, between, after) = special_ids(tokenizer, 1), special_ids(tokenizer, 2)
    alone = ~paired
    special = np.where(paired, len(before) + len(between) + len(after), len(lead) + len(tail))
    kept = shares(first.lengths, second.lengths, max_length - special)
    parts = (
        *(Runs.same(before, paired), Runs.same(lead, alone), first.until(kept[0])),
        *(Runs.same(between, paired), second.until(kept[1]), Runs.same(after, paired), Runs.same(tail, alone)),
    )
    return joined(parts), (kept[0] < first.lengths) | (kept[1] < second.lengths)


def shares(first: np.ndarray, second: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many tokens two texts keep of `room`: the longer one is cut, then both, and the second keeps an odd one.

    That is the tokenizers library's `longest_first`.
    """
    shorter = np.minimum(np.minimum(first, second), room // 2)
    longer = np.minimum(np.maximum(first, second), room - shorter)
    return np.where(first <= second, shorter, longer), np.where(first <= second, longer, shorter)


def joined(parts: Sequence[Runs]) -> pa.ListArray:
    """Row i of every part, one after another, as row i of a list column."""
    pool = np.concatenate([part.values for part in parts])
    base = np.cumsum([0, *(len(part.values) for part in parts[:-1])])
    starts = np.stack([part.starts + first for part, first in zip(parts, base, strict=True)], axis=1)
    lengths = np.stack([part.lengths for part in parts], axis=1)
    offsets = np.append(0, lengths.sum(axis=1).cumsum())
    values = Runs(pool, starts.ravel(), lengths.ravel()).flat()
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values, pa.int32()))


def ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """start, start + 1, … for each start and length, one after another."""
    numbers: np.ndarray = np.arange(lengths.sum()) + np.repeat(starts - begins(lengths), lengths)
    return numbers


def begins(lengths: np.ndarray) -> np.ndarray:
    """Where each of some runs begins that lie one after another."""
    first: np.ndarray = lengths.cumsum() - lengths
    return first


def whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
