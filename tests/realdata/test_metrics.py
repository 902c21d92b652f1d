"""Metrics on real predictions, in every language of the samples: they are the official ones, to the last count."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from independent import METRICS, Rows, Values
from making import plan
from predicting import LEAST, MINED, Predicting
from sklearn.metrics import average_precision_score

from xstilts.metrics import metric_named
from xstilts.tasks import get


@dataclass(frozen=True)
class Case:
    """A metric, and the task whose predictions it scores."""

    metric: str
    task: str


TASKS = {
    "accuracy": "xnli pawsx mnli anli hellaswag cosmosqa csqa siqa xcopa",
    "entities": "udpos uner",
    "squad": "squad xquad tydiqa",
    "squad2": "squad2",
    "mlqa": "mlqa mlqa-cross",
    "nearest": "tatoeba tatoeba-r",
    "mining": "bucc",
    "map20": "lareqa",
}
CASES = {task: Case(metric, task) for metric, tasks in TASKS.items() for task in tasks.split()}
# There are no samples of these: other tasks' predictions, of the same form.
CASES |= {"qqp": Case("accuracy_f1", "pawsx"), "ccg": Case("accuracy", "udpos")}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
# What is a count over another: no difference at all. The others are sums of fractions, in another order.
COUNTED = {
    "accuracy": {"accuracy"},
    "accuracy_f1": {"accuracy"},
    "squad": {"em"},
    "squad2": {"best_em", "em", "has_answer_em", "no_answer_accuracy"},
    "mlqa": {"em"},
    "mining": {"dev precision", "dev recall", "test precision", "test recall"},
    "map20": {"accuracy"},
}
CLOSE = 1e-9
PAIRS, SHUFFLES = 2_000, 6  # that chance is told from
SURE = 5.0  # standard errors


@pytest.fixture(scope="session")
def predicting(realdata, tmp_path_factory) -> Predicting:
    torch.set_num_threads(1)
    return Predicting(tmp_path_factory.mktemp("predicting"))


def languages_of(task: str) -> set[str]:
    """Those of the samples."""
    if task == "bucc":
        return set(MINED)
    return set(plan().world.languages_of(task)) if get(task).role == "target" else {"en"}


def by_language(table: pa.Table) -> Iterator[tuple[str, Rows]]:
    for language in dict.fromkeys(table["language"].to_pylist()):
        yield language, table.filter(pc.equal(table["language"], language)).to_pylist()


def scored(case: Case, rows: Rows, schema: pa.Schema) -> Values:
    """What the project's metric says; of mining for each split apart, as the score files have it."""
    metric = metric_named(case.metric)
    table = pa.Table.from_pylist(list(rows), schema=schema)
    statistics = metric.statistics(table, get(case.task).labels)
    whole = np.ones(len(rows), bool)
    split = np.array(table["split"].to_pylist())
    parts = {f"{name} ": split == name for name in ("dev", "test")} if case.metric == "mining" else {"": whole}
    return {
        f"{part}{name}": float(value)
        for part, kept in parts.items()
        for name, value in metric.values({name: found[kept].sum() for name, found in statistics.items()}).items()
    }


def right(row: dict[str, Any], metric: str) -> dict[str, Any]:
    """The row with a gold answer as its prediction, and sure of it."""
    gold = row["gold"]
    if metric in ("accuracy", "accuracy_f1", "entities", "map20"):
        return row | {"prediction": gold}
    if metric == "nearest":
        return row | {"prediction": gold[0], **{name: [True] * len(row[name]) for name in ("raw", "centred")}}
    if metric == "mining":
        return row | {"prediction": gold[0] if gold else None, "score": 2.0}
    if metric == "squad2":
        return row | {"prediction": gold[0] if gold else "", "null": -1.0 if gold else 1.0}
    return row | {"prediction": gold[0]}


