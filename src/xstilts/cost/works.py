"""What each job of a plan does, by its rule and wildcards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from xstilts.config.training import Training as Settings
from xstilts.cost.data import Data, DataSizes, tokenizer_of
from xstilts.cost.devices import Device
from xstilts.cost.evaluation import aligning, predicting, scoring
from xstilts.cost.preparation import (
    comparing,
    download_of,
    drawing,
    encoding,
    fetching,
    preparing,
    submitting,
    tokenizing,
)
from xstilts.cost.shapes import Shape, shape_of
from xstilts.cost.training import Training, training_of
from xstilts.cost.work import NOTHING, Work
from xstilts.memory import FP32
from xstilts.plan import Plan
from xstilts.tasks import get
from xstilts.tasks.release import releases
from xstilts.tasks.sizes import sizes

Wildcards = Mapping[str, str]
Key = tuple[str, ...]
TRAINS = frozenset({"train_checkpoint", "pretrain_base"})
UNKNOWN = Shape(250_002, 1024, 24, 16, 4096, 514)
"""XLM-R Large's, with which a base of unknown shape is planned."""


class Works:
    """The work of every job. Jobs that do the same (other seeds, other parents) share one."""

    def __init__(self, plan: Plan, gpu: Device) -> None:
        self.plan, self.gpu, self.sizes = plan, gpu, DataSizes(plan)
        self._shapes: dict[str, tuple[Shape, bool]] = {}
        self._done: dict[Key, Work] = {}
        self._rules: Mapping[str, tuple[Callable[[Wildcards], Key], Callable[..., Work]]] = {
            "prepare_records": (_these("data", "split"), self._records),
            "encode_tokens": (_these("tokenizer", "data", "split"), self._tokens),
            "train_tokenizer": (_these("tokenizer"), self._tokenizer),
            "draw_base": (_these("base"), lambda base: self._told(base, drawing(self.shape(base)))),
            "fetch_base": (_these("base"), self._base),
            "fetch_release": (_these("release", "way"), self._release),
            "pretrain_base": (_these("base"), lambda base: self.stage(base)),
            "train_checkpoint": (self._checkpoint, self._stage_of),
            "predict_target": (_base_and_target, self._predictions),
            "measure_alignment": (_base_and_target, self._alignment),
            "score_target": (_base_and_target, self._scores),
            "compare_recipes": (lambda w: (), self._comparison),
            "write_submission": (lambda w: (), self._submission),
        }

    def key(self, rule: str, wildcards: Wildcards) -> Key:
        """What a job's work depends on: equal keys, equal work."""
        found = self._rules.get(rule)
        return (rule, *found[0](wildcards)) if found else (rule,)

    def of(self, rule: str, wildcards: Wildcards) -> Work:
        """The work of a job; nothing for rules that only collect."""
        key = self.key(rule, wildcards)
        if key not in self._done:
            found = self._rules.get(rule)
            self._done[key] = found[1](*key[1:]) if found else NOTHING
        return self._done[key]

    def shape(self, base: str) -> Shape:
        """The shape of a base, or the one that it is planned with."""
        return self._shape(base)[0]

    def training(self, node: str) -> Training:
        """The stage that makes a node, or pretrains a base."""
        base = node.split("/")[0]
        return training_of(self.plan.checkpoints.stage(node), base, self.shape(base), self.sizes, self.gpu)

    def stage(self, node: str) -> Work:
        """What that takes."""
        training = self.training(node)
        parts = [(portion.part.data, portion.train) for portion in training.portions]
        return self._told(node.split("/")[0], _sized(training.work, parts))

    # one method a rule ------------------------------------------------------------------------------------------------
    def _checkpoint(self, wildcards: Wildcards) -> Key:
        """By base and stage: parents and seeds make no difference."""
        return node_of(wildcards).split("/", 1)[0], wildcards["stage"]

    def _stage_of(self, base: str, stage: str) -> Work:
        return self.stage(f"{base}/s1/{stage}")

    def _records(self, data: str, split: str) -> Work:
        made = self.plan.world.tasks[data.partition("@")[0]].source == "miniature"
        return preparing(self.sizes.records(data, split)[0], self.sizes.size(data, split), made)

    def _tokens(self, tokenizer: str, data: str, split: str) -> Work:
        return encoding(self.sizes.cut_by(tokenizer, data, split), get(data.partition("@")[0]).format)

    def _tokenizer(self, tokenizer: str) -> Work:
        return tokenizing(self.sizes.cut_by(tokenizer, self.plan.world.tokenizers[tokenizer].trained_on, "train"))

    def _base(self, base: str) -> Work:
        weights = FP32 * float(self.shape(base).parameters)
        entry = self.plan.world.bases[base]
        work = fetching(weights if entry.hub else 0.0, weights)
        return self._told(base, replace(work, disk=weights))

    def _release(self, release: str, way: str) -> Work:
        size = sizes().get(release)
        known = releases()[release]
        languages = known.languages
        rows = sum(size.rows_in(split, code) for split in known.files for code in languages) if size else 0
        return fetching(download_of(size, way, rows)[0])

    def _predictions(self, base: str, target: str) -> Work:
        parts = self._parts(base, target)
        work = predicting(get(target), parts, self.shape(base), *self._running)
        return self._told(base, _sized(work, [(target, part) for part in parts]))

    def _alignment(self, base: str, target: str) -> Work:
        return self._told(base, aligning(self._parts(base, target), self.shape(base), *self._running))

    def _scores(self, base: str, target: str) -> Work:
        return scoring(get(target), self._parts(base, target))

    def _comparison(self) -> Work:
        """Of one base after the other, and in it one target."""
        project = self.plan.project
        tests = [self.sizes.records(task.name, task.evaluated[-1])[0] for task in project.targets]
        runs = len(project.recipes) * len(project.study.seeds)
        return comparing(len(self.plan.scores.files), tests, runs, len(project.study.bases))

    def _submission(self) -> Work:
        targets = [folder.target for folder in self.plan.submission.official]
        return submitting(sum(self.sizes.records(target, "test")[0] for target in targets))

    @property
    def _running(self) -> tuple[Settings, Device]:
        return self.plan.world.training, self.gpu

    def _parts(self, base: str, target: str) -> list[Data]:
        return [self.sizes.of(base, target, split) for split in get(target).evaluated]

    def _shape(self, base: str) -> tuple[Shape, bool]:
        if base not in self._shapes:
            world, folder = self.plan.world, self.plan.results / "checkpoints" / base
            trained = world.tokenizers.get(tokenizer_of(world, base))
            found, _ = shape_of(world.bases[base], folder, trained.vocabulary if trained else None)
            self._shapes[base] = (found or UNKNOWN, found is not None)
        return self._shapes[base]

    def _told(self, base: str, work: Work) -> Work:
        """The work, and that it is of an unknown model, if it is."""
        if self._shape(base)[1]:
            return work
        note = f"the shape of {base} is not known: planned as XLM-R Large; write bases.{base}.shape into the world"
        return replace(work, source="not known", notes=(*work.notes, note))


def node_of(wildcards: Wildcards) -> str:
    """The node that a training makes."""
    return wildcards["base"] if "base" in wildcards else f"{wildcards['parent']}/{wildcards['stage']}"


def _sized(work: Work, parts: Iterable[tuple[str, Data]]) -> Work:
    """The work, and which of its data nothing is known of, if there is any."""
    guessed = dict.fromkeys(name for name, data in parts if data.known == "guess")
    if not guessed:
        return work
    note = f"no size of {', '.join(guessed)} is known, and one was guessed: src/xstilts/tasks/sizes.yaml has none"
    return replace(work, source="not known", notes=(*work.notes, note))


def _these(*names: str) -> Callable[[Wildcards], Key]:
    return lambda wildcards: tuple(wildcards[name] for name in names)


def _base_and_target(wildcards: Wildcards) -> Key:
    return wildcards["node"].split("/", 1)[0], wildcards["target"]
