"""What the rules ask: the jobs of a study in a world, each job's inputs, its spec and the fingerprint of its code.

Everything is known when the DAG is parsed, from configuration and registry alone. Nothing is read from the results but,
with `freeze_code`, the fingerprints that existing results record.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from xstilts.alignment import OPERATORS, RATES
from xstilts.available import available, data_of
from xstilts.config import Project, StageSpec, load
from xstilts.errors import UserError
from xstilts.fingerprint import FACETS, fingerprint
from xstilts.formats.encoding import Encoding, Find, reading
from xstilts.origins import Origins
from xstilts.published import FILE
from xstilts.recipe import Node, digest
from xstilts.sources.fetch.weights import files_watched
from xstilts.specs import (
    AlignmentSpec,
    DownloadSpec,
    FetchSpec,
    PredictSpec,
    RecordsSpec,
    ReportSpec,
    ScoreSpec,
    ScratchSpec,
    Spec,
    SubmissionSpec,
    SubmittedSpec,
    TargetSpec,
    TokenizerSpec,
    TokensSpec,
    TrainSpec,
)
from xstilts.submission.official import FOLDERS, Folder
from xstilts.tasks import Task, get

MAKERS = "xstilts.sources.miniature.makers"
GENERATED = "xstilts.sources.miniature.records"
READERS = "xstilts.sources.readers"
FORMATS = "xstilts.formats"
METRICS = "xstilts.metrics"
TEMPLATES = sorted(Path(__file__).parent.glob("report/templates/*"))


def open_plan(config: Mapping[str, Any], root: Path) -> Plan:
    """The plan that Snakemake's configuration describes; what is wrong with it ends the program, with a message."""
    try:
        plan = Plan(load(config, root), root / "scripts")
    except UserError as error:
        sys.exit(f"error: {error}")
    for sentence in plan.left_out:
        print(f"note: {sentence}", file=sys.stderr)
    return plan


