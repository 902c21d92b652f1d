"""What figures tell in words: which runs are missing or degenerate, and whose figures these are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from xstilts.report.findings import BaseFindings, Findings


def origin(findings: Findings, found: BaseFindings) -> str:
    """The last note of every figure."""
    many = f"{len(found.seeds)} seed{'s' if len(found.seeds) > 1 else ''}"
    parts = [
        f"Study {findings.spec.study}, world {findings.spec.world}, base {found.base}, {many}.",
        "Generated languages: says nothing of a real model." if findings.generated else "",
    ]
    return " ".join(filter(None, parts))


def holes(found: BaseFindings, recipe: str, targets: Collection[str]) -> str:
    """Which of a recipe's runs on some targets are missing or degenerate; "" where all is well."""
    states = Counter(run.state for run in found.runs if run.recipe == recipe and run.target in targets)
    return ", ".join(
        share(states[state], states.total(), state) for state in ("missing", "degenerate") if states[state]
    )


def share(some: int, everything: int, what: str) -> str:
    """'2 of 3 missing', or just 'missing' where it is everything."""
    return what if some == everything else f"{some} of {everything} {what}"


def why_nothing(findings: Findings, found: BaseFindings, recipe: str, targets: Collection[str]) -> str:
    """Why a recipe cannot be compared to the baseline on some targets."""
    baseline = findings.spec.baseline
    for one, said in ((recipe, ""), (baseline, "baseline: ")):
        missing = [run for run in found.runs if run.state == "missing" and run.recipe == one and run.target in targets]
        if missing:
            return said + holes(found, one, targets)
    return "not computed"
