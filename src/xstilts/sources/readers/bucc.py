"""BUCC 2018, from its own archives: all sentences of both languages, and which of them are translations.

Three files: <pair>.<part>.<language>, <pair>.<part>.en (a sentence's name, a tab, the sentence) and <pair>.<part>.gold
(two names).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from xstilts.sources.lines import kind, lines
from xstilts.sources.place import AGAIN, Place
from xstilts.sources.readers import Ask, Sourced


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Foreign sentences, then English ones; a pair's foreign sentence names its translation."""
    by_suffix = {kind(path).removeprefix("."): path for path in files}
    if len(files) != 3 or set(by_suffix) != {ask.language, "en", "gold"}:
        have = ", ".join(sorted(path.name for path in files))
        advice = "the archives with -gold in their names have them; without the gold pairs nothing can be scored"
        raise Place(files[0].parent).wrong(
            "", f"needs three files, .{ask.language}, .en and .gold; there are {have}", advice
        )
    gold: dict[str, list[str]] = {}
    lost: dict[tuple[str, str], Place] = {}
    for place, foreign, english in columns(by_suffix["gold"]):
        right = gold.setdefault(foreign, [])
        if english not in right:
            right.append(english)
        lost |= {(ask.language, foreign): place, ("en", english): place}
    for side, suffix in (("foreign", ask.language), ("english", "en")):
        for place, name, sentence in columns(by_suffix[suffix]):
            lost.pop((suffix, name), None)
            first, *others = gold.get(name, [None]) if side == "foreign" else [None]
            more = {"more": others} if others else {}
            yield ask.sentence(place, side, name, sentence, first, **more)
    if lost:
        (suffix, name), place = next(iter(lost.items()))
        raise place.wrong("", f"{name!r} is no sentence of {by_suffix[suffix].name}", AGAIN)


def columns(path: Path) -> Iterator[tuple[Place, str, str]]:
    """The two columns of a file."""
    for place, line in lines(path):
        if line:
            first, tab, second = line.partition("\t")
            if not tab or not first or not second.strip():
                raise place.wrong("", "two columns with a tab between are expected", AGAIN)
            yield place, first, second
