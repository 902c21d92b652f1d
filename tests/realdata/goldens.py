"""Golden records: what some records of the samples must be, as read off the raw files (golden/README.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"
HEAD = ("file", "nth", "line", "article", "language", "id", "case")


@dataclass(frozen=True)
class Golden:
    """One record: where it stands, and what is told of its fields."""

    task: str
    head: Mapping[str, Any]
    told: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.task} {self.head['language']} {self.head['id']}"

    def differences(self, record: Mapping[str, Any]) -> list[str]:
        """Where a record is not what it must be."""
        told = {"language": self.head["language"], **self.told}
        return [said for name, value in told.items() for said in differences(name, value, record.get(name))]


def goldens() -> list[Golden]:
    """All golden records, by task."""
    found = []
    for path in sorted(GOLDEN.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            told = {name: value for name, value in entry.items() if name not in HEAD}
            found.append(Golden(path.stem, {name: entry.get(name) for name in HEAD}, told))
    return found


def differences(name: str, told: Any, found: Any) -> Iterator[str]:
    """Texts are told by [length, beginning, end], words by how many there are and some of them, the rest as it is."""
    if name == "tags":
        found = " ".join(found)
    elif name == "words":
        some = {place: found[int(place) - 1 : int(place)] for place in told["some"]}
        found = {"count": len(found), "characters": len("".join(found)), "some": some}
        told = {**told, "some": {place: [word] for place, word in told["some"].items()}}
    elif isinstance(told, list) and len(told) == 3 and isinstance(told[0], int) and isinstance(found, str):
        _, begins, ends = told
        found = [len(found), found[: len(begins)], found[-len(ends) :]]
    elif isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        for number, (one, other) in enumerate(zip(told, found, strict=True), start=1):
            yield from differences(f"{name} {number}", one, other)
        return
    elif isinstance(told, dict) and isinstance(found, dict) and told.keys() == found.keys():
        for key, value in told.items():
            yield from differences(f"{name}.{key}", value, found[key])
        return
    if found != told:
        yield f"{name}: {found!r} where {told!r} is told"
