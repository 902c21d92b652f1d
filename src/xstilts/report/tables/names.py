"""Which tables a study has. Known when the DAG is parsed, so nothing is imported here but the specification."""

from __future__ import annotations

from xstilts.specs import ReportSpec

FORMATS = ("md", "tex", "csv")
EFFECTS = "effects"
"""Every estimate in one long table: for programs alone, so as CSV alone."""
BEFORE = ("recipes", "averages", "scores")
AFTER = ("gap", "zeroshot", "claims", "published", "runs", "data")


def by_language(target: str) -> str:
    """Name of a target's table of languages."""
    return f"languages-{target}"


def names(spec: ReportSpec) -> tuple[str, ...]:
    """Names of the tables that are written in every format."""
    return (*BEFORE, *map(by_language, spec.targets), *AFTER)


def files(spec: ReportSpec) -> tuple[str, ...]:
    """Names of all files that `write_all` writes."""
    return (*(f"{name}.{kind}" for name in names(spec) for kind in FORMATS), f"{EFFECTS}.csv")
