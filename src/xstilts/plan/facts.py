"""What several parts of the plan ask: the project, where results lie, and what is looked up once for many jobs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import cast

from xstilts.config import Project
from xstilts.formats.encoding import Encoding, Find
from xstilts.origins import Origins
from xstilts.tasks import Task, get

FORMATS = "xstilts.formats"
"""The package that a job finds its task's format in, by name."""


class Facts:
    """A study in a world, with lookups that cost the same for the last job as for the first."""

    def __init__(self, project: Project, origins: Origins) -> None:
        self.project, self.origins = project, origins
        self.world, self.study = project.world, project.study
        self.name = project.settings.study
        self.results = Path(project.settings.results) / project.settings.world
        self.node = cache(project.node)
        self.languages_in = cache(self.world.languages_in)
        self.encoding = cache(self._encoding)

    def checkpoint(self, node: object) -> Path:
        """Folder of a node."""
        return self.results / "checkpoints" / str(node)

    def tokenizer_of(self, base: str) -> str:
        """Name of a base's tokenizer: one that the world trains, or the base's own."""
        scratch = self.world.bases[base].scratch
        return scratch.tokenizer if scratch else base

    def _encoding(self, task: Task) -> Encoding:
        """How a task's records become token ids, and how its predictions are read."""
        encoding = Encoding(**self.world.encoding_of(task.name).model_dump())
        if task.layer is None:
            return encoding
        return replace(encoding, layer_share=task.layer[0] / task.layer[1], find=cast(Find, task.metric))

    @cached_property
    def targets_of(self) -> dict[str, list[str]]:
        """The targets that are evaluated with a node, by its path."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for *_, target, node in self.project.cells:
            found[str(node)][target.name] = None
        return {node: list(targets) for node, targets in found.items()}

    @cached_property
    def evaluated(self) -> dict[tuple[str, int, str], dict[str, str]]:
        """Of each base, seed and recipe: the nodes that its targets are evaluated with, by target."""
        found: dict[tuple[str, int, str], dict[str, str]] = defaultdict(dict)
        for base, seed, recipe, target, node in self.project.cells:
            found[base, seed, recipe][target.name] = str(node)
        return found


def task_of(data: str) -> Task:
    """The task that a data set belongs to: `data` is a task, or task@variant."""
    return get(data.partition("@")[0])