def half_right(rows: Rows, metric: str, rng: random.Random) -> Rows:
    """A random half of the predictions replaced by right ones, whose scores are better, but lie among the others'."""
    found = [right(row, metric) if rng.random() < 0.5 else row for row in rows]
    name = {"mining": "score", "squad2": "null"}.get(metric)
    if name:
        scores = [row[name] for row in rows]
        middle, spread = median(scores), stdev(scores)
        for row, old, new in zip(rows, scores, found, strict=True):
            better = new is not row
            if metric == "mining":
                score = old + better * spread * rng.random()
            else:  # around 0, and right by its lead alone where there is no answer
                score = old - middle + better * spread * rng.gauss(-1.0 if row["gold"] else 1.0, 1.0)
                if rng.random() < 0.5:
                    new["prediction"] = new["prediction"] or "something"
            new[name] = float(np.float32(score))
    return found


@EVERY
@pytest.mark.parametrize("how", ["as predicted", "half of it right"])
def test_every_value_is_the_independent_one(case, how, predicting, record_property):
    rng, count, languages = random.Random(1), 0, set()
    furthest = 0.0
    for table in predicting.of(case.task):
        for language, rows in by_language(table):
            if how != "as predicted":
                rows = half_right(rows, case.metric, rng)
            expected = METRICS[case.metric](rows, get(case.task).labels)
            found = scored(case, rows, table.schema)
            assert found.keys() == expected.keys(), language
            for name, value in expected.items():
                counted = case.metric == "nearest" or name in COUNTED.get(case.metric, ())
                assert abs(found[name] - value) <= (0 if counted else CLOSE), (language, name, found[name], value)
                furthest = max(furthest, abs(found[name] - value))
            count, languages = count + len(rows), languages | {language}
    record_property("predictions", count)
    print(
        f"{case.task} by {case.metric}, {how}: {count} predictions, {len(languages)} languages; off by {furthest:.1g}"
    )
    assert count >= LEAST
    assert languages == languages_of(case.task)


@EVERY
def test_gold_labels_score_100(case, predicting):
    """In every language. Of two translations one can be mined, so only the first counts here."""
    table = predicting.of(case.task)[0]
    for language, rows in by_language(table):
        if case.metric == "mining":
            rows = [row | {"gold": row["gold"][:1]} for row in rows]
        expected = dict.fromkeys(METRICS[case.metric](rows, get(case.task).labels), 100.0)
        found = scored(case, [right(row, case.metric) for row in rows], table.schema)
        assert found == pytest.approx(expected, abs=CLOSE), language


@EVERY
def test_shuffled_gold_labels_score_what_chance_says(case, predicting):
    """In every language; how far off one shuffle may be follows from how much the scores of random pairs differ."""
    rng, labels = random.Random(2), get(case.task).labels
    shuffle = shuffled_tags if get(case.task).format == "tagging" else shuffled
    table = predicting.of(case.task)[0]
    for language, rows in by_language(table):
        rows = [right(row, case.metric) for row in rows]
        if case.metric == "squad2":  # all are answered
            rows = [row | {"null": -1.0} for row in rows]
        found = scored(case, shuffle(rows, rng), table.schema)
        for name, (expected, error) in CHANCE[case.metric](rows, labels, rng).items():
            assert abs(found[name] - expected) <= SURE * error, (language, name, found[name], expected, error)
        if case.metric == "squad2":  # or none, as all leads are equal
            unanswerable = 100.0 * mean(not row["gold"] for row in rows)
            assert found["best_em"] == pytest.approx(max(found["em"], unanswerable))


def test_average_precision_is_scikit_learns_where_all_candidates_are_ranked(predicting):
    table = predicting.of_few_candidates()
    offered = set(table["prediction"][0].as_py())
    for _, rows in by_language(table):
        expected = []
        for row in rows:
            assert set(row["prediction"]) == offered
            places = range(len(offered), 0, -1)
            expected.append(average_precision_score([name in row["gold"] for name in row["prediction"]], places))
        assert scored(CASES["lareqa"], rows, table.schema)["map20"] == pytest.approx(100 * mean(expected), abs=CLOSE)
    assert len(table) >= 16 and 10 < len(offered) <= 20


