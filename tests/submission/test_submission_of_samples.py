"""A submission of gold answers over the real formats: an independent check against the original files themselves.

Test sets are samples of the original releases (tests/realdata); PAN-X and BUCC, of which there are none, are the tiny
files of tests/data. The gold as predictions makes the order show: each line must be the right one at its place.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checker import LANGUAGES, check
from desk import Desk, Row, Written
from making import plan
from originals import compare
from samples import FOLDER, MANIFEST, ROOT, VARIABLE

from xstilts.byhand import records_spec
from xstilts.formats import format_named
from xstilts.records import read_records, write_records
from xstilts.sources import Source
from xstilts.specs import RecordsSpec
from xstilts.submission.official import FOLDERS, Folder
from xstilts.tasks.release import releases

DATA = ROOT / "tests" / "data"
TINY = {"panx": "de,vi,zh", "bucc2018": "zh"}  # files of our own, in these languages
# The original files of a language, which are given to the check.
RAW = {
    "xnli": "xnli/dev-{0}.tsv",
    "pawsx": "pawsx/dev-{0}.tsv",
    "udpos": "udpos/{0}_*-ud-test.* udpos/xtreme_tsv/dev-{0}.*",
    "panx": "panx/{0}/test",
    "xquad": "xquad/xquad.{0}.json",
    "mlqa": "mlqa/dev-context-{0}-question-{0}.*",
    "tydiqa": "tydiqa_goldp/*_tydiqa_dev.*",
    "bucc2018": "bucc2018/{0}-en/*",
    "tatoeba": "tatoeba/tatoeba.{1}-eng.*",
}
NS = {"de": 21, "es": 17, "fr": 4, "ja": 11, "ko": 10, "zh": 7}
# What mock_test_data/labels/tatoeba of google-research/xtreme begins with: the right answers to ten sentences.
TATOEBA = {
    "af": "308 441 713 233 757 35 93 939 872 52",
    "fr": "957 981 721 980 912 444 973 971 970 969",
    "jv": "199 148 37 109 69 35 182 82 143 153",
    "sw": "114 81 80 97 95 100 98 76 107 109",
}


def gold(folder: Folder, rows: list[dict[str, Any]]) -> Iterator[Row]:
    """The right answer to each record, as a prediction."""
    for row in rows:
        common = {"id": row["id"], "language": row["language"]}
        match folder.kind:
            case "labels":
                yield {**common, "prediction": row["label"]}
            case "tags":
                yield {**common, "prediction": row["tags"]}
            case "answers":
                yield {**common, "prediction": row["answers"][0]["text"]}
            case "neighbours" if row["side"] == "english":
                yield {**common, "prediction": row["pair"]}
            case "pairs" if row["side"] == "foreign":
                yield from mined(common, row["pair"])


def mined(common: Row, pair: str | None) -> Iterator[Row]:
    """A pair of dev and of test: right ones have a higher margin than wrong ones."""
    margin, right = (1.2, [pair]) if pair else (0.9, [])
    for split in ("dev", "test"):
        yield {**common, "split": split, "prediction": pair or "en-000000001", "score": margin, "gold": right}


def spec_of(folder: Folder) -> RecordsSpec:
    """How the test records of a folder are read."""
    if folder.name in TINY:
        spec = records_spec(folder.target, "test", str(DATA / folder.name), TINY[folder.name])
        return RecordsSpec.read(spec)
    return plan().records.spec(folder.target, "test")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    if not MANIFEST.is_file():
        pytest.skip(f"no samples of real data: {MANIFEST} is not there ({VARIABLE} names another folder)")
    desk = Desk(tmp_path_factory.mktemp("samples"))
    for folder in FOLDERS:
        spec = spec_of(folder)
        source, path = Source(spec), desk.records(folder.name)

        def told(spec: RecordsSpec = spec, source: Source = source) -> dict[str, Any]:
            return {"spec": spec.model_dump(mode="json"), "left_out": source.left_out}

        write_records(source, format_named(spec.format), spec.labels, told, path)
        desk.take(folder.name, gold(folder, read_records(path).to_pylist()))
    return desk.write(partial=True)


def raw(task: str, language: str) -> list[Path]:
    """The original files of a language."""
    place = DATA if task in TINY else FOLDER
    iso = releases()["tatoeba"].names.get(language, "") if task == "tatoeba" else ""
    return [path for pattern in RAW[task].split() for path in place.glob(pattern.format(language, iso))]


def languages(task: str) -> list[str]:
    return TINY[task].split(",") if task in TINY else LANGUAGES[task].split()


def test_names_and_form_are_right_but_for_the_languages_that_have_no_samples(written: Written):
    found = check(written.archive)
    assert sorted(sentence.partition(":")[0] for sentence in found) == ["bucc2018", "panx"]
    assert all("there is no file for" in sentence for sentence in found)
    assert len(written.names) == sum(len(languages(task)) for task in LANGUAGES)


@pytest.mark.parametrize("task", LANGUAGES)
def test_each_file_answers_the_original_example_by_example(written: Written, task: str):
    for language in languages(task):
        files = raw(task, language)
        assert files, f"{task} {language}"
        assert not compare(written.archive, task, language, files, gold=True)[:3], f"{task} {language}"


def test_whole_test_sets_have_xtremes_counts(written: Written):
    for task in ("xquad", "tatoeba"):
        assert not written.problems(task)
    for name, told in written.manifest["files"].items():
        off = told.get("xtreme") not in (None, *told.values()) or len({*told.values()}) > 1
        assert bool(written.problems(f"{name} is not of the official test set")) == off, name


def test_missing_translations_have_a_line(written: Written):
    files = written.manifest["files"]
    assert {code: files[f"pawsx/test-{code}.tsv"].get("filled") for code in LANGUAGES["pawsx"].split()} == {
        "en": None,
        **NS,
    }
    assert not written.problems(f"pawsx: {sum(NS.values())}")


@pytest.mark.parametrize("language", TATOEBA)
def test_tatoeba_begins_as_xtremes_own_labels_do(written: Written, language: str):
    assert written[f"tatoeba/test-{language}.tsv"].split()[:10] == TATOEBA[language].split()


def test_the_check_runs_by_hand(written: Written):
    command = [sys.executable, str(Path(__file__).with_name("checker.py")), str(written.archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines() == check(written.archive)
