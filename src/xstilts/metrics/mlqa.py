"""MLQA's own exact match and F1: articles by language, all punctuation of Unicode, Chinese character by character."""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from xstilts.errors import UserError
from xstilts.languages import LANGUAGES
from xstilts.metrics.answers import Words, compared, language_of
from xstilts.metrics.base import Columns, Metric, ratio

NOTHING = "(?!)"
ARTICLES = {
    "ar": "ال",  # wherever it stands, within words too
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "hi": NOTHING,
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "zh": NOTHING,
}
HAN = re.compile("([\u4e00-\u9fa5])")
PUNCTUATION = dict.fromkeys(
    code
    for code in range(sys.maxunicode)
    if unicodedata.category(chr(code)).startswith("P") or chr(code) in string.punctuation
)


class Mlqa(Metric):
    headline = ("em", "f1")

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        said, gold = predictions["prediction"].to_pylist(), predictions["gold"].to_pylist()
        exact, f1 = compared(said, gold, words_of(language_of(predictions)))
        return {"em": exact, "f1": f1, "counted": np.ones(len(said))}

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        return {name: ratio(sums[name], sums["counted"]) for name in self.headline}


def words_of(language: str) -> Callable[[str], Words]:
    """How the texts of a language become words. The miniature's languages have no articles, and spaces."""
    generated = language in LANGUAGES and LANGUAGES[language].family == "miniature"
    if language not in ARTICLES and not generated:
        raise UserError(f"MLQA's metric knows {', '.join(ARTICLES)}, and {language!r} is none of them")
    articles = re.compile(ARTICLES.get(language, NOTHING))

    def words(text: str) -> Words:
        plain = articles.sub(" ", text.lower().translate(PUNCTUATION))
        return tuple((HAN.sub(r" \1 ", plain) if language == "zh" else plain).split())

    return words


METRIC = Mlqa()
