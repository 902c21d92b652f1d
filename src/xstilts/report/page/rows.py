"""The rows of the view of languages, and the orders they can be put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.report.findings import BaseFindings
from xstilts.report.order import UNKNOWN, by_family, by_pretraining, by_script, known
from xstilts.report.page.text import count
from xstilts.report.writing import language

ORDERS: Mapping[str, tuple[str, str]] = {
    "script": ("script", "Script"),
    "family": ("family", "Family"),
    "pretraining": ("share in pretraining", "CC-100, GiB"),
}
"""What rows can be sorted by: as the choice calls it, and as the column does."""
SORTED = {"script": by_script, "family": by_family, "pretraining": by_pretraining}


@dataclass(frozen=True)
class Row:
    """One language; with equal places in an order, rows belong together there."""

    code: str
    name: str
    places: Mapping[str, int]
    """By order: where the row comes."""
    labels: Mapping[str, str]
    """By order: what stands beside the name."""


def orders(found: BaseFindings) -> dict[str, tuple[str, str]]:
    """The orders that tell some of a base's languages apart; that by script stands always."""
    rows = rows_of(found)
    apart = {order for order in ORDERS if len({row.labels[order] for row in rows} - {""}) > 1}
    return {order: titles for order, titles in ORDERS.items() if order in apart or order == "script"}


def rows_of(found: BaseFindings) -> tuple[Row, ...]:
    """All languages of a base's targets, sorted by script."""
    codes = list(dict.fromkeys(code for target in found.targets for code in target.languages))
    places = {order: {code: place for place, code in enumerate(SORTED[order](codes))} for order in ORDERS}
    return tuple(
        Row(
            code,
            language(code),
            {order: places[order][code] for order in ORDERS},
            {order: _label(order, code) for order in ORDERS},
        )
        for code in by_script(codes)
    )


def _label(order: str, code: str) -> str:
    one = known(code)
    if order == "pretraining":
        return "" if one.pretraining is None else _gigabytes(one.pretraining)
    group = one.script if order == "script" else one.family
    return "" if group == UNKNOWN else group


def _gigabytes(size: float) -> str:
    return count(round(size)) if size >= 10 else f"{size:g}"
