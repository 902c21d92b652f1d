"""What a study was planned to take before its first job, as data: `report/<study>/plan.json`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from xstilts.errors import UserError
from xstilts.files import write_text


class Kept(BaseModel):
    """A frozen part of a file, strict about what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedJobs(Kept):
    """Jobs that do the same, with other seeds and parents; the figures are those of each."""

    kind: str
    """The row of the plan's table that they count in."""
    seconds: float
    """From start to end."""
    cpu_seconds: float
    gpus: int
    guessed: bool
    """A model's shape or a size of data is not known: one was assumed."""
    names: tuple[str, ...]
    """Of what they make, below results/<world>; the benchmark of NAME is results/<world>/benchmarks/NAME.jsonl."""


class StudyPlan(Kept):
    """All jobs of a study but those that fetch, and those that make the report. Made by `planner.study`."""

    study: str
    world: str
    gpu: str
    """The kind that the site has."""
    jobs: tuple[PlannedJobs, ...]
    """Kinds in the order of the work."""

    @property
    def text(self) -> str:
        """One text for one plan, whatever machine and time it is made on."""
        return self.model_dump_json(indent=1) + "\n"

    @property
    def digest(self) -> str:
        """Of which jobs there are, on which kind of GPU; it is a parameter that Snakemake watches.

        How much they are planned to take is left out: with other ranks no result changes, and so nothing is to run.
        """
        names = [name for jobs in self.jobs for name in (jobs.kind, *jobs.names)]
        return hashlib.sha256("\n".join([self.gpu, *names]).encode()).hexdigest()[:16]

    def write(self, file: Path) -> None:
        write_text(file, self.text)

    @classmethod
    def read(cls, file: Path) -> Self:
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise UserError(f"{file} holds no plan: {error}\nDelete it, and let snakemake make it again") from None
