"""What sentence vectors find: a translation, mined pairs, or answers among the candidates of all languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.formats.encoding import Find
from xstilts.metrics.map20 import RANKED

ASKED: dict[Find, str] = {"nearest": "english", "mining": "foreign", "map20": "query"}
NAMES = pa.list_(pa.string())
Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class Side:
    """Sentences that ask, or are offered."""

    records: pa.Table
    vectors: np.ndarray
    """[sentences, layers, width]"""

    def names(self) -> np.ndarray:
        """Their ids."""
        return np.array(self.records["id"].to_pylist(), dtype=object)

    def gold(self) -> list[list[str]]:
        """Ids that are right for each; none where a sentence has no translation."""
        pairs, more = self.records["pair"].to_pylist(), self.records["more"].to_pylist()
        return [[*([] if pair is None else [pair]), *(others or [])] for pair, others in zip(pairs, more, strict=True)]


def nearest(asked: Side, offered: Side, layer: int) -> Columns:
    """The nearest sentence by cosine: at `layer`, and for every layer whether it is right, raw and centred.

    Centring takes each language's mean vector away: the part of a miss that is a mere offset between languages.
    """
    from xstilts.neighbours import nearest as neighbour
    from xstilts.neighbours import normalised

    names, gold = offered.names(), [set(right) for right in asked.gold()]
    columns, hits = {}, {}
    for kind in ("raw", "centred"):
        hits[kind] = np.empty((len(gold), asked.vectors.shape[1]), dtype=bool)
        for k in range(asked.vectors.shape[1]):
            x, y = asked.vectors[:, k], offered.vectors[:, k]
            if kind == "centred":
                x, y = x - x.mean(0), y - y.mean(0)
            x, y = normalised(x), normalised(y)
            best = neighbour(x, y)
            hits[kind][:, k] = [names[i] in right for i, right in zip(best, gold, strict=True)]
            if kind == "raw" and k == layer:
                columns = {
                    "prediction": pa.array(names[best].tolist(), pa.string()),
                    "score": pa.array((x * y[best]).sum(-1), pa.float32()),
                }
    by_layer = {kind: pa.array(list(found), pa.list_(pa.bool_())) for kind, found in hits.items()}
    return columns | {"gold": pa.array(asked.gold(), NAMES)} | by_layer


def mined(asked: Side, offered: Side, layer: int) -> Columns:
    """Pairs by ratio margin, each sentence once; of sentences that stand twice, neither is one of a pair, as XTREME
    does it: which of the two is meant can't be known."""
    from xstilts.neighbours import mine

    (x, once), (y, unique) = (distinct(side) for side in (asked, offered))
    found = mine(of_rows(asked.vectors[:, layer], x), of_rows(offered.vectors[:, layer], y))
    names = offered.names()[y]
    best: list[str | None] = [None] * len(asked.records)
    score = np.zeros(len(asked.records))
    for place, single, other, margin in zip(x, once, found.best, found.margin, strict=True):
        if single and other >= 0 and unique[other]:
            best[place], score[place] = names[other], margin
    return {
        "prediction": pa.array(best, pa.string()),
        "score": pa.array(score),
        "gold": pa.array(asked.gold(), NAMES),
    }


def distinct(side: Side) -> tuple[np.ndarray, np.ndarray]:
    """Position of the first of all equal sentences, and whether it is the only one."""
    texts = side.records["text"].combine_chunks().dictionary_encode()
    number = texts.indices.to_numpy()
    _, first, count = np.unique(number, return_index=True, return_counts=True)
    return first, count == 1


def of_rows(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The vectors of some rows, without a copy where the rows follow each other: a million vectors are gigabytes."""
    following = len(rows) > 0 and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows)))
    found: np.ndarray = vectors[rows[0] : rows[0] + len(rows)] if following else vectors[rows]
    return found


def searched(asked: Side, offered: Side, layer: int) -> Columns:
    """Each query's nearest candidates of all languages; a query that is asked in several has the gold of them all."""
    from xstilts.neighbours import top

    score, best = top(asked.vectors[:, layer], offered.vectors[:, layer], RANKED, unit=True)
    names, gold = offered.names(), dict[str, list[str]]()
    for query, right in zip(asked.names(), asked.gold(), strict=True):
        gold.setdefault(query, []).extend(right)
    found: dict[str, Any] = {
        "prediction": pa.array([names[row].tolist() for row in best], NAMES),
        "score": pa.array(score[:, 0], pa.float32()),
        "gold": pa.array([gold[query] for query in asked.names()], NAMES),
    }
    return found
