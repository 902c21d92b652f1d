"""All figures of a study, written from its findings."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from xstilts.files import whole, write_text
from xstilts.report.figures.forest import forest
from xstilts.report.figures.gap import gap
from xstilts.report.figures.heat import heat
from xstilts.report.figures.names import Wanted, listed
from xstilts.report.figures.reference import reference
from xstilts.report.figures.sheet import Drawing, style
from xstilts.report.figures.tree import tree
from xstilts.report.findings import BaseFindings, Findings

DPI = 200


def draw_all(findings: Findings, folder: Path) -> None:
    """NAME.svg, NAME.png and NAME.csv for each of `names(findings.spec)`; one without data is a frame that says why.

    Equal findings give equal bytes, by the same version of matplotlib. Time: 0.2 to 1 s a figure; 20 s for 11
    recipes on XTREME's nine targets.
    """
    bases = {found.base: found for found in findings.bases}
    with style():
        for wanted in listed(findings.spec):
            write(draw(findings, bases[wanted.base], wanted), folder / wanted.name)


def draw(findings: Findings, found: BaseFindings, wanted: Wanted) -> Drawing:
    """One figure; within `style()`."""
    match wanted.kind:
        case "forest":
            return forest(findings, found, wanted.of)
        case "languages":
            return heat(findings, found, wanted.of)
        case "gap":
            return gap(findings, found)
        case "reference":
            return reference(findings, found)
        case "tree":
            return tree(findings, found)


def write(drawing: Drawing, path: Path) -> None:
    """The three files of a figure; `path` is without their suffixes, which names with a point in them would confuse."""
    told = {"Title": path.name, "Description": drawing.says}
    with whole(path.with_name(f"{path.name}.svg")) as draft:
        drawing.figure.savefig(draft, format="svg", metadata={**told, "Date": None})
    with whole(path.with_name(f"{path.name}.png")) as draft:
        drawing.figure.savefig(draft, format="png", dpi=DPI, metadata=told)
    write_text(path.with_name(f"{path.name}.csv"), _csv(drawing))


def _csv(drawing: Drawing) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(drawing.columns)
    writer.writerows([_field(value) for value in row] for row in drawing.rows)
    return text.getvalue()


def _field(value: object) -> object:
    if value is None:
        return ""
    return f"{value + 0.0:.4f}" if isinstance(value, float) else value
