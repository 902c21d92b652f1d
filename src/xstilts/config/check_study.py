"""Whether a study makes sense: by itself, and in its world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from xstilts.config.problems import Problem
from xstilts.config.study import Study
from xstilts.config.tree import Tree
from xstilts.config.world import World
from xstilts.errors import UserError
from xstilts.names import suggest
from xstilts.recipe import Recipe, Stage, resolve_aliases
from xstilts.tasks import SUITES, TASKS


def check_aliases(aliases: Mapping[str, str], tree: Tree) -> Iterator[Problem]:
    """The problems of the aliases in config.yaml."""
    tasks = [name for name in aliases if name in TASKS]
    for name in tasks:
        yield tree.problem(("aliases", name), f"{name!r} is the name of a task", "choose another name")
    try:
        table = resolve_aliases({} if tasks else aliases)
    except UserError as error:
        yield tree.problem(("aliases",), str(error))
        return
    for name, parts in table.items():
        for part in parts:
            if part.task not in TASKS:
                hint = suggest(part.task, [*TASKS, *aliases])
                yield tree.problem(
                    ("aliases", name), f"there is no task {part.task!r}{hint}", f"the tasks: {', '.join(TASKS)}"
                )


def check_study(study: Study, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    """The problems that show without the world."""
    for key in ("bases", "seeds", "probes"):
        values = getattr(study, key)
        for i, value in enumerate(values):
            if value in values[:i]:
                yield tree.problem((key, i), f"{value!r} stands twice", "leave one out")
    yield from _targets(study, tree)
    yield from _probes(study, tree)
    yield from _recipes(study, tree, aliases)
    baseline = study.compare.baseline
    if baseline not in study.recipes:
        yield tree.problem(
            ("compare", "baseline"),
            f"there is no recipe {baseline!r}{suggest(baseline, study.recipes)}",
            f"the study's recipes: {', '.join(study.recipes)}",
        )


def _targets(study: Study, tree: Tree) -> Iterator[Problem]:
    known = [name for name in TASKS if _target(name)]
    seen: dict[str, str] = {}
    for i, name in enumerate(study.targets):
        if name in TASKS and name not in known:
            yield tree.problem(
                ("targets", i), f"{name!r} is no target: nothing is predicted for it", f"targets: {', '.join(known)}"
            )
        elif name not in known and name not in SUITES:
            yield tree.problem(
                ("targets", i),
                f"there is no target {name!r}{suggest(name, [*known, *SUITES])}",
                f"targets: {', '.join(known)}; named lists: {', '.join(SUITES)}",
            )
        for task in SUITES.get(name, (name,)):
            if task in seen:
                why = f", already by {seen[task]!r}" if seen[task] != task else ""
                yield tree.problem(("targets", i), f"{task!r} stands twice{why}", "leave one out")
            seen[task] = name


def _probes(study: Study, tree: Tree) -> Iterator[Problem]:
    targets = [TASKS[task] for name in study.targets for task in SUITES.get(name, (name,)) if task in TASKS]
    if "alignment" in study.probes and not any(task.paired for task in targets):
        yield tree.problem(
            ("probes", study.probes.index("alignment")),
            "alignment is measured on a target in which every sentence has its translation, and the study has none",
            "add tatoeba to the targets",
        )


def _recipes(study: Study, tree: Tree, aliases: Mapping[str, str]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, stages in study.recipes.items():
        for i, text in enumerate(stages):
            try:
                Stage.parse(text, aliases)
            except UserError as error:
                advice = f"write the stages as a list: [{', '.join(text.split('/'))}]" if "/" in text else ""
                yield tree.problem(("recipes", name, i), str(error), advice)
        other = seen.setdefault("/".join(stages), name)
        if other != name:
            yield tree.problem(("recipes", name), f"is the same as the recipe {other!r}", "leave one out")


def check_together(
    study: Study, tree: Tree, world: World, world_name: str, aliases: Mapping[str, str]
) -> Iterator[Problem]:
    """What the study asks for that the world does not have."""
    if not study.bases and not world.default_bases:
        yield tree.problem((), "'bases' is missing", f"the bases of {world_name!r}: {', '.join(world.bases)}")
    for i, base in enumerate(study.bases):
        if base not in world.bases:
            yield tree.problem(
                ("bases", i),
                f"the world {world_name!r} has no base {base!r}{suggest(base, world.bases)}",
                f"its bases: {', '.join(world.bases)}",
            )
    targets = [task for name in study.targets for task in SUITES.get(name, (name,)) if task in TASKS]
    for i, name in enumerate(study.targets):
        lacking = [task for task in SUITES.get(name, (name,)) if task in TASKS and task not in world.tasks]
        if lacking:
            yield tree.problem(
                ("targets", i),
                f"the world {world_name!r} has no data for {', '.join(lacking)}",
                f"add tasks.{lacking[0]} to it, or choose among {', '.join(t for t in world.tasks if _target(t))}",
            )
    for name, stages in study.recipes.items():
        yield from _in_world(name, stages, targets, tree, world, aliases)
    for task in targets:
        stage = TASKS[task].stage
        if task in world.tasks and stage in world.tasks:
            try:
                world.resolve_stage(Stage.parse(stage, aliases))
            except UserError as error:
                yield tree.problem(("targets",), str(error))
            except ValidationError:
                continue  # a task's own encoding, which the world's check reports


def _target(name: str) -> bool:
    return name in TASKS and TASKS[name].role != "text"


def _in_world(
    name: str,
    stages: tuple[str, ...],
    targets: list[str],
    tree: Tree,
    world: World,
    aliases: Mapping[str, str],
) -> Iterator[Problem]:
    try:
        recipe = Recipe(tuple(Stage.parse(text, aliases) for text in stages))
    except UserError:
        return  # reported before
    for i, stage in enumerate(recipe.stages):
        try:
            world.resolve_stage(stage)
        except UserError as error:
            yield tree.problem(("recipes", name, i), str(error))
        except ValidationError:
            continue
    if not recipe.stages:
        return
    for part in recipe.stages[-1].expanded:
        languages = world.tasks[part.task].variants.get(part.variant, ()) if part.task in world.tasks else ()
        if part.task in targets and set(languages) - {"en"}:
            yield tree.problem(
                ("recipes", name, len(stages) - 1),
                f"ends with the target {part.task!r} in {', '.join(languages)}: its scores would not be zero-shot",
                f"leave {part.task!r} out of the targets, or '@{part.variant}' out of the recipe",
            )
