"""`snakemake records` on the samples: all data that is there becomes record files, and the rest is said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from clones import WATCH, Clone, clone_into
from goldens import goldens
from samples import LEFT_OUT, Reading, readings

from xstilts.files import read_digest
from xstilts.tasks import TASKS

# What each record file is read from: releases, and their files.
READ = {
    ("anli", "train"): "mnli/train.* anli/train.*",
    ("anli", "dev"): "mnli/dev* anli/dev*",
    ("mnli", "train"): "mnli/train.*",
    ("mnli", "dev"): "mnli/dev*",
    ("squad", "train"): "squad_v1/train-*",
    ("squad", "dev"): "squad_v1/dev-*",
    ("squad2", "train"): "squad_v2/train-*",
    ("squad2", "dev"): "squad_v2/dev-*",
    ("hellaswag", "train"): "hellaswag/*_train.*",
    ("hellaswag", "dev"): "hellaswag/*_val.*",
    ("cosmosqa", "train"): "cosmosqa/train.*",
    ("cosmosqa", "dev"): "cosmosqa/valid.*",
    ("csqa", "train"): "commonsenseqa/train_*",
    ("csqa", "dev"): "commonsenseqa/dev_*",
    ("siqa", "train"): "siqa/*_tst.*",
    ("siqa", "dev"): "siqa/*_dev.*",
    ("xnli", "test"): "xnli/*",
    ("pawsx", "dev"): "pawsx/dev-en.tsv",
    ("pawsx", "test"): "pawsx/dev-*",
    ("udpos", "train"): "udpos/en_ewt-ud-train.conllu.gz",
    ("udpos", "dev"): "udpos/*-ud-dev.*",
    ("udpos", "test"): "udpos/*-ud-test.* udpos/xtreme_tsv/*",
    ("xquad", "test"): "xquad/*",
    ("mlqa", "test"): "mlqa/*",
    ("mlqa-cross", "test"): "mlqa_cross/*",
    ("tydiqa", "train"): "tydiqa_goldp/english_tydiqa_train.*",
    ("tydiqa", "dev"): "tydiqa_goldp/english_tydiqa_train.*",
    ("tydiqa", "test"): "tydiqa_goldp/*_tydiqa_dev.*",
    ("tatoeba", "test"): "tatoeba/*",
    ("tatoeba-r", "test"): "tatoeba/*",
    ("xcopa", "test"): "xcopa/*/test.*",
    ("lareqa", "test"): "lareqa/*",
    ("uner", "train"): "uner/en_ewt-ud-dev.*",
    ("uner", "dev"): "uner/en_ewt-ud-dev.*",
    ("uner", "test"): "uner/*-ud-test.*",
}
HELD_OUT = {"tydiqa": 90, "uner": 100}
# Of LAReQA's paragraphs: they are records too.
SENTENCES = {
    "ar": 68,
    "de": 77,
    "el": 69,
    "en": 68,
    "es": 69,
    "hi": 68,
    "ru": 68,
    "th": 54,
    "tr": 69,
    "vi": 68,
    "zh": 67,
}
LACKING = [
    "the recipe 'all9' is trained without 'ccg'",
    "the recipe 'all9' is trained without 'qqp'",
    "the recipe 'ccg' is left out for want of 'ccg'",
    "the recipe 'qqp' is left out for want of 'qqp'",
    "the target 'bucc' is left out",
    "the target 'mewslix' is left out",
    "the target 'panx' is left out",
    "the target 'pawsx' is left out",
]


@dataclass(frozen=True)
class Run:
    """One run of the workflow."""

    text: str

    @property
    def notes(self) -> dict[str, str]:
        """What the study goes without, and why."""
        said = re.findall(r"^note: (.*?): (.*)$", self.text, flags=re.MULTILINE)
        return dict(said)

    @property
    def rules(self) -> set[str]:
        return set(re.findall(r"^(?:local)?rule (\w+):$", self.text, flags=re.MULTILINE))


@dataclass(frozen=True)
class Prepared:
    """Two runs in a clone, one after the other, and the folder of records that they leave."""

    clone: Clone
    records: Path
    runs: tuple[Run, Run]


@pytest.fixture(scope="module")
def prepared(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    clone = clone_into(tmp_path_factory.mktemp("clone"))
    results = tmp_path_factory.mktemp("results")
    environment = os.environ | {
        "PYTHONPATH": f"{clone.folder / 'src'}:{WATCH}",
        "XSTILTS_CONNECTIONS": str(clone.connections),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "snakemake", "-c2", "records", "--configfile", "tests/realdata/samples.yaml"]
    command += ["--config", f"files={realdata}", f"results={results}"]

    def run() -> Run:
        done = subprocess.run(command, cwd=clone.folder, env=environment, capture_output=True, text=True, check=False)
        text = done.stdout + done.stderr
        logs = "\n".join(f"== {path}\n{path.read_text()[-800:]}" for path in results.rglob("*.log"))
        assert done.returncode == 0, f"{' '.join(command)}\n{text[-3000:]}\n{logs[-6000:]}"
        return Run(text)

    return Prepared(clone, results / "real" / "records", (run(), run()))


@dataclass(frozen=True)
class Made:
    """One record file, and what is written beside it."""

    path: Path

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.path).to_pylist()
        return rows

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What the Parquet file itself tells."""
        told: dict[str, Any] = json.loads(pq.read_metadata(self.path).metadata[b"xstilts"])
        return told

    @cached_property
    def record(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.path.with_suffix(".json").read_text(encoding="utf-8"))
        return told


