"""Predictions to scores: per-example statistics, kept for paired comparisons, and one row a language and metric."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.bootstrap import interval, resampled_sums
from xstilts.command import versions
from xstilts.files import read_digest, whole, write_json
from xstilts.formats import format_named
from xstilts.specs import ScoreSpec

LEVELS = (0.95, 0.99)


def score_target(spec: ScoreSpec, predictions: Path, out: Path, code: str) -> list[dict[str, Any]]:
    """Write OUT.json (rows) and OUT.parquet (statistics by example) from a prediction file; returns the rows."""
    form = format_named(spec.format)
    table = pq.read_table(predictions)
    languages = list(dict.fromkeys(table["language"].to_pylist()))
    degenerate = json.loads(predictions.with_suffix(".json").read_text(encoding="utf-8")).get("degenerate", [])
    rows: list[dict[str, Any]] = []
    kept = []
    for language in languages:
        part = table.filter(pa.compute.equal(table["language"], language))
        statistics = form.statistics(part)
        kept.append(pa.table({"language": [language] * len(statistics), "statistics": list(statistics)}))
        point, samples = form.values(statistics.sum(0)), form.values(resampled_sums(statistics, seed=0))
        for metric, value in point.items():
            row: dict[str, Any] = {"language": language, "metric": metric, "value": float(value), "n": len(statistics)}
            for level in LEVELS:
                row[f"interval_{level * 100:.0f}"] = interval(samples[metric], level)
            rows.append(row)
    with whole(out.with_suffix(".parquet")) as draft:
        pq.write_table(pa.concat_tables(kept), draft, compression="zstd")
    record = {
        "spec": spec.model_dump(mode="json"),
        "code": code,
        "predictions": read_digest(predictions.with_suffix(".digest")),
        "degenerate": degenerate,
        "versions": versions(),
        "rows": rows,
    }
    write_json(out.with_suffix(".json"), record)
    return rows


def read_statistics(path: Path) -> dict[str, np.ndarray]:
    """Per-example statistics by language, as `score_target` kept them."""
    table = pq.read_table(path)
    language = np.array(table["language"].to_pylist())
    values = np.array(table["statistics"].to_pylist(), dtype=np.float64)
    return {code: values[language == code] for code in dict.fromkeys(language.tolist())}
