"""How raw data becomes records: the miniature's generator, and readers of original files and of the hub's Parquet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from heapq import nsmallest
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from xstilts.errors import UserError
from xstilts.files import digest_of
from xstilts.sources.find import files_of
from xstilts.sources.place import Place
from xstilts.sources.readers import Ask, read
from xstilts.specs import Origin, RecordsSpec

Sourced = tuple[Place | None, dict[str, Any]]


@dataclass
class Source:
    """Records of one split, in the order of the spec's languages; what was passed over shows once they are read."""

    spec: RecordsSpec
    left_out: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Sourced]:
        """Each record with its place in a file; generated ones have none."""
        if self.spec.source["source"] == "miniature":
            # By name: its code is no part of what reads real data.
            generated = import_module("xstilts.sources.miniature.records").generated
            yield from ((None, record) for record in generated(self.spec))
            return
        held = self._held_out()
        serves = self.spec.split == "dev"
        several = len({part["release"] for part in self.spec.source["parts"]}) > 1
        for language in self.spec.languages:
            found = (
                (place, {**record, "id": f"{origin.release}:{record['id']}"} if several else record)
                for origin in self.origins
                if origin.language == language
                for place, record in self._read(origin, self.left_out)
                if held is None or language != "en" or (key_of(origin, record) in held) == serves
            )
            yield from islice(found, self.spec.source.get("limit"))

    @property
    def origins(self) -> list[Origin]:
        """Where the records are read from, part by part."""
        found = [Origin.model_validate(part) for part in self.spec.source["parts"]]
        return [origin for origin in found if origin.language in self.spec.languages]

    def _read(self, origin: Origin, left_out: Counter[str]) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Records of one part, of which there must be some."""
        files = files_of(origin)
        ask = Ask(origin.release, origin.language, self.spec.split, self.spec.labels, origin.options, files, left_out)
        before, found = left_out.copy(), None
        for place, record in read(origin.reader, ask):
            found = place
            yield place, record
        if found is None:
            names = ", ".join(str(file) for file in files)
            said = "".join(f", {count} left out ({reason})" for reason, count in (left_out - before).items())
            what = f"no record of this language in {names}{said}; are these the right files, and whole?"
            raise UserError(f"{origin.release} ({origin.language}): {what}")

    def _held_out(self) -> set[str] | None:
        """Keys of the training records that serve as dev; None where the source has a dev split of its own.

        Chosen by a hash of their names, so that the order of the files does not matter.
        """
        count = self.spec.source.get("hold_out")
        english = [origin for origin in self.origins if origin.language == "en"]
        if count is None or self.spec.split == "test" or not english:
            return None
        keys = (key_of(origin, record) for origin in english for _, record in self._read(origin, Counter()))
        held = nsmallest(count + 1, keys)
        if len(held) <= count:
            what = f"{count} English training records are to serve as dev, and there are {len(held)} in all"
            raise UserError(f"{self.spec.data}: hold_out: {what}; hold out fewer (in the world, under tasks)")
        return set(held[:count])

    @cached_property
    def files(self) -> list[dict[str, Any]]:
        """The files that are read, each once, and their sha256; costs a pass over them."""
        if self.spec.source["source"] == "miniature":
            return []
        found = {path: origin for origin in self.origins for path in files_of(origin)}
        return [
            {
                "release": origin.release,
                "revision": revision_of(origin),
                "file": path.relative_to(origin.folder).as_posix(),
                "sha256": digest_of([path]),
            }
            for path, origin in found.items()
        ]


def revision_of(origin: Origin) -> str | None:
    """The commit that a fetched release is of: of an unpinned one the commit that was taken at first."""
    record = Path(origin.folder) / "record.json"
    return json.loads(record.read_text(encoding="utf-8")).get("revision") if record.is_file() else origin.revision


def key_of(origin: Origin, record: dict[str, Any]) -> str:
    """A hash of a record's name, by which some are held out: the same, whatever else is read beside it."""
    return sha256(f"{origin.release}:{record['id']}".encode()).hexdigest()
