"""Prediction files: what they must be before anything is scored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xstilts.errors import UserError
from xstilts.files import digest_of, read_digest
from xstilts.formats.base import Format
from xstilts.records import read_records
from xstilts.specs import ScoreSpec

COLUMNS = ("id", "language", "split", "prediction", "score", "gold")
SHOWN = 3


def read_predictions(spec: ScoreSpec, form: Format, path: Path, checkpoint: str, records: Sequence[Path]) -> pa.Table:
    """A prediction file's rows; UserError where it is not what the spec, the checkpoint and the records ask for.

    Cost: ids and languages of the records are read; of 400,000 sentences in a second or two.
    """
    record = record_of(path)
    again = "delete it, and let snakemake make it again"
    said = record.get("spec", {})
    for name, wanted in (("node", spec.node), ("task", spec.task)):
        if said.get(name) != wanted:
            raise UserError(f"{path} holds predictions of {name} {said.get(name)!r}, not {wanted!r}: {again}")
    if record.get("checkpoint") != checkpoint:
        raise UserError(
            f"{path} was predicted by another checkpoint: {str(record.get('checkpoint'))[:12]}…, and that of "
            f"{spec.node} is {checkpoint[:12]}… now; {again}"
        )
    if digest_of([path]) != record.get("digest"):
        raise UserError(f"{path} is not what was written: its digest is another than its record says; {again}")
    data = [read_digest(file.with_suffix(".digest")) for file in records]
    if record.get("data") != data:
        raise UserError(f"{path} was predicted from other records than those of {spec.task} now; {again}")
    table = pq.read_table(path)
    lacking = [name for name in COLUMNS if name not in table.column_names]
    if lacking:
        raise UserError(f"{path} has no column {', '.join(lacking)}; {again}")
    for problem in problems(spec, form, table, records):
        raise UserError(f"{path}: {problem}; {again}")
    return table


def record_of(path: Path) -> dict[str, Any]:
    """The record beside a prediction file."""
    beside = path.with_suffix(".json")
    try:
        found: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} has no record {beside.name} that says what it is: {error}") from None
    return found


def problems(spec: ScoreSpec, form: Format, table: pa.Table, records: Sequence[Path]) -> Iterator[str]:
    """What is wrong with predictions, held against the records that they are of."""
    score = table["score"].to_numpy()
    finite = np.isfinite(score)
    if not finite.all():
        yield f"{named(table.filter(pa.array(~finite)))}: the score is no finite number, the model said nothing"
    foreign = pc.invert(pc.is_in(table["split"], pa.array(spec.splits, pa.string())))
    if pc.any(foreign).as_py():
        yield f"{named(table.filter(foreign))}: of no split that is evaluated, which are {', '.join(spec.splits)}"
    for split, file in zip(spec.splits, records, strict=True):
        asked = form.asked(read_records(file), spec.encoding)
        found = table.filter(pc.equal(table["split"], split))
        yield from differences(split, found, asked)
        for language in spec.languages:
            if not pc.any(pc.equal(found["language"], language)).as_py():
                yield f"{split} has no prediction in {language!r}"


def differences(split: str, found: pa.Table, asked: pa.Table) -> Iterator[str]:
    """Ids that lack, stand twice or are of no record; quickly said where both are the same, in the same order."""
    if all(found[name].combine_chunks().equals(asked[name].combine_chunks()) for name in ("language", "id")):
        return
    there, wanted = (
        Counter(zip(part["language"].to_pylist(), part["id"].to_pylist(), strict=True)) for part in (found, asked)
    )
    lacking, foreign = [*(wanted - there)], [key for key in there if key not in wanted]
    twice = [key for key, count in there.items() if count > wanted.get(key, count)]
    for what, keys in (("lacks", lacking), ("holds twice", twice), ("has, and no record has,", foreign)):
        if keys:
            listed = ", ".join(f"{name} ({language})" for language, name in keys[:SHOWN])
            yield f"{split} {what} {len(keys)} ids: {listed}{' …' * (len(keys) > SHOWN)}"
    if not lacking and not twice and not foreign:
        yield f"{split} has its rows in another order than the records"


def named(rows: pa.Table) -> str:
    """A few rows, for a person to find."""
    some = rows.slice(0, SHOWN).to_pylist()
    listed = ", ".join(f"{row['id']} ({row['language']})" for row in some)
    return f"{len(rows)} rows: {listed}{' …' * (len(rows) > SHOWN)}"
