"""Records to tokens: once for each tokenizer, data set and split, for all who train or predict on it."""

from __future__ import annotations

import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from xstilts.features import write_features
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.progress import Progress
from xstilts.specs import TokensSpec

logger = logging.getLogger(__name__)
CHUNK = 10_000


def encode_split(spec: TokensSpec, records: Path, tokenizer: Path, labels: tuple[str, ...], path: Path) -> int:
    """Encode `records` with `tokenizer` (a tokenizer.json) into a memory-mapped file; returns the number of tokens.

    Works through the records in chunks; the tokens themselves are held in memory until they are written.
    """
    form = format_named(spec.format)
    reader = pq.ParquetFile(records)
    cutter = Tokenizer.from_file(str(tokenizer))
    progress, done, items, chunks = Progress("records", reader.metadata.num_rows), 0, 0, []
    for batch in reader.iter_batches(CHUNK):
        table = form.encode(pa.Table.from_batches([batch]), cutter, spec.encoding, labels)
        for name, offset in (("row", done), ("item", items)):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, pa.compute.add(table[name], pa.scalar(offset, pa.int32())))
        chunks.append(table)
        done += len(batch)
        items = table["item"][-1].as_py() + 1
        progress.at(done)
    tokens = pa.concat_tables(chunks)
    meta = {
        "data": spec.data,
        "split": spec.split,
        "format": spec.format,
        "labels": labels,
        "special": special_of(cutter),
    }
    write_features(tokens, meta, path)
    count = sum(len(chunk) for chunk in pa.compute.list_flatten(tokens["input_ids"]).chunks)
    logger.info("%s: %d sequences, %d tokens", path.name, len(tokens), count)
    return count


def special_of(tokenizer: Tokenizer) -> dict[str, object]:
    """Ids that collators need: padding, mask, all special ones, and the size of the vocabulary."""
    added = tokenizer.get_added_tokens_decoder()
    special = tuple(sorted(i for i, token in added.items() if token.special))
    by_text = {token.content: i for i, token in added.items()}
    pad = next(by_text[text] for text in ("<pad>", "[PAD]") if text in by_text)
    mask = next(by_text[text] for text in ("<mask>", "[MASK]") if text in by_text)
    return Special(pad=pad, mask=mask, vocabulary=tokenizer.get_vocab_size(), ids=special).__dict__
