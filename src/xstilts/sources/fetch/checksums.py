"""What was seen first is what is trusted: checksums and revisions, kept outside of the outputs.

The file is for people too: `revisions` has the commit of each hub data set that no world pins, `sha256` has the sum of
each file, by its address. Removing a line forgets it, and the next fetch trusts what it sees then.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from xstilts.errors import UserError
from xstilts.files import write_json
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.folder import locked

Book = dict[str, dict[str, str]]
REVISIONS, SUMS = "revisions", "sha256"


@dataclass(frozen=True)
class Expected:
    """The checksum that a file must have: who says so, and what to do when it has another."""

    sha256: str
    origin: str
    remedy: str

    def check(self, what: str, found: str) -> None:
        """Refuse a file with another sum."""
        if found != self.sha256:
            raise FetchError(f"{what} has sha256 {found}, and {self.origin} {self.sha256}; {self.remedy}")


class Checksums:
    """The book of what was seen first, shared by all releases beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def expected(self, key: str) -> Expected | None:
        """The sum of a file when it was first seen."""
        known = self._read()[SUMS].get(key)
        remedy = f"if the new one is right, remove the line of {key} from {self.path}, and fetch again"
        return Expected(known, "when it was fetched first it had", remedy) if known else None

    def keep(self, key: str, sha256: str) -> None:
        """Record a sum that was not known; one that is known stays."""
        self._keep(SUMS, key, sha256)

    def revision(self, hub: str) -> str | None:
        """The commit of a hub data set that was the newest when it was first fetched."""
        return self._read()[REVISIONS].get(hub)

    def keep_revision(self, hub: str, commit: str) -> str:
        """Record a commit; the one that holds, which another fetch may have recorded a moment ago."""
        return self._keep(REVISIONS, hub, commit)

    def _keep(self, kind: str, key: str, value: str) -> str:
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            book = self._read()
            if key not in book[kind]:
                book[kind] = dict(sorted([*book[kind].items(), (key, value)]))
                write_json(self.path, book)
            return book[kind][key]

    def _read(self) -> Book:
        if not self.path.exists():
            return {REVISIONS: {}, SUMS: {}}
        try:
            book = json.loads(self.path.read_text(encoding="utf-8"))
            return {kind: {str(key): str(value) for key, value in book[kind].items()} for kind in (REVISIONS, SUMS)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{self.path} can't be read ({type(error).__name__}: {error}): mend it, or remove it and trust anew "
                "what the next fetch sees"
            ) from None
