"""config/worlds/<world>.yaml: which models, which data and which hyper-parameters exist."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from xstilts.config.bases import Base, Tokenizer
from xstilts.config.data import TaskData
from xstilts.config.encoding import AnyEncoding, Encodings
from xstilts.config.spec import Judgement, PartSpec, StageSpec, conflict
from xstilts.config.training import Training
from xstilts.config.types import Listed, Model, Name, Natural, Share
from xstilts.errors import UserError
from xstilts.names import suggest
from xstilts.recipe import Part, Stage
from xstilts.tasks import TASKS, Task

MISSING = "say so under 'training', or in this stage's block under 'stages'"


class Miniature(Model):
    """Settings of the generator of the miniature."""

    seed: Natural = Field(default=1, description="the seed of lexicons, grammars and texts")
    beta: Annotated[Share, Field(le=0.5)] = Field(
        default=0.15, description="how bilingual the text is: the second sentence changes language at twice this rate"
    )


class World(Model):
    """Everything that studies can draw on. Studies share its settings, and therefore its checkpoints."""

    about: str = Field(description="what this world is, in a sentence")
    extends: Name | None = Field(default=None, description="another world, over whose file this one is laid")
    languages: Listed[str] | None = Field(
        default=None,
        description="generated tasks are in these languages, real ones in those of these that they have; left out: all",
    )
    keep_target_weights: bool = Field(
        default=True, description="false: the weights of a target's stage are deleted once its predictions stand"
    )
    miniature: Miniature = Field(default_factory=Miniature, description="settings of the generator of the miniature")
    tokenizers: dict[Name, Tokenizer] = Field(
        default_factory=dict, description="tokenizers that this world trains itself"
    )
    bases: dict[Name, Base] = Field(description="the models that recipes start from, by the name that studies use")
    default_study: Name | None = Field(default=None, description="the study that is run when none is named")
    default_bases: Listed[Name] | None = Field(default=None, description="the bases of studies that name none")
    tasks: dict[Name, TaskData] = Field(
        description="where each task's data comes from; tasks not named do not exist here"
    )
    encoding: Encodings = Field(description="lengths in tokens, by format")
    training: Training = Field(description="hyper-parameters of every stage")
    mixtures: Training = Field(default_factory=Training, description="what differs in stages that mix tasks")
    stages: dict[str, Training] = Field(
        default_factory=dict,
        description="what differs in single stages, by their names without options: mnli, all9, mnli@ml",
    )

    # data -------------------------------------------------------------------------------------------------------------
    def splits_of(self, task: str) -> frozenset[str]:
        """The splits that there is data for: those that the source has, and what is held out of its train split."""
        data = self.tasks[task]
        has = data.has if data.source == "miniature" else data.has | frozenset(TASKS[task].splits)
        return has | {"dev"} if data.hold_out else has

    def english_of(self, task: str) -> str | None:
        """The task whose English train and dev data is used to train for `task`; None where nothing is trained."""
        stage = TASKS[task].stage
        if stage is None:
            return None
        english = self.tasks[stage].english
        return stage if english == "own" else english or TASKS[stage].english

    def languages_of(self, task: str) -> tuple[str, ...]:
        """The languages that `task` is tested in; for text, those that there is text of."""
        known, data = TASKS[task], self.tasks[task]
        if data.languages is not None:
            return data.languages
        if self.languages is None or known.role == "intermediate":
            return known.languages
        if data.source == "miniature":  # retrieval pairs each language with English
            return tuple(code for code in self.languages if code != "en" or known.format != "retrieval")
        return tuple(code for code in known.languages if set(code.split("-")) <= set(self.languages))

    def languages_in(self, data: str, split: str) -> tuple[str, ...]:
        """The languages of a split of a data set: training and selection see English, but for text; tests see all.

        A data set is a task, or task@variant: a train split in the variant's languages.
        """
        task, _, variant = data.partition("@")
        if variant:
            return self.tasks[task].variants[variant]
        known = TASKS[task]
        if split == "test" or known.format == "retrieval" or (split == "train" and known.role == "text"):
            return self.languages_of(task)
        return ("en",)

    def encoding_of(self, task: str) -> AnyEncoding:
        """How records of `task` become token ids."""
        common = self.encoding.of(TASKS[task].format)
        if common is None:
            raise UserError(f"the world has no encoding for the format {TASKS[task].format} of {task!r}")
        own = self.tasks[task].encoding
        return type(common).model_validate({**common.model_dump(), **own}) if own else common

    # training ---------------------------------------------------------------------------------------------------------
    def resolve_stage(self, stage: Stage) -> StageSpec:
        """All that a run of `stage` needs to know; UserError where the world cannot train it."""
        parts = tuple(self._part(stage, part) for part in stage.expanded)
        values = dict(self._settings(stage))
        options = dict(stage.options)
        for name in ("drop", "replay"):
            if name in options:
                raise UserError(
                    f"the option {name!r} of '{stage}' is part of the grammar but not built yet: leave it out"
                )
        if "lr" in options:
            values["lr"] = float(options["lr"])
        if "rate" in options:
            values["mlm_rate"] = float(options["rate"])
        if "mix" in options:
            values["mix"] = options["mix"]
        if "cap" in options:
            values["cap"] = int(options["cap"])
        times = float(options.get("x", "1"))
        if values.get("steps"):
            values["steps"] = max(1, round(values["steps"] * times))
        if values.get("epochs"):
            values["epochs"] = values["epochs"] * times
        spec = self._spec(str(stage), parts, values)
        if "cap" in options and spec.mix != "capped":
            raise UserError(f"the option 'cap' of '{stage}' has no effect, the world mixes {spec.mix}: add mix=capped")
        return spec

    def resolve_pretraining(self, base: str) -> StageSpec | None:
        """How a scratch base is pretrained; None where it is not."""
        block = self.bases[base].pretrain
        scratch = self.bases[base].scratch
        if block is None or scratch is None:
            return None
        text = self.tokenizers[scratch.tokenizer].trained_on
        stage = Stage((Part(text),), (), (Part(text),))
        values = _layered(self.training, self.stages.get(block, Training()))
        return self._spec(block, (self._part(stage, Part(text)),), values)

    def _part(self, stage: Stage, part: Part) -> PartSpec:
        task = self._known(stage, part.task)
        if task.stage is None:
            raise UserError(f"{part.task!r} in '{stage}' is a retrieval task: it evaluates an encoder and trains none")
        if task.stage != part.task:
            raise UserError(f"no stage trains {part.task!r} by itself: write {task.stage!r}, which trains for it")
        english = self.english_of(part.task)
        if english is None or english not in self.tasks:
            raise UserError(f"{part.task!r} trains on the English data of {english!r}, which this world lacks")
        data = self.tasks[part.task]
        source = english
        languages: tuple[str, ...] = ("en",)
        if part.variant:
            if part.variant not in data.variants:
                have = ", ".join(data.variants) or "none"
                raise UserError(
                    f"{part.task!r} has no variant {part.variant!r}{suggest(part.variant, data.variants)} in '{stage}';"
                    f" its variants: {have}. Add it under tasks.{part.task}.variants"
                )
            source, languages = part.task, data.variants[part.variant]
        elif task.role == "text":
            languages = self.languages_of(part.task)
        # How predictions are read changes no weights.
        encoding = self.encoding_of(source).model_dump(exclude={"max_answer", "layer", "pooling"})
        return PartSpec(part.task, part.variant, task.format, source, english, languages, encoding)

    def _known(self, stage: Stage, name: str) -> Task:
        if name not in self.tasks or name not in TASKS:
            raise UserError(
                f"this world has no task {name!r}{suggest(name, self.tasks)} for the stage '{stage}';"
                f" its tasks: {', '.join(self.tasks)}"
            )
        return TASKS[name]

    def _settings(self, stage: Stage) -> dict[str, Any]:
        """From the least to the most specific block."""
        blocks = [self.training]
        if len(stage.expanded) > 1:
            blocks.append(self.mixtures)
        elif stage.expanded[0].variant:
            blocks.append(self.stages.get(stage.expanded[0].task, Training()))
        return _layered(*blocks, self.stages.get(stage.mixture, Training()))

    def _spec(self, name: str, parts: tuple[PartSpec, ...], values: dict[str, Any]) -> StageSpec:
        missing = [key for key in ("lr", "batch") if values.get(key) is None]
        missing += [] if values.get("steps") or values.get("epochs") else ["steps or epochs"]
        if missing:
            raise UserError(f"the stage '{name}' has no {' and no '.join(missing)}: {MISSING}")
        if "degenerate" in values:
            values["degenerate"] = Judgement(**values["degenerate"])
        spec = StageSpec(name=name, parts=parts, **values)
        wrong = conflict(spec)
        if wrong:
            raise UserError(f"the stage '{name}' {wrong}")
        return spec


def _layered(*blocks: Training) -> dict[str, Any]:
    """The last block that says something wins; steps and epochs take each other's place."""
    values: dict[str, Any] = {}
    for block in blocks:
        said = block.model_dump(exclude_none=True)
        if "steps" in said or "epochs" in said:
            values.pop("steps", None)
            values.pop("epochs", None)
        values |= said
    return values
