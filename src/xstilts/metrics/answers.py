"""Answers as texts: how the metrics of question answering compare a predicted one with the right ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pyarrow as pa

Words = tuple[str, ...]


def compared(
    said: Sequence[str], gold: Sequence[Sequence[str]], words: Callable[[str], Words]
) -> tuple[np.ndarray, np.ndarray]:
    """Exact match and F1 of each answer over its words, the best over the right ones; 0 where there is none.

    words  the words of a text that count, in their order: two texts with the same words are the same answer
    """
    known = cache(words)  # many right answers are equal, and many predictions right
    exact, f1 = np.zeros(len(said)), np.zeros(len(said))
    for row, (text, texts) in enumerate(zip(said, gold, strict=True)):
        mine = known(text)
        theirs = {known(right) for right in texts}
        exact[row] = mine in theirs
        f1[row] = max((overlap(mine, right) for right in theirs), default=0.0)
    return exact, f1


def overlap(said: Words, gold: Words) -> float:
    """F1 over words: 0 without a common one, so for two texts without words too, as in SQuAD's script."""
    if said == gold:
        return float(bool(said))
    if set(said).isdisjoint(gold):
        return 0.0
    return 2 * (Counter(said) & Counter(gold)).total() / (len(said) + len(gold))


def language_of(predictions: pa.Table) -> str:
    """The language of the answers, which is that of the contexts where questions are in another (MLQA's "en-de")."""
    language: str = predictions["language"][0].as_py()
    return language.partition("-")[0]
