"""A configuration that has been read and found right: what the rest of the code works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from xstilts.config.claims import Claim
from xstilts.config.settings import Settings
from xstilts.config.study import Study
from xstilts.config.world import World
from xstilts.recipe import Node, Recipe, Stage
from xstilts.tasks import SUITES, TASKS, Task


@dataclass(frozen=True)
class Project:
    """One study in one world."""

    settings: Settings
    world: World
    study: Study
    claims: tuple[Claim, ...] = ()

    @property
    def aliases(self) -> Mapping[str, str]:
        return self.settings.aliases

    @cached_property
    def targets(self) -> tuple[Task, ...]:
        """The target tasks in the study's order, named lists resolved."""
        return tuple(TASKS[task] for name in self.study.targets for task in SUITES.get(name, (name,)))

    @cached_property
    def recipes(self) -> Mapping[str, Recipe]:
        """By name, in the study's order."""
        return {name: Recipe(tuple(map(self.stage, stages))) for name, stages in self.study.recipes.items()}

    def stage(self, text: str) -> Stage:
        """The stage that `text` spells."""
        return Stage.parse(text, self.aliases)

    def node(self, path: str) -> Node:
        """The checkpoint that `path` names."""
        return Node.parse(path, self.aliases)

    def recipe_node(self, base: str, seed: int, recipe: str) -> Node:
        """The checkpoint at the end of a recipe."""
        return Node(base, seed, self.recipes[recipe])

    def target_node(self, base: str, seed: int, recipe: str, target: Task) -> Node:
        """The checkpoint that `target` is evaluated with: the recipe's own for retrieval, else one stage further.

        A published model that is fine-tuned already is evaluated as it is.
        """
        node = self.recipe_node(base, seed, recipe)
        if target.stage is None or (not node.recipe.stages and target.stage in self.world.bases[base].fine_tuned):
            return node
        return node.then(self.stage(target.stage), seed)

    @cached_property
    def cells(self) -> tuple[tuple[str, int, str, Task, Node], ...]:
        """The whole grid: base, seed, recipe, target, and the checkpoint that gives this cell's predictions."""
        return tuple(
            (base, seed, recipe, target, self.target_node(base, seed, recipe, target))
            for base in self.study.bases
            for seed in self.study.seeds
            for recipe in self.recipes
            for target in self.targets
        )

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every checkpoint that the study needs, parents before children, each once."""
        found = {node: None for cell in self.cells for node in cell[4].lineage}
        return tuple(sorted(found, key=lambda node: len(node.recipe.stages)))
