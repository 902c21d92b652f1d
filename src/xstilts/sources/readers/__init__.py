"""Readers of original formats: one file each, with `read(files, ask)` that yields records and where they stand.

Reading is all a reader does: what a file says becomes the record that a task format knows, and what can't be read
raises an error that says where it stands. The same reader takes the original files and the hub's Parquet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from xstilts.sources.place import Place

Record = dict[str, Any]
Sourced = tuple[Place, Record]
LONGEST = 60


@dataclass
class Ask:
    """What is asked of a reader: one language of one split of a release."""

    release: str
    language: str
    split: str
    labels: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Path] = ()
    left_out: Counter[str] = field(default_factory=Counter)
    """How many rows were passed over, by reason."""

    def row(self, place: Place, name: str | None = None, **fields: Any) -> Sourced:
        """A record, called `name` or else by its line; by its file too, where there are several."""
        name = name or str(place.line)
        if len(self.files) > 1:
            name = f"{stem(place.file)}:{name}"
        return place, {"id": name, "language": self.language, **fields}

    def sentence(self, place: Place, side: str, name: str, text: str, pair: str | None, **more: Any) -> Sourced:
        """A sentence of a retrieval task: on which side it stands, and what it is to be found by or to find."""
        return place, {"id": name, "language": self.language, "side": side, "text": text, "pair": pair, **more}


def stem(path: Path) -> str:
    """A file's name without its suffixes, and its folder's, since names repeat from folder to folder."""
    return f"{path.parent.name}/{path.name.split('.')[0]}"


def read(reader: str, ask: Ask) -> Iterator[Sourced]:
    """Records of the files in `ask`, by the reader of that name."""
    records: Iterator[Sourced] = import_module(f"{__name__}.{reader}").read(ask.files, ask)
    return records


def value(place: Place, row: Mapping[str, Any], *names: str) -> Any:
    """The value in the column that has one of these names: copies of a data set differ in them."""
    if not isinstance(row, Mapping):
        raise place.wrong(names[0], f"is looked for in {shown(row)}, which has no names", "is it the right file?")
    for name in names:
        if name in row:
            return row[name]
    have = ", ".join(row)
    raise place.wrong(names[0], f"there is no such column (there are {have})", "is it the right file, and whole?")


def string(place: Place, row: Mapping[str, Any], *names: str) -> str:
    """A value that must be text."""
    found = value(place, row, *names)
    if not isinstance(found, str):
        raise place.wrong(names[0], f"{shown(found)} is no text", "is it the right file?")
    return found


def many(place: Place, row: Mapping[str, Any], *names: str) -> list[Any]:
    """A value that must be a list."""
    found = value(place, row, *names)
    if not isinstance(found, list):
        raise place.wrong(names[0], f"{shown(found)} is no list", "is it the right file?")
    return found


def shown(value: Any) -> str:
    """A value for a message, which may be a whole article."""
    told = repr(value)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…"