class Plan:
    """A study in a world, as Snakemake's rules see it. A method takes the wildcards of a rule's outputs."""

    def __init__(self, project: Project, scripts: Path) -> None:
        self.origins = Origins(project.settings, project.world)
        self.asked = project
        self.project, self.left_out = available(project, self.origins)
        self.world, self.study = self.project.world, self.project.study
        self.name = project.settings.study
        self.results = Path(project.settings.results) / project.settings.world
        self.scripts = scripts
        self._prints: dict[tuple[str, tuple[str, ...]], str] = {}
        self._stages: dict[str, StageSpec] = {}

    # data -----------------------------------------------------------------------------------------------------------
    def records_spec(self, data: str, split: str) -> RecordsSpec:
        """One split of a data set; `data` is a task, or task@variant for a train split in other languages."""
        task, languages = get(data.partition("@")[0]), self.world.languages_in(data, split)
        entry = self.world.tasks[task.name]
        own = self.project.settings.files and entry.source != "miniature"
        source: dict[str, Any] = {"source": "files" if own else entry.source}
        if entry.source == "miniature":
            source |= {
                "maker": entry.maker,
                "rows": getattr(entry.rows, split),
                "settings": self.world.miniature.model_dump(),
            }
        else:
            parts = self.origins.of(task, split, languages)
            source |= {
                "hold_out": entry.hold_out,
                "limit": getattr(entry.limit, split) if entry.limit else None,
                "parts": [part.model_dump(mode="json") for part in parts],
            }
        return RecordsSpec(
            task=task.name,
            data=data,
            split=split,
            format=task.format,
            labels=task.labels,
            languages=languages,
            source=source,
        )

    def records_files(self, data: str, split: str) -> list[Path]:
        """What a split is read from, as far as it can be watched: digests of what is fetched, files of one's own."""
        task = get(data.partition("@")[0])
        return self.origins.inputs(task, split, self.world.languages_in(data, split))

    @cached_property
    def record_files(self) -> list[Path]:
        """Digests of all records that the study reads; of what it asks for in vain, those that there are."""
        found = [
            self.results / "records" / data / f"{split}.digest"
            for data, split in data_of(self.asked)
            if self.origins.missing(get(data.partition("@")[0]), split, self.world.languages_in(data, split)) is None
        ]
        return list(dict.fromkeys(found))

    def download_spec(self, release: str, way: str) -> DownloadSpec:
        """What is fetched of a release, from the hub or as its original archives."""
        return self.origins.download_spec(release, way)

    def download_files(self) -> list[Path]:
        """Digests of all that the study's records are fetched from."""
        found = [file for data, split in data_of(self.project) for file in self.records_files(data, split)]
        return [file for file in dict.fromkeys(found) if file.name == "digest"]

    def tokenizer_of(self, base: str) -> str:
        """Name of a base's tokenizer: one that the world trains, or the base's own."""
        scratch = self.world.bases[base].scratch
        return scratch.tokenizer if scratch else base

    def tokenizer_folder(self, tokenizer: str) -> Path:
        """Where a tokenizer.json lies."""
        return self.results / ("tokenizers" if tokenizer in self.world.tokenizers else "checkpoints") / tokenizer

    def tokenizer_text(self, tokenizer: str, kind: str) -> Path:
        """Records, or their digest, that a tokenizer is trained on."""
        return self.results / "records" / self.world.tokenizers[tokenizer].trained_on / f"train.{kind}"

    def tokenizer_spec(self, tokenizer: str) -> TokenizerSpec:
        return TokenizerSpec(name=tokenizer, vocabulary=self.world.tokenizers[tokenizer].vocabulary)

    def tokens_spec(self, data: str, split: str) -> TokensSpec:
        task = get(data.partition("@")[0])
        encoding = reading(self._encoding(task))
        return TokensSpec(data=data, split=split, format=task.format, labels=task.labels, encoding=encoding)

    def labels_from(self, data: str) -> list[Path]:
        """Training records that hold the labels of an open label set (CCG's categories); none for other tasks."""
        task = get(data.partition("@")[0])
        open_set = task.format == "tagging" and not task.labels
        return [self.results / "records" / task.name / "train.parquet"] if open_set else []

    def _encoding(self, task: Task) -> Encoding:
        encoding = Encoding(**self.world.encoding_of(task.name).model_dump())
        if task.layer is None:
            return encoding
        return replace(encoding, layer_share=task.layer[0] / task.layer[1], find=cast(Find, task.metric))

    # checkpoints ----------------------------------------------------------------------------------------------------
    def checkpoint(self, node: Node | str) -> Path:
        """Folder of a node."""
        return self.results / "checkpoints" / str(node)

    def names_of_bases(self, *kinds: str) -> str:
        """A pattern for the bases that are made from scratch, or come from the hub or a path; it may match none."""
        names = [name for name, base in self.world.bases.items() if any(getattr(base, kind) for kind in kinds)]
        return "|".join(map(re.escape, names)) or "(?!)"

    def scratch_spec(self, base: str) -> ScratchSpec:
        entry = self.world.bases[base]
        assert entry.scratch is not None
        return ScratchSpec(base=base, seed=entry.seed, architecture=entry.scratch.model_dump(exclude={"tokenizer"}))

    def fetch_spec(self, base: str) -> FetchSpec:
        return FetchSpec(base=base, **self.world.bases[base].model_dump(include={"hub", "revision", "path"}))

    def fetched_from(self, base: str) -> list[Path]:
        """Files of a base that comes from a folder, so that a model replaced there is seen."""
        path = self.world.bases[base].path
        return files_watched(Path(path)) if path else []

    def stage_of(self, node: str) -> StageSpec:
        """The resolved stage that makes a node; of a base, its pretraining."""
        if node not in self._stages:
            stage = self.project.node(node).stage
            spec = self.world.resolve_pretraining(node) if stage is None else self.world.resolve_stage(stage)
            if spec is None:
                raise UserError(f"base {node!r} is not pretrained here")
            self._stages[node] = spec
        return self._stages[node]

    def train_spec(self, node: str) -> TrainSpec:
        """What determines a node's weights, beside its parent and its data."""
        seed = self.project.node(node).seed
        return TrainSpec(
            node=node,
            seed=self.world.bases[node].seed if seed is None else seed,
            stage=self.stage_of(node).as_dict(),
        )

    def stage_tokens(self, node: str, split: str) -> list[Path]:
        """Token files of a stage's parts, in their order; the dev split is English."""
        folder = self.results / "tokens" / self.tokenizer_of(node.split("/")[0])
        parts = self.stage_of(node).parts
        if split == "dev":
            return [folder / part.dev / "dev.arrow" for part in parts]
        return [
            folder / (f"{part.data}@{part.variant}" if part.variant else part.data) / "train.arrow" for part in parts
        ]

    def stage_digests(self, node: str) -> list[Path]:
        """Digests of a stage's token files."""
        files = self.stage_tokens(node, "train") + self.stage_tokens(node, "dev")
        return [file.with_suffix(".digest") for file in files]

    def parent_of(self, node: str) -> Path:
        """Folder of a node's parent; below a seed it is the base."""
        parent = self.project.node(node).parent
        assert parent is not None
        return self.checkpoint(parent)

    def base_of(self, node: str) -> Path:
        """Folder of the base that a node descends from."""
        return self.checkpoint(node.split("/")[0])

    def state_of(self, node: str) -> Path:
        """Folder of what a node's training, once killed, goes on from; undeclared, since Snakemake removes outputs."""
        return self.results / "states" / node / "_"  # which no stage is called: a child's folder must not lie in it

    def curves_of(self, node: str) -> Path:
        """Folder of a node's training curves."""
        return self.results / "curves" / node

    def running(self, node: str) -> str:
        """How a node's training is carried out, which changes nothing in its result."""
        trackers = "+".join(self.project.settings.trackers)
        return self.stage_of(node).running() + (f",trackers={trackers}" if trackers else "")

    def cores(self, node: str) -> int:
        """CPU cores that a node's training occupies."""
        stage = self.stage_of(node)
        return stage.ranks * stage.threads

    # evaluation -----------------------------------------------------------------------------------------------------
    def predict_spec(self, node: str, target: str) -> PredictSpec:
        task, base = get(target), self.world.bases.get(node)
        return PredictSpec(
            node=node,
            task=target,
            format=task.format,
            splits=task.evaluated,
            encoding=self._encoding(task),
            labels=base.labels if base and task.labels else (),
        )

    def evaluated(self, node: str, target: str, kind: str) -> list[Path]:
        """Files that an evaluation reads, in the order of its splits: `records`, `tokens` or the `digests` of both."""
        records = [self.results / "records" / target / f"{split}.parquet" for split in get(target).evaluated]
        tokenizer = self.tokenizer_of(node.split("/")[0])
        tokens = [self.results / "tokens" / tokenizer / target / f"{file.stem}.arrow" for file in records]
        digests = [file.with_suffix(".digest") for file in records + tokens]
        return {"records": records, "tokens": tokens, "digests": digests}[kind]

    def score_spec(self, node: str, target: str) -> ScoreSpec:
        task, place = get(target), self.project.node(node)
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
            languages=self.tested(target),
            splits=task.evaluated,
            encoding=self._encoding(task),
            chance=task.chance,
        )

    def tested(self, target: str) -> tuple[str, ...]:
        """The languages that a target is evaluated in."""
        return self.world.languages_in(target, get(target).evaluated[-1])

    def answers_of(self, node: str, target: str) -> Path:
        """Folder of what an evaluation, once killed, goes on from; undeclared, as `state_of` is."""
        return self.results / "states" / "predictions" / node / target

    # alignment ------------------------------------------------------------------------------------------------------
    def align_spec(self, node: str, target: str) -> AlignmentSpec:
        length = self._encoding(get(target)).max_length
        return AlignmentSpec(node=node, task=target, max_length=length, operators=OPERATORS, rates=RATES)

    def align_parts(self, node: str, target: str) -> Path:
        """Folder of what a measurement, once killed, goes on from; undeclared, since Snakemake removes outputs."""
        return self.results / "states" / "alignment" / node / target

    def alignment_files(self) -> list[Path]:
        """Digests of all measurements: every checkpoint that is no target's, with every target that is in pairs."""
        if not self._paired:
            raise UserError(
                f"the study {self.name!r} has no target in which every sentence has its translation, which alignment "
                "is measured on: add tatoeba to its targets"
            )
        nodes = [file.parent for kind in ("bases", "intermediates") for file in self.checkpoint_files(kind)]
        folder = self.results / "alignment"
        return [folder / f.relative_to(self.checkpoint("")) / f"{task}.digest" for f in nodes for task in self._paired]

    @property
    def probe_files(self) -> list[Path]:
        """What the study measures beside its targets, as far as there is data for it."""
        return self.alignment_files() if "alignment" in self.study.probes and self._paired else []

    @property
    def _paired(self) -> list[str]:
        return [task.name for task in self.project.targets if task.paired]

    # the study ------------------------------------------------------------------------------------------------------
    def report_spec(self) -> ReportSpec:
        """What the report shows: the study as resolved."""
        return ReportSpec(
            study=self.name,
            world=self.project.settings.world,
            asks=self.study.asks,
            baseline=self.study.compare.baseline,
            bases=self.study.bases,
            seeds=self.study.seeds,
            recipes={name: str(recipe) for name, recipe in self.project.recipes.items()},
            targets={task.name: TargetSpec(title=task.title, stage=task.stage) for task in self.project.targets},
            left_out=self.left_out,
            hubs={name: self.world.bases[name].hub for name in self.study.bases},
            fine_tuned={
                name: base.fine_tuned for name in self.study.bases if (base := self.world.bases[name]).fine_tuned
            },
        )

    def report_files(self) -> list[Path]:
        """The page, and its tables as CSV."""
        folder = self.results / "report" / self.name
        return [folder / "report.html", folder / "scores.csv", folder / "recipes.csv"]

    def published_files(self) -> list[Path]:
        """The comparison with published figures, in studies that ask for one."""
        folder = self.results / "report" / self.name
        return [folder / "published.csv"] if self.study.compare.published else []

    @cached_property
    def score_files(self) -> list[Path]:
        """Score files of the study, each once."""
        cells = self.project.cells
        found = [self.results / "scores" / str(node) / f"{target.name}.json" for *_, target, node in cells]
        return list(dict.fromkeys(found))

    def checkpoint_files(self, kind: str) -> list[Path]:
        """Digests of the study's `bases`, `intermediates` or `targets`."""
        nodes = self.project.nodes
        recipes = {node for base, seed, recipe, *_ in self.project.cells for node in self._recipe(base, seed, recipe)}
        groups = {
            "bases": [node for node in nodes if node.stage is None],
            "intermediates": [node for node in nodes if node.stage and node in recipes],
            "targets": [node for node in nodes if node.stage and node not in recipes],
        }
        return [self.checkpoint(node) / "digest" for node in groups[kind]]

    def _recipe(self, base: str, seed: int, recipe: str) -> tuple[Node, ...]:
        """The checkpoints of a recipe, from the base to its end."""
        return self.project.recipe_node(base, seed, recipe).lineage

    @cached_property
    def trained(self) -> list[str]:
        """The study's nodes that are trained here, pretrained bases among them."""
        return [str(node) for node in self.project.nodes if node.stage or self.world.bases[node.base].pretrain]

    @property
    def trained_files(self) -> list[Path]:
        """Digests of all that is trained."""
        return [self.checkpoint(node) / "digest" for node in self.trained]

    def cleared_states(self) -> list[Path]:
        """The mark that no training of the study has a saved state left."""
        return [self.results / "states" / f"{self.name}.cleared"]

    def weights_to_prune(self) -> list[Path]:
        """Marks of target nodes whose weights go once their predictions stand; none where the world keeps them."""
        if self.world.keep_target_weights:
            return []
        # An English task as a target is another study's intermediate, which would have to be trained again.
        kept = {self.checkpoint(node.parent) for node in self.project.nodes if node.parent}
        kept |= {self.checkpoint(node) for *_, target, node in self.project.cells if target.role != "target"}
        return [f.with_name("pruned") for f in self.checkpoint_files("targets") if f.parent not in kept]

    def predictions_of(self, node: str) -> list[Path]:
        """Predictions of this study that read a node."""
        found = [target.name for *_, target, at in self.project.cells if str(at) == node]
        return [self.results / "predictions" / node / f"{target}.digest" for target in dict.fromkeys(found)]

    # submission -----------------------------------------------------------------------------------------------------
    @cached_property
    def submissions(self) -> dict[str, tuple[str, int, str]]:
        """Base, seed and recipe of each submission, by its name."""
        study = self.study
        cells = ((base, seed, recipe) for base in study.bases for seed in study.seeds for recipe in study.recipes)
        return {f"{base}-s{seed}-{recipe}": (base, seed, recipe) for base, seed, recipe in cells}

    def submission_files(self) -> list[Path]:
        """The archives of the study; a UserError where none of its targets is XTREME's."""
        if not self._folders:
            names = ", ".join(folder.target for folder in FOLDERS)
            raise UserError(
                f"the study {self.name!r} has no target of XTREME's nine ({names}): targets: [xtreme] names them all"
            )
        folder = self.results / "submission" / self.name
        return [folder / f"{name}.zip" for name in self.submissions]

    def submission_spec(self, submission: str) -> SubmissionSpec:
        base, seed, recipe = self._submission(submission)
        nodes = {cell[3].name: str(cell[4]) for cell in self.project.cells if cell[:3] == (base, seed, recipe)}
        folders = {
            folder.name: SubmittedSpec(
                target=folder.target,
                node=nodes[folder.target],
                labels=get(folder.target).labels,
                generated=self.world.tasks[folder.target].source == "miniature",
            )
            for folder in self._folders
        }
        world = self.project.settings.world
        return SubmissionSpec(study=self.name, world=world, base=base, seed=seed, recipe=recipe, folders=folders)

    def submitted(self, submission: str, kind: str) -> list[Path]:
        """What a submission is made of, in the order of its folders.

        `predictions`, what is `told` beside them, `records`, and the `digests` of predictions and records.
        """
        entries = self.submission_spec(submission).folders.values()
        predictions = [self.results / "predictions" / one.node / f"{one.target}.parquet" for one in entries]
        records = [self.results / "records" / one.target / "test.parquet" for one in entries]
        told = [file.with_suffix(".json") for file in predictions]
        digests = [file.with_suffix(".digest") for file in predictions + records]
        return {"predictions": predictions, "told": told, "records": records, "digests": digests}[kind]

    @property
    def _folders(self) -> list[Folder]:
        """XTREME's folders that the study has the targets of."""
        asked = {target.name for target in self.project.targets}
        return [folder for folder in FOLDERS if folder.target in asked]

    def _submission(self, name: str) -> tuple[str, int, str]:
        if name not in self.submissions:
            raise UserError(f"the study {self.name!r} has no submission {name!r}, but {', '.join(self.submissions)}")
        return self.submissions[name]

    # code -----------------------------------------------------------------------------------------------------------
    def records_code(self, data: str, split: str) -> str:
        spec = self.records_spec(data, split)
        parts = spec.source.get("parts", [])
        found = [f"{READERS}.{reader}" for reader in sorted({part["reader"] for part in parts})]
        makers = [GENERATED, f"{MAKERS}.{spec.source['maker']}"] if "maker" in spec.source else []
        made = self.results / "records" / data / f"{split}.json"
        return self._code("prepare", spec, made, f"{FORMATS}.{spec.format}", *makers, *found)

    def tokenizer_code(self, tokenizer: str) -> str:
        made = self.tokenizer_folder(tokenizer) / "record.json"
        return self._code("tokenizer", self.tokenizer_spec(tokenizer), made)

    def tokens_code(self, tokenizer: str, data: str, split: str) -> str:
        spec = self.tokens_spec(data, split)
        made = self.results / "tokens" / tokenizer / data / f"{split}.json"
        return self._code("encode", spec, made, f"{FORMATS}.{spec.format}")

    def scratch_code(self, base: str) -> str:
        return self._code("draw", self.scratch_spec(base), self.results / "drawn" / base / "record.json")

    def fetch_code(self, base: str) -> str:
        return self._code("fetch", self.fetch_spec(base), self.checkpoint(base) / "training.json")

    def train_code(self, node: str) -> str:
        formats = sorted({f"{FORMATS}.{part.format}" for part in self.stage_of(node).parts})
        return self._code("train", self.train_spec(node), self.checkpoint(node) / "training.json", *formats)

    def predict_code(self, node: str, target: str) -> str:
        spec = self.predict_spec(node, target)
        made = self.results / "predictions" / node / f"{target}.json"
        return self._code("predict", spec, made, f"{FORMATS}.{spec.format}")

    def align_code(self, node: str, target: str) -> str:
        made = self.results / "alignment" / node / f"{target}.json"
        return self._code("align", self.align_spec(node, target), made)

    def score_code(self, node: str, target: str) -> str:
        spec = self.score_spec(node, target)
        made = self.results / "scores" / node / f"{target}.json"
        return self._code("score", spec, made, f"{FORMATS}.{spec.format}", f"{METRICS}.{spec.metric}")

    def report_code(self) -> str:
        """The report's code, and its templates, whose every character counts."""
        return digest([self._print("report", ()), *(file.read_text(encoding="utf-8") for file in TEMPLATES)])

    def submission_code(self, submission: str) -> str:
        made = self.results / "submission" / self.name / f"{submission}.json"
        return self._code("submission", self.submission_spec(submission), made)

    def published_code(self) -> str:
        """The comparison's code, and the figures themselves."""
        return digest([self._print("published", ()), FILE.read_text(encoding="utf-8")])

    def _code(self, program: str, spec: Spec, made: Path, *found_by_name: str) -> str:
        """Fingerprint of what a job runs; with `freeze_code`, the one of its existing result, if of this spec."""
        if self.project.settings.freeze_code and made.exists():
            record = json.loads(made.read_text(encoding="utf-8"))
            if record["spec"] == spec.model_dump(mode="json"):
                return str(record["code"])
        return self._print(program, found_by_name)

    def _print(self, program: str, found_by_name: tuple[str, ...]) -> str:
        key = program, found_by_name
        if key not in self._prints:
            path = self.scripts / f"{PROGRAMS[program]}.py"
            self._prints[key] = fingerprint(path, program if program in FACETS else None, found_by_name)
        return self._prints[key]


PROGRAMS = {
    "published": "compare_published",
    "prepare": "prepare",
    "tokenizer": "train_tokenizer",
    "encode": "encode_tokens",
    "draw": "draw_base",
    "fetch": "fetch_base",
    "train": "train_checkpoint",
    "predict": "predict_target",
    "align": "measure_alignment",
    "score": "score_target",
    "report": "make_report",
    "submission": "write_submission",
}
