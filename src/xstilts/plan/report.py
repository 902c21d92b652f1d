"""The report of a study: what was found, and the figures, tables, cards and the page that are made from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from xstilts.plan.code import Code
from xstilts.plan.facts import Facts
from xstilts.published import FILE
from xstilts.recipe import digest
from xstilts.report.figures.names import names as figures
from xstilts.report.tables.names import files as tables
from xstilts.specs import ReportSpec, TargetSpec

TEMPLATES = sorted(Path(__file__).parents[1].glob("report/templates/*"))
DRAWN = ("svg", "png", "csv")


class Report:
    """`report/<study>/`; `left_out` is what to say of data that is not there, `files` what `--configfile` named."""

    def __init__(self, facts: Facts, code: Code, left_out: tuple[str, ...], files: Sequence[Path] = ()) -> None:
        self.facts, self._code, self.left_out, self._files = facts, code, left_out, files
        self.folder = facts.results / "report" / facts.name

    def spec(self) -> ReportSpec:
        """What the report shows: the study as resolved."""
        return self._spec

    @cached_property
    def _spec(self) -> ReportSpec:
        project, study, bases = self.facts.project, self.facts.study, self.facts.world.bases
        return ReportSpec(
            study=self.facts.name,
            world=project.settings.world,
            asks=study.asks,
            baseline=study.compare.baseline,
            bases=study.bases,
            seeds=study.seeds,
            recipes={name: str(recipe) for name, recipe in project.recipes.items()},
            targets={task.name: TargetSpec(title=task.title, stage=task.stage) for task in project.targets},
            left_out=self.left_out,
            hubs={name: bases[name].hub for name in study.bases},
            fine_tuned={name: base.fine_tuned for name in study.bases if (base := bases[name]).fine_tuned},
            claims=project.claims,
            results=str(project.settings.results),
            configfiles=tuple(map(_here, self._files)),
        )

    def code(self, program: str) -> str:
        """Of what is read besides code every character counts: published figures, templates of the page."""
        read = {"compare": [FILE], "page": TEMPLATES}.get(program, [])
        return digest([self._code.now(program), *(file.read_text(encoding="utf-8") for file in read)])

    # files ------------------------------------------------------------------------------------------------------------
    def found(self) -> Path:
        """All that was found, as data."""
        return self.folder / "findings.json"

    def page(self) -> Path:
        """The page."""
        return self.folder / "report.html"

    def figures(self) -> list[Path]:
        """Each figure as SVG and PNG, and its data."""
        return [self.folder / f"figures/{name}.{kind}" for name in figures(self._spec) for kind in DRAWN]

    def tables(self) -> list[Path]:
        """Each table as Markdown, LaTeX and CSV."""
        return [self.folder / "tables" / file for file in tables(self._spec)]

    def cards(self) -> list[Path]:
        """The list of checkpoints' cards, which are written with it, and the study's own."""
        return [self.folder / "cards.md", self.folder / "README.md"]


def _here(file: Path) -> str:
    """A path as one would type it: a study that is moved as a whole is no other one."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
