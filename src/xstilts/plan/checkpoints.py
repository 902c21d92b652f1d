"""Checkpoints: the nodes of the tree that are trained, and what becomes of their states and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from xstilts.config import StageSpec
from xstilts.errors import UserError
from xstilts.plan.code import Code
from xstilts.plan.facts import FORMATS, Facts
from xstilts.recipe import Stage
from xstilts.specs import TrainSpec


@dataclass(frozen=True)
class Run:
    """What all nodes share that one stage makes of one base's descendants: few runs, thousands of nodes."""

    stage: StageSpec
    plain: dict[str, Any]
    """The stage as it stands in specs."""
    running: str
    tokens: dict[str, list[Path]]
    """Token files of the stage's parts, in their order, by split."""
    digests: list[Path]
    formats: tuple[str, ...]


class Checkpoints:
    """`checkpoints/<node>/`: a stage trained on its parent; of a base, its pretraining."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code
        self._run = cache(self._run_of)
        self._made_by = cache(self._resolve)

    def folder(self, node: object) -> Path:
        return self.facts.checkpoint(node)

    def spec(self, node: str) -> TrainSpec:
        """What determines a node's weights, beside its parent and its data."""
        seed = self.facts.node(node).seed
        return TrainSpec(
            node=node,
            seed=self.facts.world.bases[node].seed if seed is None else seed,
            stage=self._run(node).plain,
        )

    def code(self, node: str) -> str:
        made = self.folder(node) / "training.json"
        return self._code.of("train", made, lambda: self.spec(node), *self._run(node).formats)

    def stage(self, node: str) -> StageSpec:
        """The resolved stage that makes a node; of a base, its pretraining."""
        return self._run(node).stage

    def _run_of(self, node: str) -> Run:
        place = self.facts.node(node)
        return self._made_by(place.base, place.stage)

    def _resolve(self, base: str, stage: Stage | None) -> Run:
        world = self.facts.world
        spec = world.resolve_stage(stage) if stage else world.resolve_pretraining(base)
        if spec is None:
            raise UserError(f"base {base!r} is not pretrained here")
        trackers = "+".join(self.facts.project.settings.trackers)
        folder = self.facts.results / "tokens" / self.facts.tokenizer_of(base)
        trained = [f"{part.data}@{part.variant}" if part.variant else part.data for part in spec.parts]
        tokens = {
            "train": [folder / data / "train.arrow" for data in trained],
            "dev": [folder / part.dev / "dev.arrow" for part in spec.parts],
        }
        return Run(
            stage=spec,
            plain=spec.as_dict(),
            running=spec.running() + (f",trackers={trackers}" if trackers else ""),
            tokens=tokens,
            digests=[file.with_suffix(".digest") for files in tokens.values() for file in files],
            formats=tuple(sorted({f"{FORMATS}.{part.format}" for part in spec.parts})),
        )

    # what a job reads -------------------------------------------------------------------------------------------------
    def parent(self, node: str) -> Path:
        """Folder of a node's parent; below a seed it is the base."""
        parent = self.facts.node(node).parent
        assert parent is not None
        return self.folder(parent)

    def base(self, node: str) -> Path:
        """Folder of the base that a node descends from."""
        return self.folder(node.split("/")[0])

    def tokens(self, node: str, split: str) -> list[Path]:
        """Token files of a stage's parts, in their order; the dev split is English."""
        return self._run(node).tokens[split]

    def digests(self, node: str) -> list[Path]:
        """Digests of a stage's token files."""
        return self._run(node).digests

    # how it is carried out, which changes nothing in its result -----------------------------------------------------
    def running(self, node: str) -> str:
        """How a node's training is carried out, as one word."""
        return self._run(node).running

    def state(self, node: str) -> Path:
        """Folder of what a node's training, once killed, goes on from; undeclared, since Snakemake removes outputs."""
        # `_` is called no stage: a child's folder must not lie in it.
        return self.facts.results / "states" / node / "_"

    def curves(self, node: str) -> Path:
        """Folder of a node's training curves."""
        return self.facts.results / "curves" / node

    # the study --------------------------------------------------------------------------------------------------------
    def files(self, kind: str) -> list[Path]:
        """Digests of the study's `bases`, `intermediates` or `targets`."""
        return self._files[kind]

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        study, project = self.facts.study, self.facts.project
        cells = [(base, seed, recipe) for base in study.bases for seed in study.seeds for recipe in project.recipes]
        of_recipes = {str(node) for cell in cells for node in project.recipe_node(*cell).lineage}
        found: dict[str, list[Path]] = {"bases": [], "intermediates": [], "targets": []}
        for node in project.nodes:
            kind = "bases" if not node.stage else "intermediates" if str(node) in of_recipes else "targets"
            found[kind].append(self.folder(node) / "digest")
        return found

    @cached_property
    def trained(self) -> list[str]:
        """The study's nodes that are trained here, pretrained bases among them."""
        world, nodes = self.facts.world, self.facts.project.nodes
        return [str(node) for node in nodes if node.stage or world.bases[node.base].pretrain]

    def trained_files(self) -> list[Path]:
        """Digests of all that is trained."""
        return [self.folder(node) / "digest" for node in self.trained]

    def cleared_states(self) -> list[Path]:
        """The mark that no training of the study has a saved state left."""
        return [self.facts.results / "states" / f"{self.facts.name}.cleared"]

    def pruned(self) -> list[Path]:
        """Marks of target nodes whose weights go once their predictions stand; none where the world keeps them."""
        if self.facts.world.keep_target_weights:
            return []
        project = self.facts.project
        # An English task as a target is another study's intermediate, which would have to be trained again.
        kept = {self.folder(node.parent) for node in project.nodes if node.parent}
        kept |= {self.folder(node) for *_, target, node in project.cells if target.role != "target"}
        return [file.with_name("pruned") for file in self.files("targets") if file.parent not in kept]
