"""SQuAD 2.0's exact match and F1, at the best thresholds of "no answer" and where the model itself puts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.metrics.answers import compared
from xstilts.metrics.base import Columns, Metric, ratio
from xstilts.metrics.right import sizes
from xstilts.metrics.squad import words


class Squad2(Metric):
    """As evaluate-v2.0.py: a question whose lead of "no answer" (`null`) is above a threshold has none.

    Two thresholds, one for exact match and one for F1, are chosen on the very questions that are scored, so the
    headline values are those of hindsight. The others are at 0, where the model itself changes its mind.
    """

    headline = ("best_em", "best_f1")

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        said, null = predictions["prediction"].to_pylist(), predictions["null"].to_numpy().astype(np.float64)
        answerable = (sizes(predictions["gold"]) > 0).astype(np.float64)
        # A right answer without words does not count, and where there is none the empty one is right.
        gold = [[right for right in texts if words(right)] or [""] for texts in predictions["gold"].to_pylist()]
        exact, f1 = compared(said, gold, words)
        f1 = np.maximum(f1, exact)  # of two texts without words, unlike in SQuAD 1.1
        unanswerable, silent = 1.0 - answerable, np.array([float(not text) for text in said])

        def at(threshold: float, scores: np.ndarray) -> np.ndarray:
            return np.where(null <= threshold, scores, unanswerable)

        def best(scores: np.ndarray) -> np.ndarray:
            # The script's search takes any text for an answer; at a given threshold one without words is none.
            scores = np.where(answerable > 0, scores, silent)
            return at(best_threshold(null, scores - unanswerable), scores)

        there_em, there_f1 = at(0.0, exact), at(0.0, f1)
        return {
            "best_em": best(exact),
            "best_f1": best(f1),
            "em": there_em,
            "f1": there_f1,
            "has_answer_em": there_em * answerable,
            "has_answer_f1": there_f1 * answerable,
            "no_answer_accuracy": there_em * unanswerable,
            "answerable": answerable,
            "counted": np.ones(len(said)),
        }

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        whole = {name: ratio(sums[name], sums["counted"]) for name in ("best_em", "best_f1", "em", "f1")}
        parts = {name: ratio(sums[name], sums["answerable"]) for name in ("has_answer_em", "has_answer_f1")}
        rest = ratio(sums["no_answer_accuracy"], sums["counted"] - sums["answerable"])
        return whole | parts | {"no_answer_accuracy": rest}


def best_threshold(null: np.ndarray, gain: np.ndarray) -> float:
    """The lead up to which questions are best answered, given what answering gains in each; -inf: none is.

    The lowest of those that are equally good. The script takes questions of one lead in the order of its file, and may
    part them; with losses first, as here, it never gains by that, and the order of the file makes no difference.
    """
    order = np.lexsort((gain, null))
    gained = gain[order].cumsum()
    if not (gained > 0).any():
        return -np.inf
    return float(null[order][gained.argmax()])


METRIC = Squad2()
