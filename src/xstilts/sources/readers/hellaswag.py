"""HellaSwag, as jiant lays it out: ctx_a is the prompt; each choice is ctx_b, a space and an ending.

WikiHow's contexts carry marks ([header], [title], [step], [substeps]). They stay, as in the paper's runs; the option
`marks: drop` takes them away, for copies of which one has lost them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from xstilts.sources.readers import Ask, Sourced, string, value
from xstilts.sources.readers.choices import answers, right
from xstilts.sources.rows import rows

MARK = re.compile(r"\s*\[(header|title|step|substeps)\]\s*")


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Questions in the order of their files."""
    clean = without_marks if ask.options.get("marks") == "drop" else str
    for path in files:
        for place, row in rows(path):
            begun = string(place, row, "ctx_b")
            endings = answers(place, row, ["endings"])
            yield ask.row(
                place,
                prompt=clean(string(place, row, "ctx_a")),
                choices=[clean(f"{begun} {ending}" if begun else ending) for ending in endings],
                label=right(place, "label", value(place, row, "label"), (), len(endings)),
            )


def without_marks(text: str) -> str:
    """The text with its marks read as spaces."""
    return MARK.sub(" ", text).strip()
