"""Made-up sentences and their translations into made-up languages, which share some of their words with English."""

from __future__ import annotations

import random

from small import text

SHARED = {"qla": 0.9, "qlb": 0.6, "qlc": 0.3}
"""Share of the words that a language has in common with English."""
ROWS = 20


def translations(language: str, shared: float) -> list[dict[str, str | None]]:
    """English sentences and their translations, in another order."""
    rng, records = random.Random(language), []
    for i in range(ROWS):
        english = text(rng).split()
        foreign = [word if rng.random() < shared else word[::-1] + "d" for word in english]
        for side, words, prefix, other in (("english", english, "e", "f"), ("foreign", foreign, "f", "e")):
            own = {"id": f"{prefix}{i}", "pair": f"{other}{i}", "context": None}
            records.append({**own, "language": language, "side": side, "text": " ".join(words)})
    rng.shuffle(records)
    return records
