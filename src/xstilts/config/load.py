"""From Snakemake's configuration and the files under config/ to a `Project`, or to all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from xstilts.config.check_study import check_aliases, check_study, check_together
from xstilts.config.check_world import check_world
from xstilts.config.claims import open_claims
from xstilts.config.explain import explain
from xstilts.config.problems import Problem, Problems
from xstilts.config.project import Project
from xstilts.config.settings import Settings
from xstilts.config.study import Study
from xstilts.config.tree import Tree, from_command_line, read
from xstilts.config.types import Model
from xstilts.config.world import World
from xstilts.names import is_name, suggest

M = TypeVar("M", bound=Model)
CONFIG = Path("config")
BLOCKS = frozenset({"worlds", "studies", "claims"})


def load(config: Mapping[str, Any], root: Path) -> Project:
    """The project that `config` (Snakemake's, overrides included) and the files below `root`/config describe.

    UserError with the list of all problems, where there are any.
    """
    problems = Problems()
    main = root / CONFIG / "config.yaml"
    file = read(main, str(CONFIG / "config.yaml"), problems) if main.exists() else Tree()
    tree = Tree({block: {} for block in BLOCKS}).overlay(file, BLOCKS).overlay(from_command_line(config, file), BLOCKS)
    world_tree = _world(_chosen(tree, "world"), root, tree, problems)
    if "study" not in tree.data and world_tree and "default_study" in world_tree.data:
        default = {"study": world_tree.data["default_study"]}
        tree = tree.overlay(Tree(default, {("study",): world_tree.origin(("default_study",))}))
    settings = _typed(Settings, tree, problems)
    study_tree = _study(_chosen(tree, "study"), root, tree, problems)
    _overrides(root, tree, problems)
    world = _typed(World, world_tree, problems) if world_tree else None
    study = _typed(Study, study_tree, problems) if study_tree else None
    if settings:
        problems.extend(_sense(settings, tree, world, world_tree, study, study_tree))
    claims = open_claims(root, tree.below("claims"), settings.aliases, problems) if settings else ()
    problems.stop_if_any()
    assert settings is not None and world is not None and study is not None
    study = study.model_copy(update={"bases": study.bases or world.default_bases})
    return Project(settings, world, study, claims)


def _chosen(tree: Tree, key: str) -> str | None:
    """The name of a world or a study at `key`; None where there is none, or no possible one, which the schema says."""
    name = tree.data.get(key)
    return name if isinstance(name, str) and is_name(name) else None


def _sense(
    settings: Settings,
    tree: Tree,
    world: World | None,
    world_tree: Tree | None,
    study: Study | None,
    study_tree: Tree | None,
) -> Iterator[Problem]:
    aliases = settings.aliases
    broken = list(check_aliases(aliases, tree))
    yield from broken
    if broken:
        return  # stages can't be read without aliases
    if world and world_tree:
        yield from check_world(world, world_tree, aliases)
    if study and study_tree:
        yield from check_study(study, study_tree, aliases)
        if world:
            yield from check_together(study, study_tree, world, settings.world, aliases)


def _typed(model: type[M], tree: Tree, problems: Problems) -> M | None:
    try:
        return model.model_validate(tree.data)
    except ValidationError as error:
        problems.extend(explain(error, model, tree))
        return None


def _names(folder: Path, inline: Mapping[str, Any]) -> list[str]:
    return sorted({path.stem for path in folder.glob("*.yaml")} | set(inline))


def _overrides(root: Path, tree: Tree, problems: Problems) -> None:
    """A name that is neither a file's nor a whole new block's is probably misspelt, and would do nothing."""
    for kind, least in (("worlds", "bases"), ("studies", "recipes")):
        files = _names(root / CONFIG / kind, {})
        for name, block in tree.below(kind).data.items():
            if name not in files and isinstance(block, dict) and not {least, "extends"} & set(block):
                what = f"there is no {CONFIG / kind / name}.yaml to lay this over{suggest(name, files)}"
                problems.add(tree.problem((kind, name), what, f"there are: {', '.join(files)}"))


def _layers(kind: str, name: str, root: Path, tree: Tree, problems: Problems) -> list[Tree]:
    """A file, then what config.yaml or the command line lays over it; empty where there is neither."""
    path = root / CONFIG / kind / f"{name}.yaml"
    inline = tree.below(kind, name)
    file = [read(path, str(CONFIG / kind / path.name), problems)] if path.exists() else []
    return [*file, *([inline] if inline.data else [])]


def _stacked(layers: Iterable[Tree]) -> Tree:
    """One over the other, from the first to the last; nulls take away what is below them."""
    merged = Tree()
    for layer in layers:
        merged = merged.overlay(layer)
    return merged


def _missing(kind: str, one: str, name: str, root: Path, tree: Tree) -> tuple[str, str]:
    known = _names(root / CONFIG / kind, tree.below(kind).data)
    there = f"there are: {', '.join(known) or 'none'}; a new one is a file {CONFIG / kind / name}.yaml"
    return f"there is no {one} {name!r}{suggest(name, known)}", there


def _world(name: str | None, root: Path, tree: Tree, problems: Problems) -> Tree | None:
    """The world's file over those that it extends."""
    chain: list[str] = []
    layers: list[Tree] = []
    below, key = tree, "world"  # where the name stands
    while name is not None:
        found = _layers("worlds", name, root, tree, problems)
        if not found:
            problems.add(below.problem((key,), *_missing("worlds", "world", name, root, tree)))
            return None
        chain.append(name)
        layers = [*found, *layers]
        below, key = _stacked(found), "extends"
        name = _chosen(below, key)
        if name in chain:
            cycle = " -> ".join([*chain[chain.index(name) :], name])
            problems.add(below.problem((key,), f"worlds extend each other in a circle: {cycle}", "break it"))
            return None
    return _stacked(layers) if layers else None


def _study(name: str | None, root: Path, tree: Tree, problems: Problems) -> Tree | None:
    if name is None:
        return None
    layers = _layers("studies", name, root, tree, problems)
    if not layers:
        problems.add(tree.problem(("study",), *_missing("studies", "study", name, root, tree)))
    return _stacked(layers) if layers else None
