"""Words and their tags, a word a line: XTREME's files, PAN-X, CoNLL-like files; and the hub's lists.

Options
    columns  places of word and tag in a line of tab-separated columns, from 0 ([0, 1] unless told)
    fields   names of the two lists in the hub's Parquet ([tokens, ner_tags] unless told)
    labels   the task's tag for each of the source's, where they differ
    prefix   true: a word may begin with its language and a colon (PAN-X: `en:Paris`), which is taken away
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.lines import blocks, kind
from xstilts.sources.place import AGAIN, STRIPPED, Place
from xstilts.sources.readers import Ask, Sourced, many, shown
from xstilts.sources.rows import rows


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Sentences in the order of their files."""
    prefix = f"{ask.language}:" if ask.options.get("prefix") else ""
    named = ask.options.get("labels", {})
    for path in files:
        for place, pairs in listed(path, ask) if kind(path) == ".parquet" else written(path, ask):
            tags = [(at, named.get(tag, tag) if isinstance(tag, str) else tag) for at, _, tag in pairs]
            yield ask.row(
                place,
                words=[word.removeprefix(prefix) for _, word, _ in pairs],
                tags=[known(at, tag, ask.labels) for at, tag in tags],
            )


def written(path: Path, ask: Ask) -> Iterator[tuple[Place, list[tuple[Place, str, Any]]]]:
    """Sentences of a text file: lines of columns, blank lines (one or several) between; comments are passed over."""
    word, tag = ask.options.get("columns", (0, 1))
    for block in blocks(path):
        lines = [(place, text.split("\t")) for place, text in block if not comment(text)]
        for place, cells in lines:
            if len(cells) <= max(word, tag):
                stripped = len(cells) == max(word, tag)
                raise place.wrong(
                    "tag",
                    f"{len(cells)} columns where {max(word, tag) + 1} are expected",
                    STRIPPED if stripped else AGAIN,
                )
        if lines:
            yield block[0][0], [(place, cells[word].strip(), cells[tag].strip()) for place, cells in lines]


def comment(line: str) -> bool:
    """`# text = …` is one; a line of `#` and a tag is a word."""
    return line.startswith("# ") and "\t" not in line


def listed(path: Path, ask: Ask) -> Iterator[tuple[Place, list[tuple[Place, str, Any]]]]:
    """Sentences of the hub: a list of words, a list of tags."""
    words, tags = ask.options.get("fields", ("tokens", "ner_tags"))
    for place, row in rows(path):
        said, gold = many(place, row, words), many(place, row, tags)
        if len(said) != len(gold):
            raise place.wrong(tags, f"{len(gold)} tags for {len(said)} words", AGAIN)
        odd = [word for word in said if not isinstance(word, str)]
        if odd:
            raise place.wrong(words, f"{shown(odd[0])} is no text", "is it the right file?")
        yield place, [(place, word, tag) for word, tag in zip(said, gold, strict=True)]


def known(place: Place, tag: Any, labels: Sequence[str]) -> str:
    """The tag, if it is one of the task's; an open set (CCG's categories) takes any."""
    if tag is None or tag == "":
        raise place.wrong("tag", "is empty", STRIPPED)
    if not isinstance(tag, str) or (labels and tag not in labels):
        raise place.wrong("tag", f"{shown(tag)} is none of {', '.join(labels)}", "mend it, or leave the sentence out")
    return tag
