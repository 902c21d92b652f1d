"""What of a study can be done with the data at hand: the rest is left out, and said.

Some data can't be fetched by any program (CCGbank is licensed). A study that asks for it goes on without it: recipes
that need it alone go, mixtures lose that part and are named for what they then hold, targets go.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from xstilts.config.project import Project
from xstilts.config.training import Training
from xstilts.errors import UserError
from xstilts.origins import Origins
from xstilts.recipe import Part, Stage
from xstilts.tasks import TASKS, Task


def available(project: Project, origins: Origins) -> tuple[Project, tuple[str, ...]]:
    """The project without what lacks its data, and sentences that say what that is."""
    lacks = {part: _stage_lacks(project, origins, part) for part in _parts(project)}
    gone = {part for part, why in lacks.items() if why}
    unheld = {task.name: _target_lacks(project, origins, task) for task in project.targets}
    if not gone and not any(unheld.values()):
        return project, ()
    recipes, stages, said = _reduced(project, lacks, gone)
    said += [f"the target {name!r} is left out: {why}" for name, why in unheld.items() if why]
    targets = tuple(name for name, why in unheld.items() if not why)
    if not targets or project.study.compare.baseline not in recipes:
        what = "no target is left" if not targets else f"the baseline {project.study.compare.baseline!r} is not left"
        raise UserError("\n  ".join([f"{what} of the study {project.settings.study!r}, for want of data:", *said]))
    study = project.study.model_copy(update={"recipes": recipes, "targets": targets})
    world = project.world.model_copy(update={"stages": {**stages, **project.world.stages}})
    return replace(project, study=study, world=world), tuple(said)


def _reduced(
    project: Project, lacks: Mapping[Part, str | None], gone: Container[Part]
) -> tuple[dict[str, tuple[str, ...]], dict[str, Training], list[str]]:
    """The recipes that are left, in the study's order; settings of stages under their new names; what to say.

    A recipe that needs nothing that is gone keeps its place before one that would become the same.
    """
    whole: dict[str, tuple[str, ...]] = {}
    stages: dict[str, Training] = {}
    said = {}
    touched = {
        name: [p for s in recipe.stages for p in s.expanded if p in gone] for name, recipe in project.recipes.items()
    }
    for name in sorted(project.recipes, key=lambda name: bool(touched[name])):
        old = project.recipes[name].stages
        new = [stage.without(gone, project.aliases) for stage in old]
        left = tuple(str(stage) for stage in new if stage is not None)
        twin = next((other for other, made in whole.items() if made == left), None) if len(left) == len(old) else None
        if len(left) == len(old) and twin is None:
            whole[name] = left
            for before, after in zip(old, new, strict=True):
                if after is not None and before.mixture in project.world.stages and len(after.expanded) > 1:
                    stages[after.mixture] = project.world.stages[before.mixture]
        fate = "is trained without" if name in whole else "is left out for want of"
        same = f"; without it, it is the recipe {twin!r}" if twin else ""
        said[name] = [f"the recipe {name!r} {fate} {str(p)!r}{same}: {lacks[p]}" for p in dict.fromkeys(touched[name])]
    recipes = {name: whole[name] for name in project.recipes if name in whole}
    return recipes, stages, [sentence for name in project.recipes for sentence in said[name]]


def data_of(project: Project) -> Iterator[tuple[str, str]]:
    """(data set, split) of all records that a study reads; some more than once."""
    world = project.world
    for base in project.study.bases:
        scratch = world.bases[base].scratch
        if scratch:
            yield world.tokenizers[scratch.tokenizer].trained_on, "train"
        pretraining = world.resolve_pretraining(base)
        for part in pretraining.parts if pretraining else ():
            yield part.data, "train"
            yield part.dev, "dev"
    trained = [project.stage(task.stage) for task in project.targets if task.stage]
    for member in [*_parts(project), *(member for stage in trained for member in stage.expanded)]:
        yield from _data_of_part(project, member)
    for task in project.targets:
        for split in task.evaluated:
            yield task.name, split


def _parts(project: Project) -> list[Part]:
    """All parts of the study's recipes, each once."""
    return list(
        dict.fromkeys(part for recipe in project.recipes.values() for stage in recipe.stages for part in stage.expanded)
    )


def _data_of_part(project: Project, part: Part) -> Iterator[tuple[str, str]]:
    resolved = project.world.resolve_stage(Stage((part,), (), (part,))).parts[0]
    yield f"{resolved.data}@{part.variant}" if part.variant else resolved.data, "train"
    yield resolved.dev, "dev"


def _stage_lacks(project: Project, origins: Origins, part: Part) -> str | None:
    """Why a part of a stage can't be trained here."""
    reasons = (_lacks(project, origins, data, split) for data, split in _data_of_part(project, part))
    return next((why for why in reasons if why), None)


def _target_lacks(project: Project, origins: Origins, task: Task) -> str | None:
    """Why a target can't be trained for, or not be evaluated."""
    stages = [project.stage(task.stage)] if task.stage else []
    trained = (_stage_lacks(project, origins, part) for stage in stages for part in stage.expanded)
    tested = (_lacks(project, origins, task.name, split) for split in task.evaluated)
    return next((why for why in (*trained, *tested) if why), None)


def _lacks(project: Project, origins: Origins, data: str, split: str) -> str | None:
    return origins.missing(TASKS[data.partition("@")[0]], split, project.world.languages_in(data, split))
