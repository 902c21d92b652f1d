"""CommonsenseQA: the question is the prompt. The original nests what the hub lays flat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.place import AGAIN, Place
from xstilts.sources.readers import Ask, Sourced, many, string, value
from xstilts.sources.readers.choices import answers, right
from xstilts.sources.rows import rows


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Questions in the order of their files, under their own names."""
    for path in files:
        for place, row in rows(path):
            asked = value(place, row, "question")
            nested = isinstance(asked, Mapping)
            keys, choices = listed(place, asked if nested else row)
            yield ask.row(
                place,
                string(place, row, "id"),
                prompt=string(place, asked, "stem") if nested else string(place, row, "question"),
                choices=choices,
                label=right(place, "answerKey", row.get("answerKey"), keys, len(choices)),
            )


def listed(place: Place, row: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Keys and texts of the answers: a list of pairs in the original, a pair of lists on the hub."""
    choices = value(place, row, "choices")
    if isinstance(choices, Mapping):
        keys, texts = answers(place, choices, ["label"]), answers(place, choices, ["text"])
        if len(keys) != len(texts):
            raise place.wrong("choices", f"{len(keys)} labels for {len(texts)} texts", AGAIN)
        return keys, texts
    choices = many(place, row, "choices")
    return [string(place, one, "label") for one in choices], [string(place, one, "text") for one in choices]
