"""Records and tokens of the samples, made as the workflow makes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
import yaml
from samples import FOLDER, ROOT

from xstilts.config import load
from xstilts.encode import Counts, encode_split
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.plan import Plan
from xstilts.records import read_records, write_records
from xstilts.sources import Source


@cache
def plan() -> Plan:
    """The plan of samples.yaml."""
    config = yaml.safe_load((ROOT / "tests/realdata/samples.yaml").read_text(encoding="utf-8"))
    return Plan(load(config | {"files": str(FOLDER)}, ROOT), ROOT / "scripts")


def records_of(data: str, split: str, folder: Path) -> Path:
    """The records of a split, as a Parquet file."""
    spec = plan().records.spec(data, split)
    path = folder / f"{data}-{split}.parquet"
    write_records(Source(spec), format_named(spec.format), spec.labels, dict, path)
    return path


def tokens_of(
    data: str, split: str, tokenizer: Path, folder: Path, **lengths: int
) -> tuple[pa.Table, Features, Counts]:
    """Records, their tokens, and what the lengths cut off; `lengths` differ from the real world's."""
    records = records_of(data, split, folder)
    spec = plan().tokens.spec(data, split)
    spec = spec.model_copy(update={"encoding": spec.encoding.__class__(**{**spec.encoding.__dict__, **lengths})})
    path = folder / f"{data}-{split}.arrow"
    counts = encode_split(spec, records, tokenizer, spec.labels, path)
    return read_records(records), Features.open(path), counts
