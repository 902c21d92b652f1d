"""Records to tokens: once for each tokenizer, data set and split, for all who train or predict on it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from xstilts.errors import UserError
from xstilts.features import write_features
from xstilts.formats import format_named
from xstilts.formats.base import Encoded, Format, Special
from xstilts.formats.encoding import Encoding
from xstilts.progress import Progress
from xstilts.specs import TokensSpec

logger = logging.getLogger(__name__)
CHUNK = 2_000  # records of a record batch: more would share more equal texts, and take more memory


@dataclass
class Counts:
    """What a split became, and how many of its records lost what to the lengths of the encoding."""

    records: int = 0
    sequences: int = 0
    tokens: int = 0
    cut: dict[str, int] = field(default_factory=dict)

    def add(self, records: int, encoded: Encoded) -> None:
        """Count one chunk."""
        self.records += records
        self.sequences += len(encoded.table)
        self.tokens += pc.sum(pc.list_value_length(encoded.table["input_ids"])).as_py()
        self.cut = {what: count + self.cut.get(what, 0) for what, count in encoded.cut.items()}

    def __str__(self) -> str:
        lost = (f"{what} {count} ({count / self.records:.2%})" for what, count in self.cut.items())
        sizes = f"{self.records} records, {self.sequences} sequences, {self.tokens} tokens"
        return f"{sizes}; records cut by the lengths: {', '.join(lost)}"


def encode_split(spec: TokensSpec, records: Path, tokenizer: Path, labels: tuple[str, ...], path: Path) -> Counts:
    """Encode `records` with `tokenizer` (a tokenizer.json) into a memory-mapped file.

    Chunk by chunk from file to file: memory does not grow with the number of records.
    """
    cutter = Tokenizer.from_file(str(tokenizer))
    meta = {
        "data": spec.data,
        "split": spec.split,
        "format": spec.format,
        "labels": labels,
        "special": special_of(cutter),
    }
    counts = Counts()
    chunks = encode_chunks(format_named(spec.format), records, cutter, spec.encoding, labels, counts)
    write_features(chunks, meta, path)
    logger.info("%s: %s", path.name, counts)
    return counts


def encode_chunks(
    form: Format,
    records: Path,
    tokenizer: Tokenizer,
    encoding: Encoding,
    labels: tuple[str, ...],
    counts: Counts,
) -> Iterator[pa.Table]:
    """Token sequences of `records`, a chunk at a time; rows and items are numbered through, `counts` is kept."""
    file = pq.ParquetFile(records, pre_buffer=False)  # a buffer would come to hold the whole file
    progress, items = Progress("records", file.metadata.num_rows), 0
    for batch in file.iter_batches(CHUNK, use_threads=False):
        some = pa.Table.from_batches([batch])
        encoded = form.encode(some, tokenizer, encoding, labels)
        spoken = encoded.table.append_column("language", some["language"].take(encoded.table["row"]))
        table = shifted(shifted(spoken, "row", counts.records), "item", items)
        counts.add(len(batch), encoded)
        items = table["item"][-1].as_py() + 1
        progress.at(counts.records)
        yield table


def shifted(table: pa.Table, name: str, offset: int) -> pa.Table:
    """The table with `offset` added to a column."""
    moved = pc.add(table[name], pa.scalar(offset, pa.int32()))
    return table.set_column(table.schema.get_field_index(name), name, moved)


def special_of(tokenizer: Tokenizer) -> dict[str, object]:
    """Ids that collators need: padding, mask, all special ones; and how many rows of embeddings the ids ask for, which
    is more than there are tokens where ids have holes."""
    added = tokenizer.get_added_tokens_decoder()
    special = tuple(sorted(i for i, token in added.items() if token.special))
    pad, mask = (first_known(tokenizer, names) for names in (("<pad>", "[PAD]"), ("<mask>", "[MASK]")))
    rows = 1 + max(tokenizer.get_vocab().values())
    return Special(pad=pad, mask=mask, vocabulary=rows, ids=special).__dict__


def first_known(tokenizer: Tokenizer, names: Sequence[str]) -> int:
    """The id of the first of some tokens that the tokenizer has."""
    for name in names:
        found: int | None = tokenizer.token_to_id(name)
        if found is not None:
            return found
    raise UserError(
        f"the tokenizer has no token {' or '.join(names)}: add it with transformers' add_special_tokens, save the "
        "tokenizer, and let its model have a row for it (resize_token_embeddings)"
    )
