"""Plain text for masked language modelling: one passage a line; of the hub's Wikipedia, each paragraph of an article.

Options
    shortest  passages with fewer characters are left out, and counted (1 unless told)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from xstilts.sources.lines import kind, lines
from xstilts.sources.readers import Ask, Sourced, string
from xstilts.sources.rows import rows


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Passages in the order of their files."""
    shortest = ask.options.get("shortest", 1)
    for path in files:
        tables = kind(path) in (".parquet", ".jsonl")
        source = ((place, string(place, row, "text")) for place, row in rows(path)) if tables else lines(path)
        for place, article in source:
            for number, passage in enumerate(article.split("\n"), start=1):
                passage = passage.strip()
                if len(passage) >= shortest:
                    yield ask.row(place, f"{place.line}.{number}" if tables else str(place.line), text=passage)
                elif passage:
                    ask.left_out[f"shorter than {shortest} characters"] += 1
