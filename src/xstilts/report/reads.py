"""What was read of which data set, and from which releases: the records say it, or else the registry of tasks.

And a shelf, for whoever asks for much of what lies among the results of a world, and often.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.report.findings import LABORATORIES
from xstilts.report.made import Made, named, read_made
from xstilts.tasks import TASKS
from xstilts.tasks.release import Release, releases

GENERATED = "miniature"
"""What a split's record calls its source where the project made it itself."""


@dataclass(frozen=True)
class Read:
    """One split of a data set, and what for."""

    task: str
    """As recipes write it: `mnli`, `mnli@mt-de`."""
    data: str
    """The data set: for the target `xquad`, `squad` is trained on."""
    split: str
    languages: tuple[str, ...]
    """Empty: those of the original data."""


@dataclass(frozen=True)
class Source:
    """What a data set is made from: the miniature, or releases."""

    generated: bool
    releases: tuple[Release, ...] = ()


def reads_of(parts: Iterable[Mapping[str, Any]]) -> list[Read]:
    """What a stage reads: the train split of each of its parts, and English dev data."""
    found = []
    for part in parts:
        task, languages = named(part), tuple(part.get("languages", ()))
        data = f"{part['data']}@{part['variant']}" if part.get("variant") else str(part["data"])
        found += [Read(task, data, "train", languages), Read(task, str(part["dev"]), "dev", ("en",))]
    return found


class Sources:
    """What the data sets of a world were made from, each looked up once: thousands of checkpoints ask for a few."""

    def __init__(self, world: str, results: Path | None) -> None:
        self.world, self.results = world, results
        self._known: dict[Read, Source] = {}

    def of(self, read: Read) -> Source:
        """What was read: as the record beside the world's records says, or the registry where that is not there."""
        if read not in self._known:
            self._known[read] = self._source(read)
        return self._known[read]

    def _source(self, read: Read) -> Source:
        told = told_source(self.results / "records" / read.data / f"{read.split}.json") if self.results else None
        if told is None:
            return Source(True) if self.world in LABORATORIES else Source(False, tuple(registered(read)))
        names = dict.fromkeys(part["release"] for part in told.get("parts", ()))
        known = tuple(releases()[name] for name in names if name in releases())
        return Source(told.get("source") == GENERATED, known)


class Shelf:
    """The checkpoints of a world and the sources of its data; of a world that nobody knows (None) there are none."""

    def __init__(self, results: Path | None) -> None:
        self.results = results
        self.sources = Sources(self.world, results)
        self._read: dict[str, Made | None] = {}

    @property
    def world(self) -> str:
        """Its name, which is that of the folder."""
        return self.results.resolve().name if self.results else ""

    def made(self, node: str) -> Made | None:
        """A whole checkpoint by its path."""
        if node not in self._read:
            self._read[node] = read_made(self.folder(node)) if self.results else None
        return self._read[node]

    def folder(self, node: str) -> Path:
        return (self.results or Path()) / "checkpoints" / node


def told_source(file: Path) -> dict[str, Any] | None:
    """Where the records of a split came from; None where nothing says it."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["spec"]["source"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return found


def registered(read: Read) -> Sequence[Release]:
    """The releases that a task's split is read from, unless a world says otherwise."""
    name, _, variant = read.data.partition("@")
    if name not in TASKS:
        return ()
    known = [releases()[release] for release in TASKS[name].releases]
    # What a world holds out as dev comes from the train split.
    held = [one for one in known if read.split in one.files] or [one for one in known if "train" in one.files]
    spoken = set(read.languages) or ({code for one in held for code in one.languages} - {"en"} if variant else set())
    return [one for one in held if not spoken or spoken & set(one.languages)]
