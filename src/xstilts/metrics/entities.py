"""Micro F1 of entities as seqeval counts them: NER, and POS too, since XTREME scores both by it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from seqeval.metrics.sequence_labeling import get_entities

from xstilts.metrics.base import Columns, Metric, ratio
from xstilts.metrics.right import sizes


class Entities(Metric):
    """seqeval takes the first letter of a POS tag for a prefix. So neighbours of equal tags are one entity, SCONJ and
    CCONJ are of one type, and an X that ends a sentence counts only where the next one begins with X.

    Its releases before 1.0, with which the paper's code scored (jiant pins 0.0.12), had the whole tag as the type.
    `f1_whole_tags` is F1 by that reading; of tags with prefixes it is the same, and left out.
    """

    headline = ("f1",)

    def statistics(self, predictions: pa.Table, labels: Sequence[str]) -> dict[str, np.ndarray]:
        """Entities that are in both, that are predicted, that are in the gold."""
        said, gold = (predictions[name].to_pylist() for name in ("prediction", "gold"))
        starts = np.cumsum(np.append(0, sizes(predictions["gold"]) + 1))[:-1]
        counted = counts(said, gold, starts)
        if labels and not any("-" in label for label in labels):
            whole = counts(prefixed(said), prefixed(gold), starts)
            counted |= {f"{name}{WHOLE}": numbers for name, numbers in whole.items()}
        return counted

    def values(self, sums: Columns) -> dict[str, np.ndarray]:
        both, said, gold = (sums[name] for name in ("both", "said", "gold"))
        values = {"f1": ratio(2 * both, said + gold), "precision": ratio(both, said), "recall": ratio(both, gold)}
        if f"both{WHOLE}" in sums:
            both, said, gold = (sums[f"{name}{WHOLE}"] for name in ("both", "said", "gold"))
            values[f"f1{WHOLE}"] = ratio(2 * both, said + gold)
        return values


WHOLE = "_whole_tags"
Entity = tuple[str, int, int]
Sentences = list[list[str]]


def counts(said: Sentences, gold: Sentences, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Entities of each sentence that are in both, that are predicted, that are in the gold."""
    a, b = found(said), found(gold)
    return {name: by_sentence(some, starts) for name, some in (("both", a & b), ("said", a), ("gold", b))}


def prefixed(sentences: Sentences) -> Sentences:
    """Tags with their first letter for a prefix, so that all of a tag is its type."""
    return [[f"{tag[0]}-{tag}" for tag in tags] for tags in sentences]


def found(sentences: Sentences) -> set[Entity]:
    """Type, first and last word of each entity; words are numbered through, with one between two sentences.

    All sentences at once, as seqeval's own F1 does: it sees an X that opens a sentence by what stood before it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one for each tag without a prefix
        return set(get_entities(sentences))


def by_sentence(entities: set[Entity], starts: np.ndarray) -> np.ndarray:
    """How many entities end in each sentence, given the number of each one's first word."""
    ends = np.fromiter((last for _, _, last in entities), np.int64, len(entities))
    return np.bincount(np.searchsorted(starts, ends, side="right") - 1, minlength=len(starts)).astype(np.float64)


METRIC = Entities()
