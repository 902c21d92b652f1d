"""A checkpoint as its folder tells it, for whoever reads many of them and must not stumble over one that is torn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.layout import DIGEST, RECORD

TEXT = "mlm"
"""The format whose dev score is no share of right answers."""


@dataclass(frozen=True)
class Made:
    """A whole checkpoint: its record (of a fetched base, where it came from), and its digest."""

    record: Mapping[str, Any]
    digest: str

    @property
    def sign(self) -> str | None:
        """Why its training is called degenerate."""
        return self.record.get("sign")

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What its stage was trained on; empty for a base that was fetched."""
        return parts_of(self.record)

    @property
    def dev(self) -> float | None:
        """English dev score of the step that was kept, in per cent; None where it is no such share."""
        return dev_percent(self.record, self.record.get("best_score"))


def read_made(folder: Path) -> Made | None:
    """The checkpoint in a folder; None where there is none, or not all of it. Costs two small files."""
    try:
        # The digest is written last: without it, the others may be of an earlier time.
        digest = (folder / DIGEST).read_text(encoding="utf-8").strip()
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    told = isinstance(record, dict) and isinstance(record.get("spec"), dict)
    return Made(record, digest) if told and digest else None


def parts_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of the stage that a record is of."""
    stage = record["spec"].get("stage")
    return list(stage.get("parts", ())) if isinstance(stage, dict) else []


def named(part: Mapping[str, Any]) -> str:
    """A part as recipes write it: `mnli`, `mnli@mt-de`."""
    return f"{part['task']}@{part['variant']}" if part.get("variant") else str(part["task"])


def judged(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts whose dev score counts: masked LM only where there is nothing else."""
    parts = parts_of(record)
    return [part for part in parts if part["format"] != TEXT] or parts


def dev_percent(record: Mapping[str, Any], score: object) -> float | None:
    """A dev score of a record's stage in per cent; None for a log-likelihood, and where there is no number."""
    if not isinstance(score, int | float) or any(part["format"] == TEXT for part in judged(record)):
        return None
    return round(100.0 * score, 4)


def lineage(node: str) -> list[str]:
    """From the base to a node: `tiny`, `tiny/s1/mnli`, `tiny/s1/mnli/xnli`. A seed alone is no node."""
    names = node.split("/")
    return ["/".join(names[:length]) for length in (1, *range(3, len(names) + 1))]
