"""The readers give of raw records what a person reads there."""

from __future__ import annotations

from collections import Counter

import pytest
from goldens import Golden, goldens
from samples import read_file

from xstilts.formats import format_named
from xstilts.tasks import TASKS
from xstilts.tasks.task import words

GOLDENS = goldens()
WITH_SAMPLES = words(
    "anli cosmosqa csqa hellaswag lareqa mlqa mlqa-cross mnli pawsx siqa squad squad2 tatoeba tydiqa udpos uner xcopa"
    " xnli xquad"
)


def test_each_task_with_samples_has_ten():
    assert Counter(golden.task for golden in GOLDENS) == dict.fromkeys(WITH_SAMPLES, 10)


def test_all_fields_of_each_record_are_told():
    """So no field can go wrong unseen."""
    for golden in GOLDENS:
        fields = {field.name for field in format_named(TASKS[golden.task].format).schema()}
        # A pair of sentences stands in no context; several translations are in BUCC, of which there is no sample.
        absent = {"tatoeba": {"context", "more"}, "lareqa": {"more"}}.get(golden.task, set())
        assert {"id", "language", *golden.told} == fields - absent, golden


@pytest.mark.usefixtures("realdata")
@pytest.mark.parametrize("golden", GOLDENS, ids=str)
def test_a_reader_gives_the_record_that_stands_in_the_file(golden: Golden):
    place, record = read_file(golden.head["file"]).records[golden.head["nth"] - 1]
    assert golden.differences(record) == []
    assert record["id"] == golden.head["id"]
    where = "article" if golden.head["article"] else "line"
    assert (place.unit, place.line) == (where, golden.head[where])
    assert str(place.file).endswith(golden.head["file"])
