"""The card of a study: its results as a data set, `report/<study>/README.md`."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from xstilts.cards.columns import about, explained, folded
from xstilts.cards.front import natural
from xstilts.cards.markdown import code, front_matter, licence, link, table
from xstilts.report.figures.names import names as names_of_figures
from xstilts.report.findings import MEAN, BaseFindings, Data, Findings
from xstilts.report.tables.markdown import escaped
from xstilts.report.tables.names import files as files_of_tables
from xstilts.report.writing import signed, span
from xstilts.specs import ReportSpec

CITED = Path(__file__).parents[3] / "CITATION.cff"
SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
KINDS = {
    "report.html": "the report, a page that needs nothing but itself",
    "findings.json": "all that the study found, as data",
    "cards.md": "the checkpoints, with links to their cards",
}
LABORATORY = (
    "> **A laboratory's figures.** They were measured in a small generated world, with models of about a million "
    "parameters: they say nothing of any published model or natural language."
)
LICENCE = (
    "The figures are yours: whoever ran the study measured them, and xstilts claims no right in them. They hold no "
    "text of any data set. Before you publish them, replace `license` at the head of this file by one of your choice, "
    "such as `cc-by-4.0`."
)


@dataclass(frozen=True)
class Sheet:
    """A CSV file of the study."""

    name: str
    columns: tuple[str, ...]
    rows: int


def study_card(findings: Findings, folder: Path) -> str:
    """The card of what lies in `folder`, the study's; it names the tables that are there now."""
    sheets = sheets_in(findings.spec, folder)
    sections = [
        [f"# {findings.spec.study}", "", *([LABORATORY, ""] if findings.generated else []), *answer(findings)],
        files(folder, sheets),
        columns(sheets),
        opening(folder, sheets),
        data(findings.data),
        ["## Licence", "", LICENCE],
        making(findings),
        cite(),
    ]
    return matter(findings, sheets) + "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def sheets_in(spec: ReportSpec, folder: Path) -> list[Sheet]:
    """The tables of a study that are there. What lies about from recipes that it had once is not of them."""
    found = [f"tables/{name}" for name in files_of_tables(spec) if name.endswith(".csv")]
    found += [f"figures/{name}.csv" for name in names_of_figures(spec)]
    return [sheet(folder / name, name) for name in ("scores.csv", *found) if (folder / name).is_file()]


def sheet(file: Path, name: str) -> Sheet:
    """What a table's file says of itself."""
    with file.open(encoding="utf-8", newline="") as opened:
        lines = csv.reader(opened)
        head = next(lines, [])
        return Sheet(name, tuple(head), sum(1 for _ in lines))


def matter(findings: Findings, sheets: Sequence[Sheet]) -> str:
    """What a data hub reads: every table that has rows is a configuration of its own, but those behind figures."""
    spec = findings.spec
    spoken = dict.fromkeys(code for base in findings.bases for target in base.targets for code in target.languages)
    whole = next((one.rows for one in sheets if one.name == "scores.csv"), 0)
    size = next((said for most, said in SIZES.items() if whole < most), "n>1M")
    generated = ["generated-data"] if findings.generated else []
    return front_matter(
        {
            "pretty_name": f"{spec.study}: {spec.asks}",
            "language": natural(list(spoken)),
            "license": "other",
            "license_name": "yours-to-choose",
            "size_categories": [size] if whole else None,
            "tags": ["xstilts", "evaluation-results", "cross-lingual-transfer", *generated],
            "configs": [
                {"config_name": config(one.name), "data_files": one.name, "default": True}
                if one.name == "scores.csv"
                else {"config_name": config(one.name), "data_files": one.name}
                for one in configured(sheets)
            ],
        }
    )