# chance -------------------------------------------------------------------------------------------------------------
Chance = dict[str, tuple[float, float]]
"""What is expected of each value, and the standard error of one shuffle."""


def shuffled(rows: Rows, rng: random.Random) -> Rows:
    """The predictions in another order."""
    said = [row["prediction"] for row in rows]
    return [row | {"prediction": one} for row, one in zip(rows, rng.sample(said, len(said)), strict=True)]


def shuffled_tags(rows: Rows, rng: random.Random) -> Rows:
    """The predicted tags in another order, over the words of all sentences."""
    tags = [tag for row in rows for tag in row["prediction"]]
    left = iter(rng.sample(tags, len(tags)))
    return [row | {"prediction": [next(left) for _ in row["prediction"]]} for row in rows]


def same_label(rows: Rows, labels: Sequence[str], rng: random.Random) -> Chance:
    """Two labels (or tags of words) drawn from the same frequencies are equal."""
    gold = [row["gold"] for row in rows]
    flat = [tag for tags in gold for tag in tags] if isinstance(gold[0], list) else gold
    shares = [count / len(flat) for count in Counter(flat).values()]
    equal = sum(share**2 for share in shares)
    return {"accuracy": (100 * equal, 100 * (equal * (1 - equal) / len(flat)) ** 0.5)}


def same_and_positive(rows: Rows, labels: Sequence[str], rng: random.Random) -> Chance:
    """Accuracy as of any labels; F1 is the frequency of the positive one."""
    positive = mean(row["gold"] == labels[1] for row in rows)
    f1 = 100 * positive, 100 * (1 - positive) / len(rows) ** 0.5
    return same_label(rows, labels, rng) | {"f1": f1}


def of_pairs(metric: str, names: Sequence[str]) -> Callable[[Rows, Sequence[str], random.Random], Chance]:
    """The mean over pairs of any prediction with any gold, which is what a shuffle is expected to score."""

    def chance(rows: Rows, labels: Sequence[str], rng: random.Random) -> Chance:
        scores = []
        for _ in range(PAIRS):
            mine, other = rng.choice(rows), rng.choice(rows)
            scores.append(METRICS[metric]([mine | {"prediction": other["prediction"]}], labels))
        found = {}
        for name in scores[0].keys() & set(names):
            values = [score[name] for score in scores]
            error = stdev(values) * (1 / len(rows) + 1 / PAIRS) ** 0.5
            found[name] = mean(values), max(error, 100 / len(rows))  # a single hit may be rarer than PAIRS can show
        return found

    return chance


def of_shuffles(rows: Rows, labels: Sequence[str], rng: random.Random) -> Chance:
    """What seqeval says of other shuffles: entities of several words have no simple chance."""
    scores = [METRICS["entities"](shuffled_tags(rows, rng), labels)["f1"] for _ in range(SHUFFLES)]
    return {"f1": (mean(scores), max(stdev(scores), 100 / len(rows)))}


def of_mined_pairs(rows: Rows, labels: Sequence[str], rng: random.Random) -> Chance:
    """Each sentence is mined for a random other one, and all pairs are kept, since their margins are equal."""
    found = {}
    mined = Counter(row["prediction"] for row in rows)
    kept = len(rows) - mined.pop(None)
    for split in ("dev", "test"):
        gold = [name for row in rows if row["split"] == split for name in row["gold"]]
        share = mean(row["split"] == split for row in rows)
        hits, pairs = sum(mined[name] for name in gold) / len(rows), share * kept + len(gold)
        found[f"{split} f1"] = 200 * hits / pairs, 200 * max(1.0, hits**0.5) / pairs
    return found


TEXTS = ("em", "f1", "character_f1")
CHANCE = {
    "accuracy": same_label,
    "accuracy_f1": same_and_positive,
    "entities": of_shuffles,
    **{name: of_pairs(name, TEXTS) for name in ("squad", "squad2", "mlqa")},
    "nearest": of_pairs("nearest", ["accuracy"]),
    "mining": of_mined_pairs,
    "map20": of_pairs("map20", ["map20", "accuracy"]),
}
