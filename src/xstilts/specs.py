"""What each job is told: its whole resolved specification, which is also a parameter that Snakemake watches.

A job's spec holds what its result depends on and nothing else, so a changed setting reruns just the jobs concerned.
Programs take a spec as JSON text or as the path of a file that holds it (every result keeps its own).
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from xstilts.config.claims import Claim
from xstilts.errors import UserError
from xstilts.formats.encoding import Encoding

Way = Literal["own", "hub", "original"]
"""How a release is had: one's own copy, fetched from the hub, fetched as its original files."""


class Spec(BaseModel):
    """A job's specification: frozen, and strict about what it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def text(self) -> str:
        """One line of JSON; equal specs give equal lines."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, text_or_file: str) -> Self:
        """From JSON text, or from a file: a spec alone, or a result's record with the spec under `spec`."""
        try:
            named = not text_or_file.lstrip().startswith("{")
            text = Path(text_or_file).read_text(encoding="utf-8") if named else text_or_file
            data: dict[str, Any] = json.loads(text)
            return cls.model_validate(data.get("spec", data))
        except (OSError, ValueError) as error:
            raise UserError(f"--spec is no {cls.__name__}: {error}") from None


class RecordsSpec(Spec):
    """One split of a data set, in all its languages."""

    task: str
    data: str
    split: str
    format: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    source: dict[str, Any]


class Origin(Spec):
    """Where one language of a split is read: files below a folder, and the reader that knows their format."""

    release: str
    revision: str | None
    language: str
    reader: str
    options: dict[str, Any]
    way: Way
    folder: str
    patterns: tuple[str, ...]
    """Alternatives: the first that files match counts."""


class Archive(Spec):
    """One file that a release is downloaded as; an archive is unpacked."""

    url: str
    sha256: str | None = None


class DownloadSpec(Spec):
    """A release to be fetched: from the hub at a revision, or as the archives of its original publication."""

    release: str
    hub: str | None
    revision: str | None
    """A commit; None: the newest at the first fetch, which is recorded and kept from then on."""
    wanted: tuple[tuple[str, str], ...]
    """(configuration, split) of the hub data set, as the hub calls them."""
    shards: int | None
    """So many files of each split at most."""
    archives: tuple[Archive, ...]


class TokenizerSpec(Spec):
    """A tokenizer that the world trains itself."""

    name: str
    vocabulary: int


class TokensSpec(Spec):
    """One split as token ids."""

    data: str
    split: str
    format: str
    labels: tuple[str, ...]
    encoding: Encoding


class ScratchSpec(Spec):
    """The shape of a base model that the world pretrains itself, and the seed of its first weights."""

    base: str
    seed: int
    architecture: dict[str, Any]


class FetchSpec(Spec):
    """A base model from the hub, at a pinned revision, or from a folder."""

    base: str
    hub: str | None
    revision: str | None
    path: str | None


class TrainSpec(Spec):
    """One stage on one parent: what determines its weights. How it is run (ranks, ZeRO stage) is told apart from it."""

    node: str
    seed: int
    stage: dict[str, Any]


class PredictSpec(Spec):
    """One target read with one checkpoint."""

    node: str
    task: str
    format: str
    splits: tuple[str, ...]
    encoding: Encoding
    labels: tuple[str, ...] = ()
    """In the order of the model's outputs, where its configuration says so; else its config.json does."""


class ScoreSpec(Spec):
    """One target's scores."""

    base: str
    recipe: str
    seed: int | None
    node: str
    task: str
    format: str
    metric: str
    """A file of `xstilts.metrics`."""
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    encoding: Encoding
    chance: float | None


class AlignmentSpec(Spec):
    """One checkpoint's layers, measured on sentences and their translations."""

    node: str
    task: str
    max_length: int
    """Tokens of a text with typing errors, which is tokenised anew."""
    operators: tuple[str, ...]
    """Kinds of noise, by their names in `xstilts.alignment.noise`."""
    rates: tuple[float, ...]
    neighbours: int = 4
    """Of the ratio margin."""


class Cell(Spec):
    """One recipe on one target with one seed, and the node that was evaluated for it."""

    base: str
    seed: int
    recipe: str
    target: str
    node: str


class TargetSpec(Spec):
    """A target in a report: its title, and the stage that trains for it (None: the encoder is evaluated as it is)."""

    title: str
    stage: str | None


class ReportSpec(Spec):
    """A study as it was resolved."""

    study: str
    world: str
    asks: str
    baseline: str
    bases: tuple[str, ...]
    seeds: tuple[int, ...]
    recipes: dict[str, str]
    targets: dict[str, TargetSpec]
    left_out: tuple[str, ...] = ()
    """What the study asks for and whose data is not there, in sentences."""
    hubs: dict[str, str | None] = {}
    """Where on the hub each base is; None: from a folder, or made here."""
    fine_tuned: dict[str, tuple[str, ...]] = {}
    """Stages that bases have behind them: what is evaluated for these targets without a recipe is the base itself."""
    claims: tuple[Claim, ...] = ()
    """Statements that the study is held against."""
    results: str = "results"
    """The folder of all worlds' results, as configured."""
    configfiles: tuple[str, ...] = ()
    """What `--configfile` named."""

    @property
    def config(self) -> tuple[str, ...]:
        """What `--config` must say for Snakemake to work on this study."""
        elsewhere = (f"results={self.results}",) if self.results != "results" else ()
        return f"world={self.world}", f"study={self.study}", *elsewhere

    def command(self, *targets: str, force: str | None = None) -> str:
        """What makes some targets of this study, or all of it, as typed in a shell; `force`: what is made anew."""
        more = ["--forcerun", force] if force else []
        more += ["--configfile", *self.configfiles] if self.configfiles else []
        # Targets stand before options that take everything that follows up to the next one.
        return shlex.join(["snakemake", *targets, *more, "--config", *self.config, "-c2"])

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The whole grid, and the node behind each of its cells."""
        return tuple(
            Cell(base=base, seed=seed, recipe=recipe, target=target, node=self.node(base, seed, path, entry))
            for base in self.bases
            for seed in self.seeds
            for recipe, path in self.recipes.items()
            for target, entry in self.targets.items()
        )

    def node(self, base: str, seed: int, recipe: str, target: TargetSpec) -> str:
        """Path of the node that is evaluated."""
        done = not recipe and target.stage in self.fine_tuned.get(base, ())
        return node_path(base, seed, recipe, None if done else target.stage)


class SubmittedSpec(Spec):
    """One folder of a submission: the target behind it, and the node whose predictions it holds."""

    target: str
    node: str
    labels: tuple[str, ...]
    generated: bool
    """By the miniature, in languages of its own."""


class SubmissionSpec(Spec):
    """What one base and seed say with one recipe, for XTREME."""

    study: str
    world: str
    base: str
    seed: int
    recipe: str
    folders: dict[str, SubmittedSpec]
    """By XTREME's names."""


def node_path(base: str, seed: int, recipe: str, stage: str | None) -> str:
    """Path of the node that a target evaluates; an untouched base has no seed."""
    stages = [part for part in (recipe, stage) if part]
    return "/".join([base, f"s{seed}", *stages]) if stages else base
