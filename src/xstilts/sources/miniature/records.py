"""Records of the miniature, as a specification wants them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from xstilts.sources import miniature
from xstilts.specs import RecordsSpec


def generated(spec: RecordsSpec) -> Iterator[dict[str, Any]]:
    """All records of a split, language by language."""
    maker = spec.source["maker"]
    records = miniature.make(
        maker,
        miniature.Settings(**spec.source["settings"]),
        task=spec.task,
        split=spec.split,
        languages=spec.languages,
        rows=spec.source["rows"],
    )
    # A maker serves several tasks, which name the same two answers differently (QQP, PAWS-X).
    made = getattr(import_module(miniature.MAKERS[maker]), "LABELS", spec.labels)
    named = dict(zip(made, spec.labels, strict=True))
    for record in records:
        yield {**record, "label": named[record["label"]]} if spec.format == "classification" else record
