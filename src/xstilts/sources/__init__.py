"""How raw data becomes records: the miniature's generator; readers of original files and of the hub come beside it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from xstilts.errors import UserError
from xstilts.specs import RecordsSpec


def records_of(spec: RecordsSpec) -> Iterator[dict[str, Any]]:
    """Records of one split, in the order of the spec's languages."""
    kind = spec.source["source"]
    if kind != "miniature":
        raise UserError(
            f"{spec.data}: this version has no reader for source {kind!r} yet. "
            "Studies run in the miniature (--config world=mini); in the real world they can be planned (-n)."
        )
    from xstilts.sources import miniature

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
