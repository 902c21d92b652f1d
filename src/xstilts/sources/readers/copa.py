"""COPA and XCOPA: the prompt is the premise and what is asked of it, in English for every language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from xstilts.sources.readers import Ask, Sourced, string, value
from xstilts.sources.readers.choices import right
from xstilts.sources.rows import rows

ASKED: Mapping[str, str] = MappingProxyType({"cause": "What was the cause?", "effect": "What happened as a result?"})

NAMES = ("choice1", "choice2")  # SuperGLUE's on the hub; elsewhere labels are numbers


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Questions in the order of their files."""
    for path in files:
        for place, row in rows(path):
            kind = string(place, row, "question")
            if kind not in ASKED:
                raise place.wrong("question", f"{kind!r} is neither cause nor effect", "mend it, or leave the row out")
            label = value(place, row, "label")
            yield ask.row(
                place,
                prompt=f"{string(place, row, 'premise')} {ASKED[kind]}",
                choices=[string(place, row, "choice1"), string(place, row, "choice2")],
                label=right(place, "label", label, NAMES if label in NAMES else (), 2),
            )
