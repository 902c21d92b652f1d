"""Predictions to scores: per-example statistics, kept for paired comparisons, and one row a language and metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xstilts.bootstrap import interval, resampled_sums
from xstilts.command import versions
from xstilts.files import read_digest, whole, write_json
from xstilts.formats import format_named
from xstilts.metrics import metric_named
from xstilts.metrics.base import Metric, named
from xstilts.predictions import read_predictions, record_of
from xstilts.scores import Record, Row
from xstilts.specs import ScoreSpec

KEYS = ("language", "split")
SOURCE = ("checkpoint", "data", "degenerate", "layer", "layers", "pooling")  # what predictions say of themselves


def score_target(
    spec: ScoreSpec, predictions: Path, checkpoint: str, records: list[Path], out: Path, code: str
) -> tuple[Row, ...]:
    """Write OUT.json (rows) and OUT.parquet (statistics by example) from a prediction file; returns the rows.

    checkpoint  digest of the checkpoint that should have predicted
    records     those that were to be predicted, by split
    """
    table = read_predictions(spec, format_named(spec.format), predictions, checkpoint, records)
    said = {name: value for name, value in record_of(predictions).items() if name in SOURCE}
    source = {**said, "predictions": read_digest(predictions.with_suffix(".digest"))}
    return write_scores(spec, table, source, out, code)


def write_scores(spec: ScoreSpec, table: pa.Table, source: Mapping[str, Any], out: Path, code: str) -> tuple[Row, ...]:
    """Scores of predictions that have been looked at; `source` says of what they are."""
    metric, kept, rows = metric_named(spec.metric), [], list[Row]()
    for language in spec.languages:
        part = table.filter(pc.equal(table["language"], language))
        statistics = metric.statistics(part, spec.labels)
        kept.append(pa.table({"language": part["language"], "split": part["split"], **statistics}))
        splits = np.array(part["split"].to_pylist())
        for split in spec.splits:
            some = np.stack([column[splits == split] for column in statistics.values()], axis=1)
            rows += rows_of(metric, tuple(statistics), some, language, split)
    with whole(out.with_suffix(".parquet")) as draft:
        pq.write_table(pa.concat_tables(kept, promote_options="default"), draft, compression="zstd")
    record = Record(spec=spec, code=code, versions=versions(), rows=tuple(rows), **source)
    write_json(out.with_suffix(".json"), record.model_dump(mode="json"))
    return record.rows


def rows_of(metric: Metric, names: tuple[str, ...], statistics: np.ndarray, language: str, split: str) -> Iterator[Row]:
    """The rows of one language and split, from statistics [examples, names]."""
    point = metric.scored(named(names, statistics.sum(0)))
    samples = metric.scored(named(names, resampled_sums(statistics, seed=0)))
    for name, value in point.items():
        figure, _, layer = name.partition("@")
        yield Row(
            language=language,
            split=split,
            metric=figure,
            layer=int(layer) if layer else None,
            value=float(value),
            n=len(statistics),
            interval_95=interval(samples[name], 0.95),
            interval_99=interval(samples[name], 0.99),
        )


@dataclass(frozen=True)
class Statistics:
    """What a metric counts in each example."""

    names: tuple[str, ...]
    languages: dict[str, np.ndarray]
    """[examples, names] for each."""


def read_statistics(path: Path, split: str) -> Statistics:
    """Per-example statistics of a split, as `score_target` kept them; what a language does not count is 0 there.

    Those by layer, of retrieval, are left out: fifty columns of which no headline figure is made.
    """
    names = tuple(name for name in pq.read_schema(path).names if name not in KEYS and "@" not in name)
    table = pq.read_table(path, columns=[*KEYS, *names])
    table = table.filter(pc.equal(table["split"], split))
    values = np.stack([pc.fill_null(table[name], 0.0).to_numpy() for name in names], axis=1)
    language = table["language"].combine_chunks().dictionary_encode()
    codes, known = language.indices.to_numpy(), language.dictionary.to_pylist()
    if (np.diff(codes) < 0).any():  # never as written here; sorted, a language is a view and not a copy
        order = np.argsort(codes, kind="stable")
        codes, values = codes[order], values[order]
    ends = np.searchsorted(codes, np.arange(len(known)), side="right")
    return Statistics(names, dict(zip(known, np.split(values, ends[:-1]), strict=True)))
