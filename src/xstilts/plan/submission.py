"""Submissions to XTREME: an archive for each base, seed and recipe of the study."""

from __future__ import annotations

from pathlib import Path

from xstilts.errors import UserError
from xstilts.plan.code import Code
from xstilts.plan.facts import Facts
from xstilts.specs import SubmissionSpec, SubmittedSpec
from xstilts.submission.official import FOLDERS
from xstilts.tasks import get


class Submission:
    """`submission/<study>/<submission>`."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code
        self.folder = facts.results / "submission" / facts.name
        study = facts.study
        cells = ((base, seed, recipe) for base in study.bases for seed in study.seeds for recipe in study.recipes)
        self.cells = {f"{base}-s{seed}-{recipe}": (base, seed, recipe) for base, seed, recipe in cells}
        """Base, seed and recipe of each submission, by its name."""
        asked = {target.name for target in facts.project.targets}
        self.official = [folder for folder in FOLDERS if folder.target in asked]
        """XTREME's folders that the study has the targets of."""

    def spec(self, submission: str) -> SubmissionSpec:
        if submission not in self.cells:
            known = ", ".join(self.cells)
            raise UserError(f"the study {self.facts.name!r} has no submission {submission!r}, but {known}")
        base, seed, recipe = self.cells[submission]
        nodes = self.facts.evaluated[base, seed, recipe]
        folders = {
            folder.name: SubmittedSpec(
                target=folder.target,
                node=nodes[folder.target],
                labels=get(folder.target).labels,
                generated=self.facts.world.tasks[folder.target].source == "miniature",
            )
            for folder in self.official
        }
        world = self.facts.project.settings.world
        return SubmissionSpec(study=self.facts.name, world=world, base=base, seed=seed, recipe=recipe, folders=folders)

    def code(self, submission: str) -> str:
        made = self.folder / f"{submission}.json"
        return self._code.of("submission", made, lambda: self.spec(submission))

    def inputs(self, submission: str, kind: str) -> list[Path]:
        """What a submission is made of, in the order of its folders.

        `predictions`, what is `told` beside them, `records`, and the `digests` of predictions and records.
        """
        entries = self.spec(submission).folders.values()
        predictions = [self.facts.results / "predictions" / one.node / f"{one.target}.parquet" for one in entries]
        records = [self.facts.results / "records" / one.target / "test.parquet" for one in entries]
        told = [file.with_suffix(".json") for file in predictions]
        digests = [file.with_suffix(".digest") for file in predictions + records]
        return {"predictions": predictions, "told": told, "records": records, "digests": digests}[kind]

    def files(self) -> list[Path]:
        """The archives of the study; a UserError where none of its targets is XTREME's."""
        if not self.official:
            names = ", ".join(folder.target for folder in FOLDERS)
            raise UserError(
                f"the study {self.facts.name!r} has no target of XTREME's nine ({names}): "
                "targets: [xtreme] names them all"
            )
        return [self.folder / f"{name}.zip" for name in self.cells]
