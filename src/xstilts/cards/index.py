"""The list of a study's checkpoints, `cards.md`: one line each, with a link to its card."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from xstilts.cards.markdown import DASH, link, score, table
from xstilts.cards.results import gain
from xstilts.cards.studied import Studied
from xstilts.layout import CARD
from xstilts.report.findings import BaseFindings, Findings, Node

HEAD = ("checkpoint", "state", "English dev", "step", "gain [95 %]")
STATES = {"made": "made", "degenerate": "**degenerate**", "missing": "missing"}


def index(findings: Findings, told: Mapping[str, Studied], written: Collection[str], folder: Path, out: Path) -> str:
    """The list; `written` are the nodes that have a card in `folder`, that of the checkpoints."""
    about = (
        f"Gains are differences to `{findings.spec.baseline}`, in points: at the end of a recipe on the mean over all "
        "targets, below it on the target that was trained for; bold where they hold after Holm's correction."
    )
    lines = [f"# Checkpoints of the study `{findings.spec.study}`", "", about]
    for base in findings.bases:
        lines += ["", f"## {base.base}", "", *table(HEAD, rows(base, told, written, folder, out), right=(2, 3, 4))]
    return "\n".join(lines) + "\n"


def rows(
    base: BaseFindings, told: Mapping[str, Studied], written: Collection[str], folder: Path, out: Path
) -> Iterator[tuple[str, ...]]:
    """One base, parents before children."""
    for node in base.nodes:
        address = os.path.relpath(folder / node.path / CARD, out.parent) if node.path in written else ""
        known = told.get(node.path)
        figures = score(node.dev), steps(node), gain(known.gain if known else None)
        yield link(f"`{node.path}`", address), STATES[node.state], *figures


def steps(node: Node) -> str:
    """The step that was kept, out of how many."""
    return DASH if node.step is None or node.steps is None else f"{node.step:,} of {node.steps:,}"
