"""The report of a study, and its comparison with published figures."""

from __future__ import annotations

from pathlib import Path

from xstilts.plan.code import Code
from xstilts.plan.facts import Facts
from xstilts.published import FILE
from xstilts.recipe import digest
from xstilts.specs import ReportSpec, TargetSpec

TEMPLATES = sorted(Path(__file__).parents[1].glob("report/templates/*"))


class Report:
    """`report/<study>/`; `left_out` is what to say of data that is not there."""

    def __init__(self, facts: Facts, code: Code, left_out: tuple[str, ...]) -> None:
        self.facts, self._code, self.left_out = facts, code, left_out
        self.folder = facts.results / "report" / facts.name

    def spec(self) -> ReportSpec:
        """What the report shows: the study as resolved."""
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
        )

    def code(self) -> str:
        """The report's code, and its templates, whose every character counts."""
        return digest([self._code.now("report"), *(file.read_text(encoding="utf-8") for file in TEMPLATES)])

    def files(self) -> list[Path]:
        """The page, and its tables as CSV."""
        return [self.folder / "report.html", self.folder / "scores.csv", self.folder / "recipes.csv"]

    def published_code(self) -> str:
        """The comparison's code, and the figures themselves."""
        return digest([self._code.now("published"), FILE.read_text(encoding="utf-8")])

    def published_files(self) -> list[Path]:
        """The comparison with published figures, in studies that ask for one."""
        return [self.folder / "published.csv"] if self.facts.study.compare.published else []
