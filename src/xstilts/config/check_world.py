"""Whether a world makes sense: its parts agree with each other and with the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from xstilts.config.check_source import check_source
from xstilts.config.data import MAKES, TaskData
from xstilts.config.explain import explain
from xstilts.config.problems import Key, Problem
from xstilts.config.tree import Tree
from xstilts.config.world import World
from xstilts.errors import UserError
from xstilts.languages import LANGUAGES, is_language
from xstilts.names import suggest
from xstilts.recipe import Stage
from xstilts.tasks import TASKS, Task

OUTER_POSITIONS = 2  # XLM-R numbers positions from 2
STAGES = tuple(dict.fromkeys(task.stage for task in TASKS.values() if task.stage and task.role != "text"))
"""That train for something which is evaluated."""


def check_world(world: World, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    """The problems of a world that its schema does not see."""
    yield from _languages(tree, ("languages",), world.languages or ())
    yield from _bases(world, tree)
    unknown = [name for name in world.tasks if name not in TASKS]
    for name in unknown:
        known = ", ".join(TASKS)
        yield tree.problem(("tasks", name), f"there is no task {name!r}{suggest(name, TASKS)}", f"the tasks: {known}")
    if not world.tasks:
        yield tree.problem(("tasks",), "is empty", "name the tasks whose data this world has")
    if unknown:
        return  # what follows speaks of tasks by name
    for name, data in world.tasks.items():
        yield from _task(world, tree, TASKS[name], data)
    yield from _stages(world, tree, aliases)


def _languages(tree: Tree, key: Key, codes: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, code in enumerate(codes):
        if not is_language(code):
            hint = suggest(code, LANGUAGES)
            yield tree.problem(
                (*key, i), f"there is no language {code!r}{hint}", f"the languages: {', '.join(LANGUAGES)}"
            )
        if code in seen:
            yield tree.problem((*key, i), f"{code!r} stands twice", "leave one out")
        seen.add(code)


def _bases(world: World, tree: Tree) -> Iterator[Problem]:
    if not world.bases:
        yield tree.problem(("bases",), "is empty", "name at least one model")
    for i, name in enumerate(world.default_bases or ()):
        if name not in world.bases:
            what = f"there is no base {name!r}{suggest(name, world.bases)}"
            yield tree.problem(("default_bases", i), what, f"the bases: {', '.join(world.bases)}")
    for name, base in world.bases.items():
        key = ("bases", name)
        if base.scratch and base.scratch.tokenizer not in world.tokenizers:
            wrong = base.scratch.tokenizer
            yield tree.problem(
                (*key, "scratch", "tokenizer"),
                f"there is no tokenizer {wrong!r}{suggest(wrong, world.tokenizers)}",
                f"the world's tokenizers: {', '.join(world.tokenizers) or 'none'}; add it under 'tokenizers'",
            )
        if not base.scratch and name in world.tokenizers:
            yield tree.problem(
                key, "has the name of one of the world's tokenizers", "rename one: their files would mix"
            )
        for i, stage in enumerate(base.fine_tuned):
            if stage not in STAGES:
                what = f"no target is trained for by a stage {stage!r}{suggest(stage, STAGES)}"
                yield tree.problem((*key, "fine_tuned", i), what, f"these are: {', '.join(STAGES)}")
        if base.pretrain and base.pretrain not in world.stages:
            yield tree.problem(
                (*key, "pretrain"),
                f"there is no block {base.pretrain!r}{suggest(base.pretrain, world.stages)} under 'stages'",
                "add it there: steps, batch and lr of the pretraining",
            )
        if base.scratch:
            yield from _positions(world, tree, name, base.scratch.positions - OUTER_POSITIONS)
    for name, tokenizer in world.tokenizers.items():
        text = tokenizer.trained_on
        if text not in world.tasks or text not in TASKS or TASKS[text].role != "text":
            texts = [task for task in world.tasks if task in TASKS and TASKS[task].role == "text"]
            yield tree.problem(
                ("tokenizers", name, "trained_on"),
                f"{text!r} is no text task of this world{suggest(text, texts)}",
                f"its text tasks: {', '.join(texts) or 'none; add mlm under tasks'}",
            )


def _positions(world: World, tree: Tree, base: str, longest: int) -> Iterator[Problem]:
    for name in type(world.encoding).model_fields:
        encoding = getattr(world.encoding, name)
        if encoding is not None and encoding.max_length > longest:
            yield tree.problem(
                ("encoding", name, "max_length"),
                f"{encoding.max_length} tokens do not fit the base {base!r}, which has positions for {longest}",
                f"write at most {longest}, or give bases.{base}.scratch more positions",
            )


def _task(world: World, tree: Tree, task: Task, data: TaskData) -> Iterator[Problem]:
    key: Key = ("tasks", task.name)
    yield from _source(world, tree, key, task, data)
    yield from _languages(tree, (*key, "languages"), data.languages or ())
    for variant, codes in data.variants.items():
        yield from _languages(tree, (*key, "variants", variant), codes)
    if data.variants and not task.trainable:
        yield tree.problem((*key, "variants"), "a retrieval task is not trained on", "leave 'variants' out")
    if not world.languages_of(task.name):
        yield tree.problem(
            ("languages",), f"none of them is a language of {task.name!r}", f"it has {', '.join(task.languages)}"
        )
    yield from _encoding(world, tree, key, task, data)
    if task.stage not in {None, task.name}:
        yield from _shared(world, tree, key, task, data)
    elif data.english or task.trainable:
        yield from _english(world, tree, key, task)


def _source(world: World, tree: Tree, key: Key, task: Task, data: TaskData) -> Iterator[Problem]:
    if data.maker and MAKES[data.maker] != task.format:
        right = [maker for maker, format in MAKES.items() if format == task.format]
        yield tree.problem(
            (*key, "maker"),
            f"{data.maker!r} makes {MAKES[data.maker]}, and {task.name!r} is {task.format}",
            f"makers of {task.format}: {', '.join(right)}",
        )
    if data.source == "miniature":
        generated = {"en"} | {code for code, language in LANGUAGES.items() if language.family == "miniature"}
        other = [code for code in world.languages_of(task.name) if code in LANGUAGES and code not in generated]
        if other:
            where: Key = (*key, "languages") if data.languages else ("languages",)
            yield tree.problem(
                where,
                f"{task.name!r} is generated, and the miniature has no {', '.join(other[:5])}",
                f"write some of {', '.join(sorted(generated))}",
            )
        needs = ("test",) if task.role == "target" else ("train", "dev")
        for split in needs:
            if split not in data.has:
                yield tree.problem((*key, "rows"), f"{split!r} is missing", f"say how many rows {split} has")
    else:
        yield from check_source(key, tree, world, task, data)


def _encoding(world: World, tree: Tree, key: Key, task: Task, data: TaskData) -> Iterator[Problem]:
    common = world.encoding.of(task.format)
    if common is None:
        yield tree.problem(
            ("encoding",), f"{task.format!r} is missing", f"{task.name!r} is of this format: say its max_length"
        )
        return
    try:
        world.encoding_of(task.name)
    except ValidationError as error:
        yield from explain(error, type(common), tree, (*key, "encoding"))


def _shared(world: World, tree: Tree, key: Key, task: Task, data: TaskData) -> Iterator[Problem]:
    """A task that another task's stage trains for."""
    if data.english:
        yield tree.problem(
            (*key, "english"),
            f"{task.name!r} has no training of its own: the stage {task.stage!r} trains for it",
            f"write 'english' under tasks.{task.stage}",
        )
    if task.stage not in world.tasks:
        yield tree.problem(
            key, f"the stage {task.stage!r} trains for it, and there is no such task", f"add tasks.{task.stage}"
        )


