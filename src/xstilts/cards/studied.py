"""What a study says of a checkpoint: the figures of the recipes that lead to it, over all of the study's seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xstilts.report.findings import MEAN, BaseFindings, Effect, Findings, Outcome
from xstilts.specs import node_path


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
    seeds: tuple[int, ...]
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
        node: Studied(spec.study, spec.baseline, spec.seeds, tuple(rows.values()), gain_of(rows))
        for node, rows in found.items()
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
