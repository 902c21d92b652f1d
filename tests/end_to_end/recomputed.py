"""Scores of prediction files, in plain Python: another path than the project's from predictions to a figure."""

from __future__ import annotations

import collections
import string
from pathlib import Path

import pyarrow.parquet as pq

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


def squad(rows, _dev):
    """Mean of exact match and F1."""
    total = 0.0
    for row in rows:
        said = words(row["prediction"])
        total += max((said == words(gold)) + overlap(said, words(gold)) for gold in row["gold"]) / 2
    return total / len(rows)


def words(text):
    """The generated languages have neither articles nor other punctuation than ours; English articles go."""
    plain = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return [word for word in plain.split() if word not in ("a", "an", "the")]


def overlap(said, gold):
    common = sum((collections.Counter(said) & collections.Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def entities(rows, _dev):
    """F1 of runs of equal tags: without prefixes, neighbours of one tag type are one entity."""
    both = said = gold = 0
    for row in rows:
        one, other = spans(row["prediction"]), spans(row["gold"])
        both, said, gold = both + len(one & other), said + len(one), gold + len(other)
    return 2 * both / (said + gold)


def spans(tags):
    found, first = set(), 0
    for place in range(1, len(tags) + 1):
        if place == len(tags) or tags[place] != tags[first]:
            found.add((first, place, tags[first]))
            first = place
    return found


def mining(rows, dev):
    """F1 at the threshold that is best on dev."""
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
    "mlqa": squad,
    "entities": entities,
    "mining": mining,
}