def configured(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Those that can be loaded by name; a table without rows has no types."""
    return [one for one in sheets if one.rows and not one.name.startswith("figures/")]


def config(name: str) -> str:
    """Name of a table: `scores` for scores.csv, `tables-scores` for tables/scores.csv."""
    return name.removesuffix(".csv").replace("/", "-")


def answer(findings: Findings) -> list[str]:
    """The question, and what was found on each base."""
    lines = [escaped(findings.spec.asks), ""]
    lines += [f"- {answer_on(findings, base)}" for base in findings.bases]
    lost = [f"- {sentence}" for base in findings.bases for sentence in lost_on(base)]
    return [*lines, *lost]


def answer_on(findings: Findings, base: BaseFindings) -> str:
    """One base, in a sentence."""
    best, baseline = base.answer, findings.spec.baseline
    if best is None:
        return f"On `{base.base}` nothing can be compared with `{baseline}` yet."
    count = next((len(one.targets) for one in base.averages if one.name == MEAN), len(base.targets))
    sure = {
        1: "more than chance would bring, after Holm's correction",
        -1: "a loss that holds after Holm's correction",
        0: "which chance alone could bring",
    }[best.gain.significant]
    others = best.others
    also = f"; {signed(others)} {span(others)} in the other languages" if others else ""
    known = len(base.outcome(best.recipe, MEAN).seeds)
    seeds = f"{known} seeds" if known > 1 else "one seed"
    return (
        f"On `{base.base}`, `{best.recipe}` gains most over `{baseline}`: {signed(best.gain)} {span(best.gain)} points "
        f"on the mean over {count} targets (95 % interval, {seeds}), {sure}{also}. It was picked in hindsight."
    )


def lost_on(base: BaseFindings) -> list[str]:
    """What keeps the figures from being whole."""
    of = f"of {len(base.runs)} evaluations on `{base.base}`"
    said = []
    if base.missing:
        said.append(f"**{len(base.missing)} {of} are missing**; figures that need them are empty.")
    if base.degenerate:
        said.append(f"{len(base.degenerate)} {of} descend from a training that learned nothing.")
    return said


def files(folder: Path, sheets: Sequence[Sheet]) -> list[str]:
    """What lies here."""
    rows = [(link(name, name), said, "", "") for name, said in KINDS.items() if (folder / name).is_file()]
    rows += [(link(one.name, one.name), about(one.name), f"{one.rows:,}", folded(one.columns)) for one in sheets]
    said = "Each table is there as Markdown and as LaTeX too, each figure as SVG and PNG."
    return ["## Files", "", *table(["file", "holds", "rows", "columns"], rows, right=(2,)), "", said]


def columns(sheets: Sequence[Sheet]) -> list[str]:
    """What the columns mean."""
    rows = list(explained(column for one in sheets for column in one.columns))
    return ["## Columns", "", *table(["column", "meaning"], rows)] if rows else []


def opening(folder: Path, sheets: Sequence[Sheet]) -> list[str]:
    """Code that opens a table."""
    there = configured(sheets)
    if not there:
        return []
    name = config(there[0].name)
    text = f'from datasets import load_dataset\n\nrows = load_dataset("{folder}", "{name}", split="train")'
    return ["## Load it", "", *code("python", text + "  # `train` is the only split")]


def data(found: Sequence[Data]) -> list[str]:
    """What was trained and tested on."""
    if not found:
        return []
    rows = [
        (link(one.title, one.url), ", ".join(one.tasks), licence(one.licence, one.noncommercial), one.citation)
        for one in found
    ]
    return ["## Data", "", "Trained and tested on:", "", *table(["data", "tasks", "licence", "cite"], rows)]


def making(findings: Findings) -> list[str]:
    """The command, and with what it was run."""
    spec = findings.spec
    versions = [(name, ", ".join(seen)) for name, seen in findings.versions.items()]
    lines = ["## How it was made", "", *code("sh", spec.command()), ""]
    lines += [f"Computed by code with the fingerprint `{findings.code}`, with {findings.draws:,} draws an interval."]
    lines += [f"Left out: {said}." for said in spec.left_out]
    return [*lines, *(["", *table(["library", "version"], versions)] if versions else [])]


def cite() -> list[str]:
    """Whom to thank."""
    works = citations()
    return ["## Cite", "", *(f"- {one}" for one in works), "- and the data that you use, above"] if works else []


def citations(file: Path = CITED) -> list[str]:
    """The software and the works that it rests on, a line each; none where that file is not there."""
    try:
        told: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError:
        return []
    return [work(told, f"version {told['version']}"), *(work(one) for one in told.get("references", ()))]


def work(told: Mapping[str, Any], *more: str) -> str:
    """One work, as a line."""
    people = ", ".join(author(one) for one in told.get("authors", ()))
    where = told.get("collection-title")
    said = [people, str(told["title"]), *([str(where)] if where else []), *more]
    year, url = told.get("year"), told.get("url")
    return ". ".join(said) + (f", {year}" if year and str(year) not in str(where) else "") + (f". {url}" if url else "")


def author(told: Mapping[str, str]) -> str:
    return told.get("name") or f"{told['given-names']} {told['family-names']}"
