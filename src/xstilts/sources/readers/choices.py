"""A prompt, several answers, and which is right: Cosmos QA, SocialIQA, and questions of one's own.

Options
    prompt   columns whose texts, joined by a space, are the prompt
    choices  columns of the answers; or one column, which holds a list
    label    the column that says which is right: its number from 0, or one of `keys`
    keys     names of the answers, in order: [A, B, C]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.place import STRIPPED, Place
from xstilts.sources.readers import Ask, Sourced, many, shown, string, value
from xstilts.sources.rows import rows


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Questions in the order of their files."""
    prompt, columns, label = ask.options["prompt"], ask.options["choices"], ask.options["label"]
    keys = ask.options.get("keys", ())
    for path in files:
        for place, row in rows(path, heads=frozenset(prompt)):
            choices = answers(place, row, columns)
            yield ask.row(
                place,
                prompt=" ".join(string(place, row, name) for name in prompt),
                choices=choices,
                label=right(place, label, value(place, row, label), keys, len(choices)),
            )


def answers(place: Place, row: Any, columns: Sequence[str]) -> list[str]:
    """The texts of the answers."""
    if len(columns) > 1:
        return [string(place, row, name) for name in columns]
    found = many(place, row, columns[0])
    if not all(isinstance(item, str) for item in found):
        raise place.wrong(columns[0], f"{shown(found)} is no list of texts", "is it the right file?")
    return found


def right(place: Place, name: str, said: Any, keys: Sequence[str], count: int) -> int:
    """Which answer is right, from 0; a question without an answer is refused."""
    if said is None or said == "" or said == -1:
        raise place.wrong(name, "is empty", STRIPPED)
    said = said.strip() if isinstance(said, str) else said  # the hub's SocialIQA keeps the ends of lines
    if said in keys:
        return list(keys).index(said)
    number = int(said) if type(said) is int or (isinstance(said, str) and said.isdecimal()) else -1
    if keys or not 0 <= number < count:
        takes = ", ".join(keys) if keys else f"0 to {count - 1}"
        raise place.wrong(name, f"{shown(said)} is none of {takes}", "mend it, or leave the row out")
    return number
