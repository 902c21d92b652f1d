"""Record files: Parquet, one for each data set and split, languages in a column, provenance in the metadata."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.errors import UserError
from xstilts.files import whole
from xstilts.formats.base import Format
from xstilts.sources.place import Place

logger = logging.getLogger(__name__)
CHUNK = 20_000
Numbered = tuple[int, Place | None, Mapping[str, Any]]
MEND = "mend it in the source, or leave the record out there"


@dataclass
class Written:
    """What was written: rows by language, and a digest of the records."""

    rows: Counter[str]
    digest: str


def write_records(
    records: Iterable[tuple[Place | None, Mapping[str, Any]]],
    form: Format,
    labels: tuple[str, ...],
    provenance: Callable[[], Mapping[str, Any]],
    path: Path,
) -> Written:
    """Check and write records as they come. Memory: a chunk of them, and 8 bytes a record to know names again.

    The digest is of the records alone: equal records from other files, or read by newer code, are equal data. The
    provenance, asked for once all are read, enters the file's metadata.
    """
    schema, counts, names, content = form.schema(), Counter[str](), Names(), Content()
    with whole(path) as draft, pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for chunk in _chunks(records, CHUNK):
            for number, place, record in chunk:
                problem = form.check(record, labels)
                if problem:
                    raise UserError(f"{_where(number, place, record)}: {problem}; {MEND}")
                counts[record["language"]] += 1
            table = _table(chunk, schema)
            again = names.add([f"{r['language']}\t{r['id']}\t{r.get('side')}" for _, _, r in chunk])
            if again is not None:
                raise UserError(f"{_where(*chunk[again])}: the id stands in an earlier record too; {MEND}")
            content.add(table)
            writer.write_table(table)
            chunk.clear()  # or two of them would be in memory while the next is read
            del table
        if not counts:
            raise UserError(f"{path.parent.name} {path.stem}: the source gave no record at all; is it the right one?")
        told = json.dumps({**provenance(), "rows": counts}, sort_keys=True, ensure_ascii=False)
        writer.add_key_value_metadata({"xstilts": told})
    logger.info("%s: %s", path.name, ", ".join(f"{language} {n}" for language, n in counts.items()))
    return Written(counts, content.digest())


def _chunks(records: Iterable[tuple[Place | None, Mapping[str, Any]]], size: int) -> Iterator[list[Numbered]]:
    """So many records at a time, with their numbers from 1."""
    numbered = ((number, place, record) for number, (place, record) in enumerate(records, start=1))
    while chunk := list(islice(numbered, size)):
        yield chunk


def _table(chunk: Sequence[Numbered], schema: pa.Schema) -> pa.Table:
    """Records as Arrow holds them; one that it can't hold is named."""
    try:
        return pa.Table.from_pylist([record for _, _, record in chunk], schema=schema)
    except (pa.ArrowException, UnicodeEncodeError) as error:
        if len(chunk) == 1:
            raise UserError(f"{_where(*chunk[0])}: {error}; {MEND}") from None
        for one in chunk:
            _table([one], schema)
        raise


def _where(number: int, place: Place | None, record: Mapping[str, Any]) -> str:
    """A record for a person to find: by its place in a file where it has one."""
    return f"{place or f'record {number}'} ({record['language']}, id {record['id']})"


@dataclass
class Names:
    """Which names have been seen: as sorted arrays of 64-bit hashes, of which those of like size are merged.

    That two names share a hash is a chance of one in a million for six million records.
    """

    runs: list[np.ndarray] = field(default_factory=list)

    def add(self, names: list[str]) -> int | None:
        """Take them in; the index of the first that was there before, if any."""
        hashes = np.frombuffer(
            b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names), dtype=np.uint64
        )
        run, first = np.unique(hashes, return_index=True)
        old = np.ones(len(hashes), dtype=bool)
        old[first] = False
        for known in self.runs:
            place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
            old |= known[place] == hashes
        if old.any():
            return int(old.argmax())
        while self.runs and len(self.runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self.runs.pop(), run]))
        self.runs.append(run)
        return None


class Content:
    """A digest of tables, whatever the file that holds them: of Arrow's own serialisation."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        self._hash.update(sink.getvalue())

    def digest(self) -> str:
        return self._hash.hexdigest()


def read_records(path: Path) -> pa.Table:
    """All records of a file."""
    return pq.read_table(path)


def labels_in(path: Path) -> tuple[str, ...]:
    """Labels of an open label set (CCG's categories) as its training records hold them, sorted."""
    tags = pq.read_table(path, columns=["tags"])["tags"]
    return tuple(sorted({tag for sentence in tags.to_pylist() for tag in sentence}))
