"""What the details panel says of each cell, as JSON inside the page: texts ready to be shown, figures unrounded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Any

from markupsafe import Markup

from xstilts.report.findings import BaseFindings, Effect, Findings, LanguageOutcome, Outcome, Run, Target
from xstilts.report.page.cells import language_cells, language_scale
from xstilts.report.page.commands import files_of
from xstilts.report.page.rows import ORDERS, rows_of
from xstilts.report.page.text import count, judgement, language, listed, score, signed, span, sureness
from xstilts.specs import ReportSpec

Facts = list[tuple[str, str]]  # label and text


def details(findings: Findings) -> Markup:
    """Everything that the panel and the view of languages ask for. Cost: some 300 bytes a language of a recipe."""
    spec = findings.spec
    rest = f" {spec.command().removeprefix('snakemake ')}"
    data = {
        "baseline": spec.baseline,
        "languages": {
            code: language(code) for found in findings.bases for one in found.targets for code in one.languages
        },
        "orders": {order: title for order, (_, title) in ORDERS.items()},
        "commands": [
            ("Predict and score it again", "snakemake ", f" --forcerun predict_target{rest}"),
            ("Score it again, from the predictions that stand", "snakemake ", f" --forcerun score_target{rest}"),
        ],
        "make": ("Make what is missing", "snakemake ", rest),
        "average": ("Average anew, of what is there (into preview/)", spec.command("preview")),
        "bases": {found.base: _base(spec, found) for found in findings.bases},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # so nothing in it can end the element that holds it


def _base(spec: ReportSpec, found: BaseFindings) -> dict[str, Any]:
    runs: dict[tuple[str, str], list[Run]] = {}
    for run in found.runs:
        runs.setdefault((run.recipe, run.target), []).append(run)
    titles = {one.name: one.title for one in found.targets} | {one.name: one.title for one in found.averages}
    scale = language_scale(found)
    cells: dict[str, dict[str, Any]] = {recipe: {} for recipe in spec.recipes}
    for outcome in found.outcomes:
        cells[outcome.recipe][outcome.target] = _cell(spec, outcome, runs.get((outcome.recipe, outcome.target), []))
    languages: dict[str, dict[str, dict[str, Any]]] = {recipe: {} for recipe in spec.recipes}
    for one in found.languages:
        level, gain = language_cells(one, one.recipe == spec.baseline, scale)
        languages[one.recipe].setdefault(one.target, {})[one.language] = [
            astuple(level)[1:5],
            astuple(gain)[1:5],
            _language_facts(one, spec.baseline),
        ]
    about = {one.name: _about_target(one) for one in found.targets} | {
        one.name: [("Mean over", ", ".join(titles[name] for name in one.targets))] for one in found.averages
    }
    return {
        "titles": titles,
        "about": about,
        "examples": {one.name: {code: count(n) for code, n in one.languages.items()} for one in found.targets},
        "cells": cells,
        "languages": languages,
        "rows": {
            row.code: {order: (row.places[order], row.labels[order]) for order in ORDERS} for row in rows_of(found)
        },
    }


def _about_target(target: Target) -> Facts:
    sizes = sorted(set(target.languages.values()))
    if not sizes:
        return [("Languages", "not known: nothing was tested")]
    each = count(sizes[0]) if len(sizes) == 1 else f"{count(sizes[0])} to {count(sizes[-1])}"
    names = ", ".join(language(code) for code in target.languages)
    return [
        ("Languages", f"{len(target.languages)}: {names}"),
        ("Examples", f"{count(sum(target.languages.values()))}: {each} a language; metric {target.metric}"),
    ]


def _cell(spec: ReportSpec, outcome: Outcome, runs: Sequence[Run]) -> dict[str, Any]:
    seeds = [(run.seed, *_seed(outcome, run)) for run in runs]
    missing = [run for run in runs if run.state == "missing"]
    layers = sorted({run.layer for run in runs if run.layer is not None})
    return {
        "facts": [
            *_facts(outcome, spec.baseline),
            *([("Vectors are read", f"after block {listed(layers)}")] if layers else []),
        ],
        "seeds": seeds or [(seed, score(value), "", "", "") for seed, value in outcome.by_seed.items()],
        "files": " ".join(files_of(spec, runs)),
        "missing": " ".join(files_of(spec, missing)),
    }


def _seed(outcome: Outcome, run: Run) -> tuple[str, str, str, str]:
    """Score, state, and the digests of checkpoint and predictions."""
    state = f"degenerate: {', '.join(run.lost)}" if run.state == "degenerate" else run.state
    return score(outcome.by_seed.get(run.seed)), state, run.checkpoint or "", run.predictions or ""


def _facts(outcome: Outcome, baseline: str) -> Iterator[tuple[str, str]]:
    if outcome.score is None:
        yield "Score", "missing: not all runs that it needs are there"
        return
    yield "Score", f"{score(outcome.score)} {span(outcome.score)}"
    yield from _effect(f"Difference to {baseline}", outcome.gain)
    if outcome.gain and outcome.gain.detectable:
        yield "Detectable", f"{score(outcome.gain.detectable)} points, 4 times of 5, before any correction"
    if outcome.english:
        yield "English", f"{score(outcome.english)} {span(outcome.english)}"
    if outcome.others:
        yield "Other languages", f"{score(outcome.others)} {span(outcome.others)}"
        yield from _effect(f"Their difference to {baseline}", outcome.gain_others)
    if outcome.gap:
        what = "English less the others" + (", on targets with both" if outcome.target.startswith("(") else "")
        yield what, f"{score(outcome.gap)} {span(outcome.gap)}"
    if outcome.gap_change:
        yield "", f"changed by {signed(outcome.gap_change)} {span(outcome.gap_change)}"


def _language_facts(one: LanguageOutcome, baseline: str) -> Facts:
    if one.score is None:
        return [("Score", "missing")]
    return [("Score", f"{score(one.score)} {span(one.score)}"), *_effect(f"Difference to {baseline}", one.gain)]


def _effect(label: str, effect: Effect | None) -> Iterator[tuple[str, str]]:
    if effect is None:
        return
    yield label, f"{signed(effect)} {span(effect)}"
    yield "", f"{judgement(effect)}; {sureness(effect)}"
    if effect.new_language:
        yield "In other such languages", span(effect.new_language)
