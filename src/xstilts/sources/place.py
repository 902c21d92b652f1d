"""Where a value stands in a source file, and what is said when it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xstilts.errors import UserError

# What to do, in words that many messages share.
AGAIN = "the file is damaged or cut short: fetch or copy it again"
UTF8 = "save the file as UTF-8"
STRIPPED = (
    "XTREME takes the labels of its test sets away, and what can't be scored is not read: use the original release, "
    "or another split"
)


@dataclass(frozen=True)
class Place:
    """A file, and as far as it is known the line, or whatever counts rows there, and what stands there."""

    file: Path
    line: int | None = None
    unit: str = "line"
    detail: str = ""

    def __str__(self) -> str:
        line = f", {self.unit} {self.line}" if self.line is not None else ""
        return f"{self.file}{line}" + (f" ({self.detail})" if self.detail else "")

    def wrong(self, field: str, what: str, advice: str) -> BadInputError:
        """The error to raise for a `field` here."""
        return BadInputError(self, field, what, advice)


class BadInputError(UserError):
    """A source file that can't be read as what it should be: file, line, field, and what to do."""

    def __init__(self, place: Place, field: str, what: str, advice: str) -> None:
        super().__init__(f"{place}: {f'field {field!r}: ' if field else ''}{what}; {advice}")
        self.place = place
