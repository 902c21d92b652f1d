"""The rows of the view of languages, and the orders they can be put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from xstilts.languages import LANGUAGES, Language
from xstilts.report.findings import ENGLISH, BaseFindings
from xstilts.report.page.text import count, language

ORDERS: Mapping[str, tuple[str, str]] = {
    "script": ("script", "Script"),
    "family": ("family", "Family"),
    "pretraining": ("share in pretraining", "CC-100, GiB"),
}
"""What rows can be sorted by: as the choice calls it, and as the column does."""


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
    """All languages of a base's targets, sorted by script. In each order English's group comes first."""
    codes = list(dict.fromkeys(code for target in found.targets for code in target.languages))
    places = {order: sorted(codes, key=partial(_key, order)) for order in ORDERS}
    rows = [
        Row(
            code,
            language(code),
            {order: places[order].index(code) for order in ORDERS},
            {order: _label(order, code) for order in ORDERS},
        )
        for code in codes
    ]
    return tuple(sorted(rows, key=lambda row: row.places["script"]))


def _known(code: str) -> Language | None:
    """A language; of a pair the first, which is that of the texts."""
    return LANGUAGES.get(code) or LANGUAGES.get(code.partition("-")[0])


def _key(order: str, code: str) -> tuple[bool, float, str, str, str]:
    """What is not known comes last; of the rest, English's group first, or what was pretrained on most."""
    one, english = _known(code), LANGUAGES[ENGLISH]
    if one is None:
        return True, 0.0, "", "", code
    if order == "pretraining":
        return one.pretraining is None, -(one.pretraining or 0.0), "", one.name, code
    group, within = (one.script, one.family) if order == "script" else (one.family, one.script)
    first = group == (english.script if order == "script" else english.family)
    return False, 0.0 if first else 1.0, group, within, one.name


def _label(order: str, code: str) -> str:
    one = _known(code)
    if one is None:
        return ""
    if order == "pretraining":
        return "" if one.pretraining is None else _gigabytes(one.pretraining)
    return one.script if order == "script" else one.family


def _gigabytes(size: float) -> str:
    return count(round(size)) if size >= 10 else f"{size:g}"
