"""Record files: Parquet, one for each data set and split, languages in a column, provenance in the metadata."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.errors import UserError
from xstilts.files import whole
from xstilts.formats.base import Format

logger = logging.getLogger(__name__)
CHUNK = 20_000


def write_records(
    records: Iterable[Mapping[str, Any]],
    form: Format,
    labels: tuple[str, ...],
    provenance: Mapping[str, Any],
    path: Path,
) -> Counter[str]:
    """Check and write records as they come, in bounded memory; returns the number of rows by language.

    The provenance enters the file's metadata, and holds no time or place, so the same data gives the same bytes.
    """
    schema = form.schema().with_metadata({"xstilts": json.dumps(provenance, sort_keys=True, ensure_ascii=False)})
    counts: Counter[str] = Counter()
    seen: set[tuple[Any, ...]] = set()
    rows: list[Mapping[str, Any]] = []
    with whole(path) as draft, pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for number, record in enumerate(records, start=1):
            key = (record["language"], record["id"], record.get("side"))
            problem = "the id stands in an earlier record too" if key in seen else form.check(record, labels)
            if problem:
                where = f"{provenance['data']} {provenance['split']}, record {number}"
                name = f"{record['language']}, id {record['id']}"
                raise UserError(f"{where} ({name}): {problem}; mend it in the source, or leave the record out there")
            seen.add(key)
            counts[record["language"]] += 1
            rows.append(record)
            if len(rows) == CHUNK:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
        if not counts:
            raise UserError(f"{provenance['data']} {provenance['split']}: the source gave no record at all")
    logger.info("%s: %s", path.name, ", ".join(f"{language} {n}" for language, n in counts.items()))
    return counts


def read_records(path: Path) -> pa.Table:
    """All records of a file."""
    return pq.read_table(path)


def labels_in(path: Path) -> tuple[str, ...]:
    """Labels of an open label set (CCG's categories) as its training records hold them, sorted."""
    tags = pq.read_table(path, columns=["tags"])["tags"]
    return tuple(sorted({tag for sentence in tags.to_pylist() for tag in sentence}))
