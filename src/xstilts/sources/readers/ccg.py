"""CCG supertags: CCGbank's own derivations (data/AUTO/…/wsj_*.auto), or lines of `words<TAB>tags`, as jiant has them.

In a derivation each word is a leaf: <L category tag tag word predicate-argument-category>.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from xstilts.sources.lines import kind, lines
from xstilts.sources.place import AGAIN
from xstilts.sources.readers import Ask, Sourced

LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) \S+>")


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Sentences in the order of their files."""
    for path in files:
        auto = kind(path) == ".auto"
        for place, text in lines(path):
            if not text.strip() or (auto and text.startswith("ID=")):
                continue
            if auto:
                leaves = LEAF.findall(text)
                words, tags = [word for _, word in leaves], [category for category, _ in leaves]
                if not words or text.count("<L ") != len(words):
                    raise place.wrong("", "is no derivation of CCGbank", AGAIN)
            else:
                cells = text.split("\t")
                if len(cells) != 2:
                    raise place.wrong("", f"{len(cells)} columns where 2 are expected (words, tags)", AGAIN)
                words, tags = cells[0].split(" "), cells[1].split(" ")
            if len(words) != len(tags):
                raise place.wrong("tags", f"{len(tags)} tags for {len(words)} words", AGAIN)
            yield ask.row(place, words=words, tags=tags)
