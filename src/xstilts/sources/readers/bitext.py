"""Sentences and their translations into English: two files, line by line, or the hub's pairs (Tatoeba)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from xstilts.sources.lines import kind, lines
from xstilts.sources.place import AGAIN, Place
from xstilts.sources.readers import Ask, Sourced, string
from xstilts.sources.rows import rows

ENGLISH = (".eng", ".en")


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Each sentence, and then its translation; they name each other as their pair."""
    for place, foreign, english in pairs(files):
        name = str(place.line)
        for side, sentence in (("foreign", foreign), ("english", english)):
            # The hub's copy keeps the line ends of the original, which are no part of a sentence.
            yield ask.sentence(place, side, name, sentence.rstrip("\r\n"), name)


def pairs(files: Sequence[Path]) -> Iterator[tuple[Place, str, str]]:
    """Foreign and English sentence, with their place."""
    if kind(files[0]) == ".parquet":
        for path in files:
            for place, row in rows(path):
                yield place, string(place, row, "source_sentence"), string(place, row, "target_sentence")
        return
    english = [path for path in files if kind(path) in ENGLISH]
    foreign = [path for path in files if kind(path) not in ENGLISH]
    if len(english) != 1 or len(foreign) != 1:
        what = f"{', '.join(path.name for path in files)} are no file and its translation into English"
        raise Place(files[0].parent).wrong("", what, "there must be two: one ends with .eng (or .en), one does not")
    for left, right in zip_longest(lines(foreign[0]), lines(english[0])):
        if left is None or right is None:
            longer, shorter = (english[0], foreign[0]) if left is None else (foreign[0], english[0])
            place = (left or right)[0]
            raise place.wrong(
                "", f"{longer.name} goes on here, and {shorter.name} has ended", "lines pair by number: " + AGAIN
            )
        yield left[0], left[1], right[1]
