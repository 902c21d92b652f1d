"""F1 of mined pairs, at a threshold chosen on dev: BUCC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.metrics.base import Columns, Metric, ratio
from xstilts.metrics.right import among, sizes


class Mining(Metric):
    """The threshold is XTREME's, chosen for each language on the pairs of dev; rows of dev are scored at it too, where
    it is the best there is. A sentence with two translations is two pairs, one of which can be found."""

    headline = ("f1",)

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        right = among(predictions["prediction"], predictions["gold"])
        gold = sizes(predictions["gold"]).astype(np.float64)
        mined = predictions["prediction"].is_valid().to_numpy()
        margin = predictions["score"].to_numpy().astype(np.float64)
        dev = pc.equal(predictions["split"], "dev").to_numpy()
        threshold = best_threshold(margin[dev & mined], right[dev & mined], gold[dev].sum())
        kept = (mined & (margin >= threshold)).astype(np.float64)
        return {"right": kept * right, "kept": kept, "gold": gold}

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        right, kept, gold = (sums[name] for name in ("right", "kept", "gold"))
        return {"f1": ratio(2 * right, kept + gold), "precision": ratio(right, kept), "recall": ratio(right, gold)}


def best_threshold(margin: np.ndarray, right: np.ndarray, gold: float) -> float:
    """The cut with the best F1 over `gold` pairs: midway between two margins, below the first of equally good ones.

    0 where no candidate is right, as in XTREME. Its script cuts between equal margins too, by which nothing is parted,
    and fails where it is best to keep all; here that is a cut at the lowest margin.
    """
    if not right.any():
        return 0.0
    order = np.argsort(-margin, kind="stable")
    ranked, hits = margin[order], right[order].cumsum()
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / gold
    # In the script's own order of operations: cuts whose F1 is the same may differ in the last bit.
    f1 = np.divide(2 * precision * recall, precision + recall, out=np.zeros(len(hits)), where=hits > 0)
    parted = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.argmax(np.where(parted, f1, -1.0)))
    return float((ranked[best] + ranked[min(best + 1, len(ranked) - 1)]) / 2)


METRIC = Mining()
