"""Specifications for programs that are started by hand, with a task's name instead of a whole specification.

Nothing that the workflow starts comes here: its jobs are told everything. So the fingerprints of jobs leave it out.
"""

from __future__ import annotations

from pathlib import Path

from xstilts.config import World, load
from xstilts.errors import UserError
from xstilts.plan import Plan

ROOT = Path(__file__).parents[2]
WORLDS = {"miniature": "mini", "hub": "real"}


def records_spec(data: str, split: str, source: str, languages: str | None) -> str:
    """Specification of records, as JSON: `source` is a folder, `hub` or `miniature`."""
    world = WORLDS.get(source, "real")
    task = data.partition("@")[0]
    own = {"worlds": {world: {"tasks": {task: {"source": "files", "folder": source, "revisions": None}}}}}
    config = {"world": world, "study": "replication"} | ({} if source in WORLDS else own)
    plan = Plan(load(config, ROOT), ROOT / "scripts")
    _known(plan.world, world, data, split)
    spec = plan.records.spec(data, split)
    if languages is None:
        return spec.text()
    wanted = tuple(languages.split(","))
    unknown = [code for code in wanted if code not in spec.languages]
    if unknown:
        raise UserError(f"{data} {split} has no {', '.join(unknown)}; its languages: {', '.join(spec.languages)}")
    return spec.model_copy(update={"languages": wanted}).text()


def _known(world: World, name: str, data: str, split: str) -> None:
    """Refuse a task, a variant or a split that there is not."""
    task, _, variant = data.partition("@")
    if task not in world.tasks:
        raise UserError(f"the world {name!r} has no task {task!r}; its tasks: {', '.join(world.tasks)}")
    variants = world.tasks[task].variants
    if variant and variant not in variants:
        raise UserError(f"{task} has no variant {variant!r}; its variants: {', '.join(variants) or 'none'}")
    splits = {"train"} if variant else world.splits_of(task)
    if split not in splits:
        raise UserError(f"{data} has no {split} split; it has {', '.join(sorted(splits))}")