@pytest.fixture(params=READ, ids="/".join)
def made(request: pytest.FixtureRequest, prepared: Prepared) -> tuple[Made, list[Reading]]:
    """Each record file, and the files that it must be read from."""
    data, split = request.param
    wanted = [
        reading
        for reading in readings()
        for pattern in READ[data, split].split()
        if fnmatch(f"{reading.release.name}/{reading.file.partition('/')[2]}", pattern)
        and (data != "tatoeba" or reading.language in TASKS[data].languages)
    ]
    return Made(prepared.records / data / f"{split}.parquet"), wanted


def expected_rows(data: str, split: str, wanted: list[Reading]) -> dict[str, int]:
    """Rows by language, from what the manifest counts."""
    rows: Counter[str] = Counter()
    for reading in wanted:
        rows[reading.language] += sum(sample.count for sample in reading.samples)
        rows[reading.language] -= sum(LEFT_OUT.get(reading.file, {}).values())
        rows[reading.language] += SENTENCES[reading.language] if data == "lareqa" else 0
    if data in HELD_OUT and split != "test":
        return {"en": HELD_OUT[data] if split == "dev" else rows["en"] - HELD_OUT[data]}
    return dict(rows)


def test_all_that_the_samples_allow_is_made_and_nothing_else(prepared: Prepared):
    found = {(path.parent.name, path.stem) for path in prepared.records.glob("*/*.parquet")}
    assert found == set(READ)


def test_what_is_not_there_is_said(prepared: Prepared, realdata: Path):
    for run in prepared.runs:
        assert sorted(run.notes) == LACKING
        assert all(why.startswith(f"{realdata}/") for why in run.notes.values())
    why = prepared.runs[0].notes["the target 'pawsx' is left out"]
    assert f"{realdata}/pawsx has no such files (train, en)" in why


def test_nothing_is_fetched(prepared: Prepared):
    assert prepared.runs[0].rules == {"prepare_records", "records"}
    assert not (prepared.clone.folder / "data").exists()
    assert not prepared.clone.connections.exists(), prepared.clone.connections.read_text()


def test_a_second_run_does_nothing(prepared: Prepared):
    assert "Nothing to be done" in prepared.runs[1].text
    assert prepared.runs[1].rules == set()


def test_each_file_holds_the_rows_of_each_language(made: tuple[Made, list[Reading]]):
    file, wanted = made
    data, split = file.path.parent.name, file.path.stem
    expected = expected_rows(data, split, wanted)
    assert dict(Counter(row["language"] for row in file.rows)) == expected
    assert file.provenance["rows"] == file.record["rows"] == expected
    left_out = [LEFT_OUT[reading.file] for reading in wanted if reading.file in LEFT_OUT]
    assert file.record["left_out"] == dict(sum(map(Counter, left_out), Counter()))


def test_each_file_knows_where_it_comes_from(made: tuple[Made, list[Reading]]):
    file, wanted = made
    told = file.provenance
    assert {(one["release"], one["file"], one["sha256"], one["revision"]) for one in told["files"]} == {
        (reading.release.name, sample.file.partition("/")[2], sample.sha256, None)
        for reading in wanted
        for sample in reading.samples
    }
    assert (told["spec"]["data"], told["spec"]["split"]) == (file.path.parent.name, file.path.stem)
    assert list(told["spec"]["languages"]) == list(dict.fromkeys(row["language"] for row in file.rows))
    assert re.fullmatch("[0-9a-f]{12,64}", told["code"])
    assert {key: file.record[key] for key in told} == told
    assert read_digest(file.path.with_suffix(".digest")) == file.record["digest"]


def test_each_file_holds_the_golden_records_of_its_files(made: tuple[Made, list[Reading]]):
    file, wanted = made
    rows = {(row["language"], row["id"], row.get("side")): row for row in file.rows}
    held = rows.keys()
    if file.path.parent.name in HELD_OUT and file.path.stem != "test":
        other = "dev" if file.path.stem == "train" else "train"
        held |= {(row["language"], row["id"], None) for row in Made(file.path.with_stem(other)).rows}
    for golden in goldens():
        reading = next((one for one in wanted if one.file == golden.head["file"]), None)
        if reading is None:
            continue
        path = Path(reading.file)
        prefixes = ("", f"{reading.release.name}:", f"{path.parent.name}/{path.name.split('.')[0]}:")
        keys = [(reading.language, f"{prefix}{golden.head['id']}", golden.told.get("side")) for prefix in prefixes]
        (key,) = [key for key in keys if key in held]
        assert key not in rows or golden.differences(rows[key]) == []


@pytest.mark.parametrize("data", HELD_OUT)
def test_what_is_held_out_is_not_trained_on(prepared: Prepared, data: str):
    train, dev = (
        {row["id"] for row in Made(prepared.records / data / f"{split}.parquet").rows} for split in ("train", "dev")
    )
    assert len(dev) == HELD_OUT[data]
    assert not train & dev


def test_records_of_several_files_or_releases_are_named_for_them(prepared: Prepared):
    anli = Made(prepared.records / "anli" / "train.parquet").rows
    assert {row["id"].partition(":")[0] for row in anli} == {"mnli", "anli"}
    arabic = [row["id"] for row in Made(prepared.records / "udpos" / "test.parquet").rows if row["language"] == "ar"]
    assert {name.partition(":")[0] for name in arabic} == {"udpos/ar_pud-ud-test", "xtreme_tsv/dev-ar"}
