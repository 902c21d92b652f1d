"""Samples of the original data sets, if there is a folder of them, and how one file of them is read alone."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from xstilts.sources.place import Place
from xstilts.sources.readers import Ask, read
from xstilts.tasks import TASKS, Task
from xstilts.tasks.release import Release, releases

ROOT = Path(__file__).parents[2]
VARIABLE = "XSTILTS_REALDATA"
FOLDER = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared" / "realdata").absolute()
MANIFEST = FOLDER / "MANIFEST.tsv"
# Data of tasks on images, which have no release yet.
UNREGISTERED = frozenset({"marvl", "xgqa", "xvnli"})
NS = "'NS' stands for a missing translation"
# Rows that are no records, by reason.
LEFT_OUT = {
    "pawsx/dev-de.tsv": {NS: 21},
    "pawsx/dev-es.tsv": {NS: 17},
    "pawsx/dev-fr.tsv": {NS: 4},
    "pawsx/dev-ja.tsv": {NS: 11},
    "pawsx/dev-ko.tsv": {NS: 10},
    "pawsx/dev-zh.tsv": {NS: 7},
    "pawsx/x-final_format/de/test_2k.sample.tsv": {NS: 11},
}


@dataclass(frozen=True)
class Sample:
    """One file, as MANIFEST.tsv describes it."""

    file: str
    count: int
    unit: str
    language: str
    sha256: str

    @property
    def folder(self) -> str:
        return self.file.partition("/")[0]


@cache
def manifest() -> tuple[Sample, ...]:
    """All files."""
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(Sample(r["file"], int(r["count"]), r["unit"], r["language"], r["sha256"]) for r in rows)


@dataclass(frozen=True)
class Reading:
    """What is read together, and how: a file, or the two files of a language of Tatoeba."""

    samples: tuple[Sample, ...]

    @property
    def file(self) -> str:
        """The first file; of Tatoeba the foreign one."""
        return self.samples[0].file

    @property
    def language(self) -> str:
        """The project's code: MLQA's pairs are one language where both sides are the same."""
        context, _, question = self.samples[0].language.partition("/")
        return context if question in ("", context) else f"{context}-{question}"

    @property
    def release(self) -> Release:
        folder = self.samples[0].folder
        return releases()["mlqa_cross" if folder == "mlqa" and "-" in self.language else folder]

    @property
    def tasks(self) -> list[Task]:
        """Those that read the release."""
        return [task for task in TASKS.values() if self.release.name in task.releases]

    @property
    def labels(self) -> tuple[str, ...]:
        """Of those tasks, which agree on them."""
        (labels,) = {task.labels for task in self.tasks}
        return labels

    def read(self) -> Read:
        """All records of these files alone."""
        files = [FOLDER / sample.file for sample in self.samples]
        ask = Ask(self.release.name, self.language, "test", self.labels, self.release.options, files)
        return Read(list(read(self.release.reader, ask)), ask.left_out)


@dataclass(frozen=True)
class Read:
    """What a reader gave, and how many rows it left out, by reason."""

    records: list[tuple[Place, dict[str, Any]]]
    left_out: Counter[str]


@cache
def readings() -> tuple[Reading, ...]:
    """All files of registered releases."""
    together: dict[str, list[Sample]] = {}
    for sample in manifest():
        if sample.folder not in UNREGISTERED:
            key = sample.file.rsplit(".", 1)[0] if sample.folder == "tatoeba" else sample.file
            together.setdefault(key, []).append(sample)
    ordered = (sorted(samples, key=lambda sample: sample.language == "en") for samples in together.values())
    return tuple(Reading(tuple(samples)) for samples in ordered)


@lru_cache(maxsize=8)
def read_file(file: str) -> Read:
    """What the reader of its release gives of one file."""
    return next(reading for reading in readings() if reading.file == file).read()
