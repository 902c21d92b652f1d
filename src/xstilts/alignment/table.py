"""The table of measures: long, a row for each figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.alignment.leakage import Sums, variance_between
from xstilts.alignment.measures import Value, robustness

CLEAN = "none"
ENGLISH = "en"
POOLINGS = ("mean", "words")
"""Over all tokens of a sentence, as the paper does it; and without `<s>` and `</s>`."""
ROBUST = {"accuracy": "robustness", "accuracy_centred": "robustness_centred"}
"""Accuracies that noise takes something of, and what the share that it leaves is called."""
SCHEMA = pa.schema(
    [
        pa.field("language", pa.string()),  # null: of all languages together
        pa.field("layer", pa.int16()),  # 0: the embeddings
        pa.field("pooling", pa.string()),
        pa.field("noise", pa.string()),
        pa.field("rate", pa.float64()),  # null: over all rates
        pa.field("measure", pa.string()),
        pa.field("direction", pa.string()),  # null: the measure has none
        pa.field("value", pa.float64()),  # null: it can't be said
        pa.field("n", pa.int32()),
    ]
)
Row = dict[str, Any]


def rows_of(values: Iterator[Value], place: Mapping[str, Any]) -> list[Row]:
    """Rows of some values, which stand at one `place`: language, layer, pooling, noise, rate, n."""
    return [{**place, "measure": measure, "direction": way, "value": value} for measure, way, value in values]


def robust_rows(rows: Sequence[Row]) -> list[Row]:
    """Area below accuracy by rate, for each language, layer, pooling, direction and kind of noise in `rows`."""
    clean: dict[tuple[Any, ...], float] = {}
    noisy: dict[tuple[Any, ...], dict[float, float]] = defaultdict(dict)
    counts = {}
    for row in rows:
        if row["measure"] not in ROBUST:
            continue
        key = tuple(row[name] for name in ("language", "layer", "pooling", "measure", "direction"))
        if row["noise"] == CLEAN:
            clean[key], counts[key] = row["value"], row["n"]
        else:
            noisy[(*key, row["noise"])][row["rate"]] = row["value"]
    found = []
    for (language, layer, pooling, measure, way, noise), by_rate in noisy.items():
        key, rates = (language, layer, pooling, measure, way), sorted(by_rate)
        value = robustness([0.0, *rates], [clean[key], *(by_rate[rate] for rate in rates)])
        place = {"language": language, "layer": layer, "pooling": pooling, "noise": noise, "rate": None}
        told = {"measure": ROBUST[measure], "direction": way, "value": value, "n": counts[key]}
        found.append({**place, **told})
    return found


def language_rows(sums: Mapping[str, Sums], known: Mapping[str, np.ndarray]) -> list[Row]:
    """What vectors say of their language, by layer: of each language and of all together.

    known  for each language whether its asked sentences were recognised: [poolings, layers, sentences]
    """
    between = variance_between(sums)
    share = {language: 100.0 * hits.mean(-1) for language, hits in known.items()}
    asked = {language: hits.shape[-1] for language, hits in known.items()}
    mean = np.mean(list(share.values()), axis=0)
    rows: list[Row] = []
    for (p, layer), value in np.ndenumerate(between):
        place = {"layer": layer, "pooling": POOLINGS[p], "noise": CLEAN, "rate": 0.0, "direction": None}
        of_all = place | {"language": None}
        for language, shares in share.items():
            of_one = {"language": language, "measure": "language_id", "value": float(shares[p, layer])}
            rows.append(place | of_one | {"n": asked[language]})
        rows.append(of_all | {"measure": "language_id", "value": float(mean[p, layer]), "n": sum(asked.values())})
        count = sum(one.count for one in sums.values())
        rows.append(of_all | {"measure": "language_variance", "value": float(value), "n": count})
    return rows


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as Arrow holds them."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)
