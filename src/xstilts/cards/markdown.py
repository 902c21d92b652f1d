"""The Markdown that cards are written in, and the YAML in front of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from xstilts.report.writing import DASH

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # in C where that is built in: there may be a thousand cards


def front_matter(fields: Mapping[str, Any]) -> str:
    """What the hub reads of a card; fields that say nothing are left out."""
    said = {key: value for key, value in fields.items() if value not in (None, "", [], {})}
    text = yaml.dump(said, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{text}---\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> list[str]:
    """A table; columns whose numbers are in `right` hold figures."""
    rule = ["---:" if column in set(right) else "---" for column in range(len(head))]
    lines = [list(head), rule, *([cell(value) for value in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def cell(value: object) -> str:
    """Text that stays in its cell."""
    return DASH if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def link(text: str, address: str) -> str:
    """Text that leads somewhere, if it does. A node's path may hold characters that would end the address."""
    escaped = address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    return f"[{text}]({escaped})" if address else text


def licence(told: str, noncommercial: bool) -> str:
    """A licence as its publishers state it; what forbids commerce stands out."""
    if not noncommercial:
        return told
    mark = "non-commercial"
    return told.replace(mark, f"**{mark}**") if mark in told else f"{told} **({mark})**"


def code(language: str, text: str) -> list[str]:
    """A block of code."""
    return [f"```{language}", *text.strip("\n").split("\n"), "```"]


def snakemake(*targets: str, world: str, force: bool = False) -> str:
    """A command as typed in a shell. Targets stand before --config, which takes everything up to the next option."""
    return shlex.join(["snakemake", *targets, *(["--force"] if force else []), "--config", f"world={world}", "-c2"])
