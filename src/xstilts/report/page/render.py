"""The page: templates filled with findings."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from xstilts.report import averages, branches
from xstilts.report.findings import BaseFindings, Findings, Run
from xstilts.report.page import cells, commands, drawings, rows, text
from xstilts.report.page.details import details
from xstilts.report.spent import Spending

TEMPLATES = Path(__file__).parents[1] / "templates"
SCRIPT = "page.js"
FILTERS = ("score", "signed", "span", "count", "hours", "language", "listed", "sureness", "judgement")
LARGE = 12  # more rows than this are folded away


def render(findings: Findings, figures: Mapping[str, str], spending: Spending | None, code: str) -> str:
    """The page as one text; it loads nothing. Equal arguments give equal text: it holds no time and no place.

    figures     SVG texts by name
    spending    None: the study's plan was not kept
    code        fingerprint of the code that makes this page
    Cost: a second for the grid of the replication.
    """
    # Names and titles come from configuration: everything that enters the page is escaped.
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {name: getattr(text, name) for name in FILTERS}
    environment.globals |= {name: getattr(text, name) for name in ("plural", "probability")}
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
    return environment.get_template("report.html.jinja").render(
        findings=findings,
        spec=findings.spec,
        bases=findings.bases,
        several=len(findings.bases) > 1,
        figures=figures,
        spending=spending,
        code=code,
        cells=cells,
        commands=commands,
        drawings=drawings,
        rows=rows,
        tree=branches,
        averages=averages,
        lost=lost,
        unjudged=unjudged,
        weighed=weighed,
        nobody_gains=nobody_gains,
        folded=folded,
        large=LARGE,
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=details(findings),
    )


def weighed(found: BaseFindings) -> int:
    """How many recipes could be compared to the baseline on the mean over all targets."""
    mean = found.averages[0].name
    return sum(one.target == mean and one.gain is not None for one in found.outcomes)


def nobody_gains(found: BaseFindings) -> bool:
    """Whether every recipe that could be compared lies below the baseline, with its whole interval."""
    mean = found.averages[0].name
    return all(one.gain.high < 0 for one in found.outcomes if one.target == mean and one.gain)


def folded(runs: Iterable[Run], lost: str = "") -> list[list[Run]]:
    """Runs put together: the seeds of each recipe and target, or what each recipe has that descends from `lost`."""
    found: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        if not lost:
            found.setdefault((run.recipe, run.target), []).append(run)
        elif lost in run.lost:
            found.setdefault((run.recipe,), []).append(run)
    return list(found.values())


def lost(found: BaseFindings) -> dict[tuple[str, str], tuple[Run, ...]]:
    """The degenerate runs of each recipe and target that has any; of an average, those of its targets."""
    whole = {one.name: one.targets for one in found.averages} | {one.name: (one.name,) for one in found.targets}
    return {
        (recipe, name): some
        for recipe in dict.fromkeys(run.recipe for run in found.degenerate)
        for name, targets in whole.items()
        if (some := tuple(run for run in found.degenerate if run.recipe == recipe and run.target in targets))
    }


def unjudged(findings: Findings, found: BaseFindings) -> tuple[str, ...]:
    """The recipes that have no mean over all targets, because runs are missing."""
    mean = found.averages[0].name
    return tuple(recipe for recipe in findings.spec.recipes if found.outcome(recipe, mean).score is None)