def _english(world: World, tree: Tree, key: Key, task: Task) -> Iterator[Problem]:
    """Zero-shot means that a target is trained on English train and dev data only."""
    english, key = world.english_of(task.name), (*key, "english")
    if english is None:
        yield tree.problem(key, f"{task.name!r} is a retrieval task and not trained", "leave 'english' out")
        return
    if "@" in english or english not in world.tasks:
        yield tree.problem(
            key,
            f"{task.name!r} trains on the English data of {english!r}, which this world lacks"
            f"{suggest(english, world.tasks)}",
            f"add tasks.{english}, or write 'english: own' where the task has English training data itself",
        )
        return
    source = TASKS[english]
    if source.format != task.format or set(source.labels) != set(task.labels):
        same = [t.name for t in TASKS.values() if (t.format, set(t.labels)) == (task.format, set(task.labels))]
        yield tree.problem(
            key,
            f"{english!r} is {source.format} with other labels or of another format than {task.name!r}",
            f"tasks of its kind: {', '.join(name for name in same if name in world.tasks)}",
        )
    lacks = _lacks(world, english)
    if lacks:
        able = [
            t.name
            for t in TASKS.values()
            if t.name in world.tasks and t.format == task.format and not _lacks(world, t.name)
        ]
        yield tree.problem(
            key,
            f"{task.name!r} trains on the English data of {english!r}, which has no {lacks} split here",
            f"tasks of this format with English train and dev data: {', '.join(able) or 'none'}",
        )


def _lacks(world: World, task: str) -> str | None:
    """The split that keeps a task's own English data from being trained on."""
    return next((split for split in ("train", "dev") if split not in world.splits_of(task)), None)


def _stages(world: World, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    pretraining = {base.pretrain for base in world.bases.values()}
    for name in world.stages:
        if name in pretraining:
            continue
        key: Key = ("stages", name)
        try:
            stage = Stage.parse(name, aliases)
        except UserError as error:
            yield tree.problem(key, str(error), "a block is named like a stage, without options")
            continue
        if stage.options:
            advice = f"write the block {stage.mixture!r}; options are applied to what it says"
            yield tree.problem(key, "a block has no options", advice)
        for part in stage.expanded:
            if part.task not in world.tasks:
                hint = suggest(part.task, [*world.tasks, *aliases, *(p for p in pretraining if p)])
                yield tree.problem(
                    key,
                    f"there is no task {part.task!r} in this world{hint}",
                    f"its tasks: {', '.join(world.tasks)}",
                )
            elif not TASKS[part.task].trainable:
                yield tree.problem(key, f"{part.task!r} is a retrieval task: no stage trains it", "leave the block out")
    for name, base in world.bases.items():
        try:
            if base.pretrain in world.stages and base.scratch and base.scratch.tokenizer in world.tokenizers:
                world.resolve_pretraining(name)
        except (UserError, KeyError, ValidationError) as error:
            if isinstance(error, UserError):  # the others have been reported
                yield tree.problem(("stages", base.pretrain or ""), str(error))
