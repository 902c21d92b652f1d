"""Scores of prediction files, in plain Python: another path than the project's from predictions to a figure."""

from __future__ import annotations

import collections
import string
import warnings
from pathlib import Path

import pyarrow.parquet as pq
from seqeval.metrics import f1_score

ENGLISH = "en"


def scores(file: Path, metric: str) -> dict[str, float]:
    """The headline score of each language of a prediction file's reported split."""
    rows = pq.read_table(file).to_pylist()
    split = "test" if any(row["split"] == "test" for row in rows) else "dev"
    found = {}
    for language in dict.fromkeys(row["language"] for row in rows):
        own = [row for row in rows if row["language"] == language]
        some = [row for row in own if row["split"] == split]
        dev = [row for row in own if row["split"] == "dev"]
        found[language] = 100 * METRICS[metric](some, dev)
    return found


def accuracy(rows, _dev):
    return sum(row["prediction"] == row["gold"] for row in rows) / len(rows)


def nearest(rows, _dev):
    return sum(row["prediction"] in row["gold"] for row in rows) / len(rows)


def squad(rows, _dev, articles=("a", "an", "the")):
    """Mean of exact match and F1; English articles go, whatever the language."""
    total = 0.0
    for row in rows:
        said = words(row["prediction"], articles)
        golds = [words(gold, articles) for gold in row["gold"]]
        total += (max(said == gold for gold in golds) + max(overlap(said, gold) for gold in golds)) / 2
    return total / len(rows)


def mlqa(rows, dev):
    """Articles of the language's own; the generated ones have none."""
    return squad(rows, dev) if rows[0]["language"] == ENGLISH else squad(rows, dev, articles=())


def words(text, articles):
    plain = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return [word for word in plain.split() if word not in articles]


def overlap(said, gold):
    common = sum((collections.Counter(said) & collections.Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def entities(rows, _dev):
    """As XTREME has it: by seqeval, whose reading of tags without prefixes is its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one for each tag without a prefix
        return f1_score([row["gold"] for row in rows], [row["prediction"] for row in rows])


def mining(rows, dev):
    """F1 at the threshold that is best on dev."""
    if not any(row["prediction"] in row["gold"] for row in dev):
        return f1_at(rows, 0.0)  # XTREME's choice where no cut is better than another
    margins = sorted({row["score"] for row in dev if row["prediction"] is not None}, reverse=True)
    cuts = [(a + b) / 2 for a, b in zip(margins, [*margins[1:], margins[-1]], strict=True)]
    best = max(cuts, key=lambda cut: f1_at(dev, cut))  # the first of equals
    return f1_at(rows, best)


def f1_at(rows, cut):
    kept = [row for row in rows if row["prediction"] is not None and row["score"] >= cut]
    right = sum(row["prediction"] in row["gold"] for row in kept)
    gold = sum(len(row["gold"]) for row in rows)
    return 2 * right / (len(kept) + gold) if kept else 0.0


METRICS = {
    "accuracy": accuracy,
    "nearest": nearest,
    "squad": squad,
    "mlqa": mlqa,
    "entities": entities,
    "mining": mining,
}
