"""What a study says of its checkpoints: in the card of each the figures of the recipes that lead to it; and a list."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xstilts.cards.markdown import link, table
from xstilts.layout import CARD
from xstilts.report.findings import MEAN, BaseFindings, Effect, Estimate, Findings, Node, Outcome
from xstilts.report.writing import DASH, score, signed, span
from xstilts.specs import node_path

HEAD = ("checkpoint", "state", "English dev", "step", "gain [95 %]")
STATES = {"made": "made", "degenerate": "**degenerate**", "missing": "missing"}


@dataclass(frozen=True)
class Row:
    """A recipe on a target or an average."""

    recipe: str
    title: str
    outcome: Outcome


@dataclass(frozen=True)
class Studied:
    """A node in a study."""

    study: str
    baseline: str
    rows: tuple[Row, ...]
    gain: Effect | None
    """On the mean over all targets, at the end of a recipe; on the target itself, below one."""


def studied(findings: Findings) -> Mapping[str, Studied]:
    """By node; of a node that no recipe ends at and no target reads, there is nothing to say."""
    spec = findings.spec
    found = {
        node: rows
        for base in findings.bases
        for node, wanted in wanted_of(findings, base).items()
        if (rows := rows_of(base, wanted))
    }
    return {
        node: Studied(spec.study, spec.baseline, tuple(rows.values()), gain_of(rows)) for node, rows in found.items()
    }


def wanted_of(findings: Findings, base: BaseFindings) -> Mapping[str, dict[tuple[str, str], None]]:
    """Which recipe on which target or average concerns a node: all of them at a recipe's end, else what reads it."""
    wanted: dict[str, dict[tuple[str, str], None]] = {}
    for recipe, path in findings.spec.recipes.items():
        for node in dict.fromkeys(node_path(base.base, seed, path, None) for seed in base.seeds):
            wanted.setdefault(node, {}).update(dict.fromkeys((recipe, name) for name in titles_of(base)))
    for run in base.runs:
        wanted.setdefault(run.node, {})[run.recipe, run.target] = None
    return wanted


def titles_of(base: BaseFindings) -> dict[str, str]:
    """Of averages and targets, by their names."""
    averages = {one.name: one.title for one in base.averages}
    return averages | {one.name: one.title for one in base.targets}


def rows_of(base: BaseFindings, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """The figures that there are, in this order."""
    titles = titles_of(base)
    known = {(one.recipe, one.target): one for one in base.outcomes}
    return {key: Row(key[0], titles[key[1]], known[key]) for key in wanted if key in known}


def gain_of(rows: Mapping[tuple[str, str], Row]) -> Effect | None:
    """The most telling of a node's gains."""
    means = [row.outcome.gain for (_, name), row in rows.items() if name == MEAN]
    return next(filter(None, [*means, *(row.outcome.gain for row in rows.values())]), None)


# in the card of a checkpoint ------------------------------------------------------------------------------------------
def study_section(studied: Studied | None) -> list[str]:
    """What a study found of the recipes that lead here, over its seeds."""
    if studied is None:
        return []
    about = (
        "As the study that was reported last found it; others may have used the checkpoint, too. Over the seeds that "
        "each figure has, in per cent; gains in points, bold where they hold after Holm's correction over the study."
    )
    gains = f"gain over `{studied.baseline}`", "gain, other languages"
    head = ("recipe", "target", "score [95 %]", "other languages", *gains, "seeds")
    rows = [cells(row) for row in studied.rows]
    return [f"## In the study `{studied.study}`", "", about, "", *table(head, rows, right=(2, 3, 4, 5))]


def cells(row: Row) -> tuple[str, ...]:
    """One recipe on one target or average."""
    one = row.outcome
    figures = level(one.score), level(one.others), gain(one.gain), gain(one.gain_others)
    return f"`{row.recipe}`", row.title, *figures, ", ".join(map(str, one.seeds)) or DASH


def level(figure: Estimate | None) -> str:
    return f"{score(figure)} {span(figure)}" if figure else DASH


def gain(figure: Effect | None) -> str:
    """Bold where it is significant."""
    if figure is None:
        return DASH
    said = f"{signed(figure)} {span(figure)}"
    return f"**{said}**" if figure.significant else said


# the list, cards.md ---------------------------------------------------------------------------------------------------
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
