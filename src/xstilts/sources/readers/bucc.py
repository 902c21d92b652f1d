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
    gold: dict[str, tuple[Place, str]] = {}
    for place, foreign, english in columns(by_suffix["gold"]):
        if gold.setdefault(foreign, (place, english))[1] != english:
            ask.left_out["a second translation of a sentence: pairs are one to one"] += 1
    lost = {(ask.language, foreign): place for foreign, (place, _) in gold.items()}
    lost |= {("en", english): place for place, english in gold.values()}
    for side, suffix in (("foreign", ask.language), ("english", "en")):
        for place, name, sentence in columns(by_suffix[suffix]):
            lost.pop((suffix, name), None)
            pair = gold[name][1] if side == "foreign" and name in gold else None
            yield ask.sentence(place, side, name, sentence, pair)
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
