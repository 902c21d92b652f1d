"""From a study's scores to its report."""

from __future__ import annotations

from pathlib import Path

from xstilts.files import write_text
from xstilts.report.findings import Findings, find
from xstilts.report.page import render
from xstilts.report.scores import read_scores
from xstilts.report.tables import recipes_csv, scores_csv
from xstilts.specs import ReportSpec


def make_report(spec: ReportSpec, folder: Path, out: Path, code: str) -> list[Findings]:
    """Write report.html, scores.csv and recipes.csv into OUT from the score files below `folder`."""
    scores = read_scores(spec, folder)
    findings = find(spec, scores)
    write_text(out / "scores.csv", scores_csv(spec, scores))
    write_text(out / "recipes.csv", recipes_csv(spec, findings))
    write_text(out / "report.html", render(spec, scores, findings, code))
    return findings
