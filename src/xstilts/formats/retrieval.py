"""Retrieval of translations by the encoder itself: nothing is trained.

Where every sentence has a counterpart (Tatoeba) the nearest neighbour is asked for; where most have none (BUCC) pairs
are mined by the ratio margin, and a threshold chosen on dev decides which of them are kept. Queries (LAReQA, Mewsli-X)
rank the candidates of all languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, encode_texts, pad, ratio
from xstilts.formats.encoding import Encoding

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features

SIDES = ("foreign", "english", "query", "candidate")
RANKED = 20  # candidates that a query's average precision looks at, as in XTREME-R
NEIGHBOURS = 4  # of the ratio margin, as in XTREME's BUCC
BLOCK = 4096  # rows of a similarity matrix held at once
SIMILARITIES = 1 << 26  # so many of them, where there are many candidates


class Retrieval(Format):
    record_fields = (
        pa.field("side", pa.string()),
        pa.field("text", pa.string()),
        pa.field("context", pa.string()),
        pa.field("pair", pa.string()),
    )

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        if record["side"] not in SIDES:
            return f"side {record['side']!r} is none of {', '.join(SIDES)}"
        return None if record["text"].strip() else "text is empty"

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        """A candidate is read with its context, where it has one (LAReQA)."""
        return encode_texts(records, tokenizer, encoding, second="context")

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        ids, mask = pad([features.ids(i) for i in items], special.pad)
        return Batch(ids, mask, {}, features.column("row")[items])

    def infer(self, model: PreTrainedModel, batch: Batch) -> list[np.ndarray]:
        """Each sentence's mean over its tokens, `<s>` and `</s>` included, of every layer: [layers + 1, width]."""
        import torch

        hidden = model(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True
        ).hidden_states
        weight = batch.attention_mask[..., None].to(hidden[0].dtype)
        pooled = torch.stack([(layer * weight).sum(1) / weight.sum(1) for layer in hidden], dim=1)
        return list(pooled.float().cpu().numpy())

    def decode(
        self, records: pa.Table, features: Features, inferred: list[Any], labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """One row a query: English ones look for foreign sentences; in mining each foreign one has its best pair."""
        vectors = np.stack(inferred)
        depth = vectors.shape[1] - 1
        layer = round(encoding.layer_share * depth) if encoding.layer is None else min(encoding.layer, depth)
        language = np.array(records["language"].to_pylist())
        side, pair, identity = (np.array(records[name].to_pylist(), dtype=object) for name in ("side", "pair", "id"))
        if (side == "query").any():
            return searched(vectors[:, layer], language, side, pair, identity)
        tables = []
        for code in dict.fromkeys(language.tolist()):
            foreign = np.flatnonzero((language == code) & (side == "foreign"))
            english = np.flatnonzero((language == code) & (side == "english"))
            paired = all(p is not None for p in pair[english])
            table = (rank if paired else mine)(vectors[foreign], vectors[english], layer)
            asked, answers = (english, foreign) if paired else (foreign, english)
            said = table.pop("best")
            columns: dict[str, Any] = {
                "id": pa.array(identity[asked].tolist()),
                "language": pa.array([code] * len(asked)),
                "prediction": pa.array([identity[answers[i]] if i >= 0 else None for i in said], pa.string()),
                "score": pa.array(table.pop("score").astype(np.float32)),
                "gold": pa.array(pair[asked].tolist(), pa.string()),
            }
            gold = {name: i for i, name in enumerate(identity[answers])}
            right = np.array([gold.get(p, -1) for p in pair[asked]])
            by_layer = {
                name: pa.array((best == right[:, None]).tolist(), pa.list_(pa.bool_())) for name, best in table.items()
            }
            tables.append(pa.table(columns | by_layer))
        return pa.concat_tables(tables, promote_options="default")

    def statistics(self, predictions: pa.Table) -> np.ndarray:
        """Ranking: correct, counted, hits by layer, raw and centred. Mining: twice the true pairs, pairs in both.
        Searching: average precision, counted, nothing (three columns tell it apart)."""
        if pa.types.is_list(predictions.schema.field("gold").type):
            lists = zip(predictions["prediction"].to_pylist(), predictions["gold"].to_pylist(), strict=True)
            return np.array([(average_precision(found, set(gold)), 1.0, 0.0) for found, gold in lists])
        said, wanted = (np.array(predictions[name].to_pylist(), dtype=object) for name in ("prediction", "gold"))
        mined, gold = said != None, wanted != None  # noqa: E711  (element by element)
        hit = (said == wanted) & gold
        if "raw" in predictions.column_names and predictions["raw"].null_count == 0:
            layers = [np.array(predictions[name].to_pylist(), dtype=np.float64) for name in ("raw", "centred")]
            counts: np.ndarray = np.concatenate([np.stack([hit, gold], axis=1).astype(np.float64), *layers], axis=1)
            return counts
        score, split = predictions["score"].to_numpy(), np.array(predictions["split"].to_pylist())
        dev = (split == "dev") & mined
        kept = mined & (score >= best_threshold(score[dev], hit[dev], int(gold[split == "dev"].sum())))
        test = split == "test"
        return np.stack([2.0 * (kept & hit)[test], (1.0 * kept + gold)[test]], axis=1)

    def values(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        if sums.shape[-1] == 2:
            f1 = ratio(sums[..., 0], sums[..., 1])
            return {"score": f1, "f1": f1}
        if sums.shape[-1] == 3:
            precision = ratio(sums[..., 0], sums[..., 1])
            return {"score": precision, "map20": precision}
        accuracy = ratio(sums[..., 0], sums[..., 1])
        layers = (sums.shape[-1] - 2) // 2
        out = {"score": accuracy, "accuracy": accuracy}
        for kind, first in (("raw", 2), ("centred", 2 + layers)):
            out |= {f"{kind}_layer_{i}": ratio(sums[..., first + i], sums[..., 1]) for i in range(layers)}
        return out


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Unit length, in the last dimension."""
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit


def rank(foreign: np.ndarray, english: np.ndarray, layer: int) -> dict[str, np.ndarray]:
    """Nearest foreign sentence of each English one by cosine: at `layer`, and for every layer raw and centred.

    Centring takes each language's mean vector away: the part of a miss that is a mere offset between languages.
    """
    found: dict[str, np.ndarray] = {}
    for kind in ("raw", "centred"):
        best = np.empty((len(english), english.shape[1]), dtype=np.int64)
        for k in range(english.shape[1]):
            x, y = english[:, k], foreign[:, k]
            if kind == "centred":
                x, y = x - x.mean(0), y - y.mean(0)
            best[:, k] = nearest(normalised(x), normalised(y))
        found[kind] = best
    x, y = normalised(english[:, layer]), normalised(foreign[:, layer])
    best = found["raw"][:, layer]
    return {"best": best, "score": (x * y[best]).sum(-1), **found}


def nearest(queries: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Position in `index` of each query's nearest neighbour, exact, a block of queries at a time."""
    return np.concatenate([(queries[i : i + BLOCK] @ index.T).argmax(1) for i in range(0, len(queries), BLOCK)])


def searched(
    vectors: np.ndarray, language: np.ndarray, side: np.ndarray, pair: np.ndarray, identity: np.ndarray
) -> pa.Table:
    """Each query's nearest candidates of all languages; a query that is asked in several has the gold of them all."""
    asked, offered = np.flatnonzero(side == "query"), np.flatnonzero(side == "candidate")
    x, y = normalised(vectors[asked]), normalised(vectors[offered])
    kept = min(RANKED, len(offered))
    best = np.empty((len(asked), kept), dtype=np.int64)
    score = np.empty(len(asked), dtype=np.float32)
    block = max(1, SIMILARITIES // len(offered))
    for i in range(0, len(asked), block):
        cosine = x[i : i + block] @ y.T
        some = np.sort(np.argpartition(-cosine, kept - 1, axis=1)[:, :kept], axis=1)
        near = np.take_along_axis(cosine, some, axis=1)
        best[i : i + block] = np.take_along_axis(some, np.argsort(-near, axis=1, kind="stable"), axis=1)
        score[i : i + block] = near.max(1)
    gold: dict[str, list[str]] = {}
    for query in asked:
        gold.setdefault(identity[query], []).append(pair[query])
    return pa.table(
        {
            "id": pa.array(identity[asked].tolist()),
            "language": pa.array(language[asked].tolist()),
            "prediction": pa.array([identity[offered[row]].tolist() for row in best], pa.list_(pa.string())),
            "score": pa.array(score),
            "gold": pa.array([gold[name] for name in identity[asked]], pa.list_(pa.string())),
        }
    )


def average_precision(found: Sequence[str], gold: set[str]) -> float:
    """Mean of the precision at each gold candidate among the `found`, over as many as could have been found."""
    hits = np.array([name in gold for name in found], dtype=np.float64)
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / min(len(gold), RANKED))


def mine(foreign: np.ndarray, english: np.ndarray, layer: int) -> dict[str, np.ndarray]:
    """One-to-one pairs by ratio margin, cosine over the mean of both neighbourhoods (Artetxe and Schwenk 2019).

    Candidates of both directions are taken in the order of their margin, each sentence once. -1: no pair left for it.
    """
    x, y = normalised(foreign[:, layer]), normalised(english[:, layer])
    k = min(NEIGHBOURS, len(x), len(y))
    forth, back = top_mean(x, y, k), top_mean(y, x, k)
    candidates = []
    for a, b, mean_a, mean_b, flipped in ((x, y, forth, back, False), (y, x, back, forth, True)):
        for i in range(0, len(a), BLOCK):
            margin = a[i : i + BLOCK] @ b.T / ((mean_a[i : i + BLOCK, None] + mean_b[None, :]) / 2)
            best = margin.argmax(1)
            pair = [np.arange(i, i + len(best)), best]
            candidates.append(np.stack([*(pair[::-1] if flipped else pair), margin.max(1)], axis=1))
    ordered = np.concatenate(candidates)
    ordered = ordered[np.lexsort((ordered[:, 1], ordered[:, 0], -ordered[:, 2]))]
    best, score = np.full(len(x), -1), np.zeros(len(x))
    taken: set[int] = set()
    for i, j, margin in ordered:
        if best[int(i)] < 0 and int(j) not in taken:
            best[int(i)], score[int(i)] = int(j), margin
            taken.add(int(j))
    return {"best": best, "score": score}


def top_mean(queries: np.ndarray, index: np.ndarray, k: int) -> np.ndarray:
    """Mean similarity of each query to its k nearest neighbours."""
    blocks = (queries[i : i + BLOCK] @ index.T for i in range(0, len(queries), BLOCK))
    return np.concatenate([np.partition(block, -k, axis=1)[:, -k:].mean(1) for block in blocks])


def best_threshold(score: np.ndarray, right: np.ndarray, gold: int) -> float:
    """The cut with the best F1 on dev: midway between neighbouring scores, as in XTREME's BUCC."""
    if not len(score):
        return 0.0
    order = np.argsort(-score, kind="stable")
    kept = np.arange(1, len(score) + 1)
    ranked = score[order]
    f1 = 2 * right[order].cumsum() / (kept + gold)
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0  # no threshold can part equal scores
    best = int(f1.argmax())
    return float((ranked[best] + ranked[best + 1]) / 2) if best + 1 < len(ranked) else float(ranked[best])


FORMAT = Retrieval()
