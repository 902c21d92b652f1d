"""Whether what a world says of real data agrees with the registry of releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xstilts.config.data import TaskData
from xstilts.config.problems import Key, Problem
from xstilts.config.tree import Tree
from xstilts.config.world import World
from xstilts.languages import is_language
from xstilts.names import suggest
from xstilts.tasks import Task
from xstilts.tasks.release import Release, releases


def check_source(key: Key, tree: Tree, world: World, task: Task, data: TaskData) -> Iterator[Problem]:
    """The problems of one task's block, which stands at `key`."""
    if not task.releases:
        yield tree.problem(
            (*key, "source"), f"{task.title} has no releases in the registry", "add them in src/xstilts/tasks"
        )
        return
    known = [releases()[name] for name in task.releases]
    if data.source == "hub" and not any(release.hub for release in known):
        what = f"{task.title} is not on the hub in a form that can be used"
        yield tree.problem((*key, "source"), what, f"write source: files. {known[0].advice}")
    yield from _renamed(key, tree, known, data)
    yield from _lacking(key, tree, world, task, data)
    if data.limit and task.format == "retrieval":
        what = "a part of a retrieval task is another task: its pairs, and what they are searched among, would change"
        yield tree.problem((*key, "limit"), what, "leave it out")
    for i, name in enumerate(data.releases or ()):
        if name not in task.releases:
            what = f"{name!r} is no release of {task.name!r}{suggest(name, task.releases)}"
            yield tree.problem((*key, "releases", i), what, f"its releases: {', '.join(task.releases)}")
    ids = sorted({release.hub.id for release in known if release.hub})
    for name in data.revisions:
        if name not in ids:
            have = f"read are {', '.join(ids) or 'none'}"
            yield tree.problem((*key, "revisions", name), f"{name!r} is not read here{suggest(name, ids)}", have)
    for variant, codes in data.variants.items():
        lacking = [code for code in codes if is_language(code) and not task.releases_of("train", code)]
        if lacking:
            trained = sorted({code for release in known if "train" in release.files for code in release.languages})
            what = f"there is no training data of {task.name!r} in {', '.join(lacking)}"
            yield tree.problem((*key, "variants", variant), what, f"it has {', '.join(trained)}")


def _renamed(key: Key, tree: Tree, known: Iterable[Release], data: TaskData) -> Iterator[Problem]:
    """Splits under other names must not let a stage see test data, nor select on what it trains on."""
    if data.splits is None:
        return
    key = (*key, "splits")
    names = {split: getattr(data.splits, split) or split for split in ("train", "dev", "test")}
    tests = {names["test"], *(release.hub.splits.get("test") for release in known if release.hub)}
    tests |= {
        _tail(name) for release in known for pattern in release.files.get("test", ()) for name in pattern.split(" + ")
    }
    for split in ("train", "dev"):
        if getattr(data.splits, split) and {names[split], _tail(names[split])} & tests:
            yield tree.problem(key, f"{split}: {names[split]} is test data, and no stage may see that", "name another")
    if names["train"] == names["dev"]:
        what = f"train and dev are both {names['train']}"
        yield tree.problem(key, what, "leave dev out and set the task's hold_out")


def _tail(pattern: str) -> str:
    """The name of a file, without its folders."""
    return pattern.rpartition("/")[2]


def _lacking(key: Key, tree: Tree, world: World, task: Task, data: TaskData) -> Iterator[Problem]:
    """Languages that no release of the task has."""
    used = [releases()[name] for name in data.releases or task.releases if name in releases()]
    splits = {split: world.languages_in(task.name, split) for split in sorted(world.splits_of(task.name))}
    for split, codes in splits.items():
        source = "train" if split == "dev" and data.hold_out else split
        own = data.splits and getattr(data.splits, source)
        for code in codes:
            having = [one for one in used if code in one.languages and (own or source in one.files)]
            on_hub = data.source == "hub" and [one for one in having if one.hub]
            if not having or (on_hub and all(_not_on_hub(one, code) for one in having)):
                where = "the hub's copy" if having else "any release"
                advice = "leave it out" if not having else "leave it out, or write source: files"
                yield tree.problem(
                    (*key, "languages"), f"{code!r} is not in {where} of {task.name!r} ({split})", advice
                )
                return


def _not_on_hub(release: Release, code: str) -> bool:
    return release.hub is not None and release.hub.languages is not None and code not in release.hub.languages
