"""What holds for every metric, on predictions of any kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import sums, table, values

from xstilts.metrics import metric_named

Row = dict[str, Any]
LABELS = ("no", "yes")
NAMES = st.sampled_from([f"e{i}" for i in range(6)])
RIGHT = st.lists(NAMES, min_size=1, max_size=3, unique=True)
WORDS = ["The", "a", "cat", "Cat!", "sat.", "…", "山水", "日", "the-cat", "un", "ال", "x"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
WORDED = TEXTS.map(lambda text: f"{text} dog")  # with a word in every language, and by every rule
MARGINS = st.integers(1, 40).map(lambda tenths: tenths / 8)


@dataclass(frozen=True)
class Kind:
    """Rows as a metric may meet them, and the rows that answer right."""

    metric: str
    rows: st.SearchStrategy[Row]
    perfect: Callable[[Row], Row]
    threshold: bool = False
    """Whether rows are scored by what other rows say."""
    language: str = "en"

    def table(self, rows: list[Row]) -> pa.Table:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return table(columns.pop("said"), columns.pop("gold"), self.language, **columns)

    def values(self, rows: list[Row]) -> dict[str, float]:
        return values(metric_named(self.metric), self.table(rows), LABELS)

    def sums(self, rows: list[Row]) -> dict[str, float]:
        return sums(metric_named(self.metric), self.table(rows), LABELS)


def rows_of(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(columns)


def tagged(tags: list[str]) -> st.SearchStrategy[Row]:
    """Sentences of equal lengths; each has an entity, or F1 would have nothing to find."""
    some = st.integers(1, 5).flatmap(
        lambda n: st.tuples(*[st.lists(st.sampled_from(tags), min_size=n, max_size=n)] * 2)
    )
    return some.map(lambda pair: {"said": [*pair[0], tags[0]], "gold": [*pair[1], tags[0]]})


def first(row: Row) -> Row:
    return row | {"said": row["gold"][0] if row["gold"] else None}


def answered(row: Row) -> Row:
    """Right, and sure of it."""
    return row | {"said": row["gold"][0] if row["gold"] else "", "null": -1.0 if row["gold"] else 1.0}


def paired(row: Row) -> Row:
    """With one margin for all, which no threshold of dev parts."""
    return first(row) | {"score": 5.0}


def layered(row: Row) -> Row:
    return first(row) | {"raw": [True] * 3, "centred": [True] * 3}


FLAGS = st.lists(st.booleans(), min_size=3, max_size=3)
KINDS = {
    "labels": Kind(
        "accuracy",
        rows_of(said=st.sampled_from(LABELS), gold=st.sampled_from(LABELS)),
        lambda row: row | {"said": row["gold"]},
    ),
    "numbers": Kind(
        "accuracy", rows_of(said=st.integers(0, 4), gold=st.integers(0, 4)), lambda row: row | {"said": row["gold"]}
    ),
    "tags": Kind("accuracy", tagged(["N", "V"]), lambda row: row | {"said": row["gold"]}),
    "qqp": Kind(
        "accuracy_f1",
        rows_of(said=st.sampled_from(LABELS), gold=st.sampled_from(LABELS)),
        lambda row: row | {"said": row["gold"]},
    ),
    "ner": Kind("entities", tagged(["B-PER", "I-PER", "O", "I-LOC"]), lambda row: row | {"said": row["gold"]}),
    "pos": Kind("entities", tagged(["NOUN", "VERB", "SYM", "CCONJ"]), lambda row: row | {"said": row["gold"]}),
    "squad": Kind("squad", rows_of(said=TEXTS, gold=st.lists(WORDED, min_size=1, max_size=3)), first),
    "squad zh": Kind("squad", rows_of(said=TEXTS, gold=st.lists(WORDED, min_size=1, max_size=3)), first, language="zh"),
    "squad2": Kind(
        "squad2",
        rows_of(said=TEXTS, gold=st.lists(WORDED, max_size=3), null=st.integers(-5, 5).map(float)),
        answered,
        True,
    ),
    "mlqa ar": Kind(
        "mlqa", rows_of(said=TEXTS, gold=st.lists(WORDED, min_size=1, max_size=3)), first, language="ar-en"
    ),
    "mlqa zh": Kind("mlqa", rows_of(said=TEXTS, gold=st.lists(WORDED, min_size=1, max_size=3)), first, language="zh"),
    "nearest": Kind("nearest", rows_of(said=NAMES, gold=RIGHT, raw=FLAGS, centred=FLAGS), layered),
    "mining": Kind(
        "mining",
        rows_of(
            said=st.none() | NAMES,
            gold=st.lists(NAMES, max_size=1),
            score=MARGINS,
            split=st.sampled_from(["dev", "test"]),
        ),
        paired,
        True,
    ),
    "map20": Kind(
        "map20", rows_of(said=st.lists(NAMES, max_size=6), gold=RIGHT), lambda row: row | {"said": row["gold"]}
    ),
}
EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def some_rows(data: st.DataObject, kind: Kind, least: int = 1) -> list[Row]:
    return data.draw(st.lists(kind.rows, min_size=least, max_size=10))


@EVERY
@given(st.data())
def test_statistics_are_finite_numbers_one_a_row(kind, data):
    rows = some_rows(data, kind)
    for name, found in metric_named(kind.metric).statistics(kind.table(rows), LABELS).items():
        assert found.dtype == np.float64 and found.shape == (len(rows),), name
        assert np.isfinite(found).all(), name


@EVERY
@given(st.data())
def test_values_are_percentages_for_sums_of_any_shape(kind, data):
    metric, rows = metric_named(kind.metric), some_rows(data, kind)
    drawn = {name: np.stack([found, 0 * found]) for name, found in metric.statistics(kind.table(rows), LABELS).items()}
    for name, found in metric.scored(drawn).items():
        assert found.shape == (2, len(rows)), name
        assert ((found >= 0) & (found <= 100 + 1e-9)).all(), name
        assert (found[1] == 0).all(), "what no example was drawn for is 0"
    assert set(metric.headline) < set(metric.scored(drawn))


@EVERY
@given(st.data())
def test_the_order_of_rows_does_not_matter(kind, data):
    rows = some_rows(data, kind)
    assert kind.values(data.draw(st.permutations(rows))) == pytest.approx(kind.values(rows), abs=1e-9)


@EVERY
@given(st.data())
def test_sums_over_parts_are_those_of_the_whole(kind, data):
    """Where a threshold is chosen, parts of the scored rows, not of the rows it is chosen on."""
    rows = some_rows(data, kind, least=2)
    at = data.draw(st.integers(1, len(rows) - 1))
    whole = kind.sums(rows)
    if kind.threshold:
        statistics = metric_named(kind.metric).statistics(kind.table(rows), LABELS)
        parts = [
            {name: found[some].sum() for name, found in statistics.items()} for some in (slice(at), slice(at, None))
        ]
    else:
        parts = [kind.sums(rows[:at]), kind.sums(rows[at:])]
    assert {name: parts[0][name] + parts[1][name] for name in whole} == pytest.approx(whole)


@EVERY
@given(st.data())
def test_gold_as_prediction_scores_100(kind, data):
    rows = [kind.perfect(row) for row in some_rows(data, kind)]
    if kind.metric == "accuracy_f1":
        rows.append({"said": LABELS[1], "gold": LABELS[1]})
    if kind.metric == "mining":
        rows += [{"said": "e1", "gold": ["e1"], "score": 5.0, "split": split} for split in ("dev", "test")]
    found = kind.values(rows)
    parts = {"has_answer_em", "has_answer_f1", "no_answer_accuracy"}  # 0 where there is no such question
    assert {name: value for name, value in found.items() if name not in parts} == pytest.approx(
        dict.fromkeys(set(found) - parts, 100.0)
    )
