"""SQuAD 1.1's exact match and F1, by which XTREME scores XQuAD and TyDiQA in every language."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from xstilts.metrics.answers import Words, compared, language_of
from xstilts.metrics.base import Columns, Metric, ratio

UNSPACED = ("ja", "th", "zh")
ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


class Squad(Metric):
    """Of languages without spaces, whose words are whole clauses here, F1 over characters beside the official one."""

    headline = ("em", "f1")

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        said, gold = predictions["prediction"].to_pylist(), predictions["gold"].to_pylist()
        exact, f1 = compared(said, gold, words)
        found = {"em": exact, "f1": f1, "counted": np.ones(len(said))}
        if language_of(predictions) in UNSPACED:
            _, found["character_f1"] = compared(said, gold, characters)
        return found

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        return {name: ratio(sums[name], sums["counted"]) for name in sums if name != "counted"}


def words(text: str) -> Words:
    """Lower case, without ASCII punctuation and English articles, split at white space."""
    return tuple(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def characters(text: str) -> Words:
    """The characters of these words."""
    return tuple("".join(words(text)))


METRIC = Squad()
