"""Cases of damaged input: a source (task, split, language), its files, and what the message says."""

from typing import NamedTuple

import pytest
from reading import written

from xstilts.errors import UserError

AGAIN = "fetch or copy it again"
MEND = "mend it"
RIGHT = "is it the right file"
UTF8 = "save the file as UTF-8"


class Case(NamedTuple):
    name: str
    source: tuple[str, str, str]
    files: dict[str, str | bytes]
    says: tuple[str, ...]
    """In this order: the place, the field, what is wrong, the advice."""


def refused(read, folder):
    """The message with which a source is refused; nothing stays in the folder."""
    with pytest.raises(UserError) as error:
        written(read, folder / "test.parquet")
    assert list(folder.iterdir()) == []
    return str(error.value)


def holds(message, says):
    """Whether all parts stand in the message, in this order."""
    place = 0
    for part in says:
        assert part in message[place:], f"{part!r} does not follow in: {message}"
        place = message.index(part, place) + len(part)
