"""Scores: predictions beside gold answers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from xstilts.plan.code import Code
from xstilts.plan.facts import FORMATS, Facts
from xstilts.specs import ScoreSpec
from xstilts.tasks import get

METRICS = "xstilts.metrics"


class Scores:
    """`scores/<node>/<target>`."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code
        self.folder = facts.results / "scores"

    def spec(self, node: str, target: str) -> ScoreSpec:
        task, place = get(target), self.facts.node(node)
        trained = place.parent if task.stage else place
        return ScoreSpec(
            base=place.base,
            recipe=str((trained or place).recipe),  # a base may be fine-tuned already
            seed=place.seed,
            node=node,
            task=target,
            format=task.format,
            metric=task.metric,
            labels=task.labels,
            languages=self.facts.languages_in(target, task.evaluated[-1]),
            splits=task.evaluated,
            encoding=self.facts.encoding(task),
            chance=task.chance,
        )

    def code(self, node: str, target: str) -> str:
        task = get(target)
        found = f"{FORMATS}.{task.format}", f"{METRICS}.{task.metric}"
        return self._code.of("score", self.folder / node / f"{target}.json", lambda: self.spec(node, target), *found)

    @cached_property
    def files(self) -> list[Path]:
        """Score files of the study, each once."""
        cells = self.facts.project.cells
        return list(dict.fromkeys(self.folder / str(node) / f"{target.name}.json" for *_, target, node in cells))
