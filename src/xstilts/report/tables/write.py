"""From findings to files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xstilts.files import write_text
from xstilts.report.findings import Findings
from xstilts.report.tables.claims import claims
from xstilts.report.tables.data import data
from xstilts.report.tables.effects import effects
from xstilts.report.tables.gap import gap
from xstilts.report.tables.languages import languages
from xstilts.report.tables.latex import as_latex
from xstilts.report.tables.markdown import as_markdown
from xstilts.report.tables.names import EFFECTS
from xstilts.report.tables.published import published
from xstilts.report.tables.recipes import averages, recipes
from xstilts.report.tables.runs import runs
from xstilts.report.tables.scores import scores
from xstilts.report.tables.table import Table, as_csv
from xstilts.report.tables.zeroshot import zeroshot


def write_all(findings: Findings, folder: Path, code: str = "") -> None:
    """Write every file of `names.files`; `code` is the fingerprint of what writes, which they say. Cost: a second."""
    spec = findings.spec
    origin = f"The study {spec.study} in the world {spec.world}; computed by {findings.code}"
    origin += f", written by {code}" if code else ""
    for table in tables(findings):
        write_text(folder / f"{table.name}.md", as_markdown(table, origin))
        write_text(folder / f"{table.name}.tex", as_latex(table, origin, spec.study))
        write_text(folder / f"{table.name}.csv", as_csv(table.sheet))
    write_text(folder / f"{EFFECTS}.csv", as_csv(effects(findings)))


def tables(findings: Findings) -> Iterator[Table]:
    """All tables but the long one, in the order of `names.names`."""
    yield from (recipes(findings), averages(findings), scores(findings))
    yield from (languages(findings, target) for target in findings.spec.targets)
    yield from (gap(findings), zeroshot(findings), claims(findings))
    yield from (published(findings), runs(findings), data(findings))
