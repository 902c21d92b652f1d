"""Every sample file is read by its release's reader, to its last record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from samples import LEFT_OUT, UNREGISTERED, Reading, manifest, readings

from xstilts.formats import format_named
from xstilts.tasks.task import words

pytestmark = pytest.mark.usefixtures("realdata")

REGISTERED = words(
    "anli commonsenseqa cosmosqa hellaswag lareqa mlqa mnli pawsx siqa squad_v1 squad_v2 tatoeba tydiqa_goldp udpos"
    " uner xcopa xnli xquad"
)


def test_every_folder_is_a_release_or_known_not_to_be_one():
    assert {sample.folder for sample in manifest()} == {*REGISTERED, *UNREGISTERED}


@pytest.mark.parametrize("folder", REGISTERED)
def test_all_records_of_each_file_are_read(folder: str):
    """As many as the manifest counts; those that are left out have a reason, and are the ones that are known."""
    stated, found, left_out = {}, {}, {}
    for reading in in_folder(folder):
        read = reading.read()
        stated[reading.file] = sum(sample.count for sample in reading.samples)
        counted = sum(record.get("side") != "candidate" for _, record in read.records)  # LAReQA: questions count
        found[reading.file] = counted + read.left_out.total()
        left_out |= {reading.file: dict(read.left_out)} if read.left_out else {}
        assert problems(reading, [record for _, record in read.records]) == []
    assert found == stated
    assert left_out == {file: reasons for file, reasons in LEFT_OUT.items() if file.startswith(f"{folder}/")}


def in_folder(folder: str) -> list[Reading]:
    return [reading for reading in readings() if reading.samples[0].folder == folder]


def problems(reading: Reading, records: list[dict]) -> list[str]:
    """What is wrong with the records of a file: by their format, by their language, or by names that repeat."""
    form = format_named(reading.tasks[0].format)
    found = [f"{record['id']}: {form.check(record, reading.labels)}" for record in records]
    names = Counter((record["id"], record.get("side")) for record in records)
    strangers = {record["language"] for record in records} - {reading.language}
    columns = {field.name for field in form.schema()}
    return (
        [said for said in found if not said.endswith(": None")]
        + [f"{name}: {count} times" for name, count in names.items() if count > 1]
        + [f"language {language}" for language in strangers]
        + [f"{record['id']}: fields {', '.join(record)}" for record in records if set(record) - columns]
    )


def test_the_candidates_of_lareqa_are_the_sentences_that_its_files_list(realdata: Path):
    for reading in in_folder("lareqa"):
        articles = json.loads((realdata / reading.file).read_bytes())["data"]
        listed = [text for article in articles for part in article["paragraphs"] for text in part["sentences"]]
        records = [record for _, record in reading.read().records]
        assert [record["text"] for record in records if record["side"] == "candidate"] == listed, reading.file
        names = {record["id"] for record in records if record["side"] == "candidate"}
        assert {record["pair"] for record in records if record["side"] == "query"} <= names, reading.file


def test_a_packed_file_reads_as_its_unpacked_beginning(realdata: Path):
    """The whole English training treebank, and its first 2,000 sentences."""
    by_file = {reading.file: reading for reading in in_folder("udpos")}
    whole = by_file["udpos/en_ewt-ud-train.conllu.gz"].read().records
    first = by_file["udpos/en_ewt-ud-train.first2000.conllu"].read().records
    assert [record for _, record in whole[:2000]] == [record for _, record in first]
