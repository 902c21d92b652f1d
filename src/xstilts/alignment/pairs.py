"""Sentences and their translations into English, out of records: row i of both sides means the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from xstilts.errors import UserError


@dataclass(frozen=True)
class Pairs:
    """The pairs of one language, in the order of the English records."""

    foreign: np.ndarray
    """Rows of the records; as many as of `english`."""
    english: np.ndarray

    def __len__(self) -> int:
        return len(self.english)


def pairs_of(records: pa.Table) -> dict[str, Pairs]:
    """The pairs by language, in the order of the records."""
    languages, sides, names, partners = (records[name].to_pylist() for name in ("language", "side", "id", "pair"))
    foreign: dict[str, dict[str, int]] = {}
    english: dict[str, list[int]] = {}
    for row, (language, side) in enumerate(zip(languages, sides, strict=True)):
        if side == "foreign":
            foreign.setdefault(language, {})[names[row]] = row
        elif side == "english":
            english.setdefault(language, []).append(row)
    if not english:
        raise UserError("these records have no English side: alignment is measured on sentences and their translations")
    found = {}
    for language, rows in english.items():
        there = foreign.get(language, {})
        alone = next((names[row] for row in rows if partners[row] not in there), None)
        if alone is not None:
            raise UserError(
                f"the English sentence {alone!r} of {language} has no translation among the records: alignment is "
                "measured where every sentence has its counterpart, as in Tatoeba; mined targets such as BUCC have none"
            )
        partnered = [there[partners[row]] for row in rows]
        if len(set(partnered)) < len(rows) or len(rows) < 2:
            what = "two English sentences share a translation" if len(rows) > 1 else "there is but one pair"
            raise UserError(f"in {language} {what}: alignment is measured on two pairs or more, each sentence in one")
        found[language] = Pairs(np.array(partnered), np.array(rows))
    return found
