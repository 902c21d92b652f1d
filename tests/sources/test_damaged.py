"""Damaged input ends with a message: which file, where in it, which field, what to do. Nothing is written."""

import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from damage import holds, refused
from damage.answers import ANSWERS
from damage.choices import CHOICES
from damage.pairs import PAIRS
from damage.retrieval import RETRIEVAL
from damage.tags import TAGS
from reading import DATA, ROOT, put, source

CASES = [*PAIRS, *CHOICES, *ANSWERS, *TAGS, *RETRIEVAL]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_the_message_says_where_what_and_what_to_do(tmp_path, case):
    put(tmp_path / "in", case.files)
    message = refused(source(*case.source, tmp_path / "in"), tmp_path / "out")
    assert str(tmp_path / "in") in message
    holds(message, case.says)


def test_names_of_cases_are_distinct():
    assert len({case.name for case in CASES}) == len(CASES)


def test_a_suffix_that_tells_no_table(tmp_path):
    put(tmp_path, {"dev.xml": "<a/>"})
    message = refused(source("mnli", "dev", "en", tmp_path, patterns=["*.xml"]), tmp_path / "out")
    holds(message, (str(tmp_path / "dev.xml"), ".xml is no kind of table that can be read", "known are .jsonl, .csv"))


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_or_its_files_are_missing(tmp_path, there):
    folder = tmp_path / "in"
    put(folder, {"xquad.fr.json": "{}"} if there else {})
    message = refused(source("xquad", "test", "de", folder), tmp_path / "out")
    what = "no file there is called **/xquad.de.json" if there else "there is no such folder"
    holds(message, (f"xquad (de): {folder}: {what}", "XQuAD (CC BY-SA 4.0): https://", "Put the files there"))


def test_a_file_that_is_a_folder_is_none(tmp_path):
    (tmp_path / "xquad.de.json").mkdir()
    message = refused(source("xquad", "test", "de", tmp_path), tmp_path / "out")
    holds(message, ("no file there is called **/xquad.de.json",))


def test_one_of_several_files_is_empty(tmp_path):
    """Each part of a data set must give records: what is missing must not go unseen among the others."""
    for part in ("snli", "mnli", "anli"):
        for path in (DATA / part).rglob("*"):
            if path.is_file():
                put(tmp_path, {str(path.relative_to(DATA)): path.read_bytes()})
    put(tmp_path, {"mnli/multinli_1.0_dev_matched.jsonl": ""})
    holds(refused(source("anli", "dev", "en", tmp_path), tmp_path / "out"), ("mnli (en): no record",))


def test_more_rows_are_held_out_than_there_are(tmp_path):
    for split in ("train", "dev"):
        message = refused(source("tydiqa", split, "en", hold_out=5), tmp_path / "out")
        holds(message, ("tydiqa: hold_out: 5 English", "there are 5 in all", "hold out fewer"))


def prepare(out, *arguments):
    program = [sys.executable, ROOT / "scripts/prepare.py", "--out", out, *arguments]
    return subprocess.run([str(part) for part in program], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("name", ["bad JSON", "cut gz", "an answer that stands elsewhere", "nine columns"])
def test_the_program_ends_with_status_2_and_the_message_alone(tmp_path, name):
    case = next(case for case in CASES if case.name == name)
    task, split, languages = case.source
    put(tmp_path / "in", case.files)
    arguments = ("--task", task, "--split", split, "--languages", languages, "--source", tmp_path / "in")
    ended = prepare(tmp_path / "out/test", *arguments)
    assert ended.returncode == 2 and ended.stderr.startswith("error: ") and "Traceback" not in ended.stderr
    holds(ended.stderr, case.says)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_program_leaves_records_provenance_and_a_digest(tmp_path):
    ended = prepare(
        tmp_path / "test", "--task", "xquad", "--split", "test", "--source", DATA / "xquad", "--languages", "zh,en"
    )
    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test.digest", "test.json", "test.parquet"]
    told = json.loads((tmp_path / "test.json").read_text("utf-8"))
    assert told["rows"] == {"zh": 3, "en": 3} and told["left_out"] == {}
    assert [file["file"] for file in told["files"]] == ["xquad.en.json", "xquad.zh.json"]
    assert told["digest"] == (tmp_path / "test.digest").read_text().strip()
    assert pq.read_table(tmp_path / "test.parquet")["context"][0].as_py().startswith("马罗角的灯塔")
