"""Configuration files as plain data that remembers where each value was written."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from xstilts.config.problems import Key, Origin, Problem, Problems

COMMAND_LINE = Origin("--config/--configfile")
LARGEST = 20_000  # values in a file; YAML's references could otherwise blow a small file up
DEEPEST = 40
LONGEST_NUMBER = 20


@dataclass(frozen=True)
class Tree:
    """Nested mappings, and the origin of each value by its path of keys."""

    data: dict[str, Any] = field(default_factory=dict)
    origins: Mapping[Key, Origin] = field(default_factory=dict)

    def origin(self, key: Key) -> Origin:
        """Where the value at `key` was written; of a key that is not there, where it would belong."""
        for length in range(len(key), -1, -1):
            if key[:length] in self.origins:
                return self.origins[key[:length]]
        return COMMAND_LINE

    def problem(self, key: Key, what: str, advice: str = "") -> Problem:
        return Problem(self.origin(key), key, what, advice)

    def below(self, *key: str) -> Tree:
        """The tree under `key`; empty when there is none."""
        data: Any = self.data
        for name in key:
            data = data.get(name) if isinstance(data, dict) else None
        if not isinstance(data, dict):
            return Tree()
        size = len(key)
        inner = {
            path[size:]: Origin(origin.file, origin.line, (*origin.above, *key))
            for path, origin in self.origins.items()
            if path[:size] == key
        }
        return Tree(data, inner)

    def overlay(self, above: Tree, keep: frozenset[str] = frozenset()) -> Tree:
        """This tree with `above` laid over it: mappings are merged, other values replaced, nulls take a key away.

        Nulls below the keys of `keep` stay: they are meant for what those blocks will be laid over.
        """
        origins = dict(self.origins)
        data = _merge(self.data, above.data, (), origins, keep)
        return Tree(data, {**origins, **above.origins})


def _merge(
    low: Mapping[str, Any], high: Mapping[str, Any], path: Key, origins: dict[Key, Origin], keep: frozenset[str]
) -> dict[str, Any]:
    merged = dict(low)
    kept = len(path) > 1 and path[0] in keep
    for name, value in high.items():
        here = (*path, name)
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merge(merged[name], value, here, origins, keep)
            continue
        if name in merged:
            for key in [key for key in origins if key[: len(here)] == here]:
                del origins[key]
        if value is None and not kept:
            merged.pop(name, None)
        else:
            merged[name] = copy.deepcopy(value) if here[0] in keep else _without_nulls(value)
    return merged


def _without_nulls(value: Any) -> Any:
    """A copy; a null under what is new takes nothing away, and means the same as no key."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return copy.deepcopy(value)


def read(path: Path, shown: str, problems: Problems) -> Tree:
    """The tree of a YAML file; what is wrong with the file itself goes to `problems`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        walk = _Walk(shown, problems)
        if node is not None:
            walk.visit(node, ())
        data = yaml.safe_load(text) if not walk.broken else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark else None
        problems.add(Problem(Origin(shown, line), (), f"no valid YAML: {what}", "mend the line, or the one above it"))
        return Tree()
    except (OSError, UnicodeDecodeError, ValueError) as error:  # ValueError: dates such as 2020-99-99
        problems.add(Problem(Origin(shown), (), f"cannot be read: {error}"))
        return Tree()
    if data is not None and not isinstance(data, dict):
        problems.add(Problem(Origin(shown, 1), (), "holds no mapping", "write 'key: value' lines"))
        return Tree()
    return Tree(data or {}, {**walk.origins, (): Origin(shown)})


class _Walk:
    """Notes the line of each value, and the keys that stand twice."""

    def __init__(self, shown: str, problems: Problems) -> None:
        self.shown, self.problems = shown, problems
        self.origins: dict[Key, Origin] = {}
        self.visited = 0
        self.broken = False

    def visit(self, node: yaml.Node, path: Key) -> None:
        self.visited += 1
        if self.visited > LARGEST or len(path) > DEEPEST:
            if not self.broken:
                self._problem(node, path[:3], "is too large or refers to itself", "write it without YAML references")
            return
        if isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                self._note(item, (*path, i))
        elif isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                self._mapping_key(key, value, path, seen)

    def _mapping_key(self, key: yaml.Node, value: yaml.Node, path: Key, seen: dict[str, int]) -> None:
        line = key.start_mark.line + 1
        if key.tag == "tag:yaml.org,2002:merge":
            self.visit(value, path)
            return
        if key.tag != "tag:yaml.org,2002:str" or not isinstance(key, yaml.ScalarNode):
            written = key.value if isinstance(key, yaml.ScalarNode) else "…"
            self._problem(key, (*path, str(written)), "YAML does not read this key as text", "put it in quotes")
            return
        if key.value in seen:
            what = f"the key {key.value!r} stands twice, first in line {seen[key.value]}"
            self._problem(key, (*path, key.value), what, "leave one out: only the last would count")
        seen[key.value] = line
        self._note(value, (*path, key.value), line)

    def _note(self, node: yaml.Node, path: Key, line: int | None = None) -> None:
        self.origins[path] = Origin(self.shown, line or node.start_mark.line + 1)
        self.visit(node, path)

    def _problem(self, node: yaml.Node, path: Key, what: str, advice: str) -> None:
        self.broken = True
        self.problems.add(Problem(Origin(self.shown, node.start_mark.line + 1), path, what, advice))


def from_command_line(config: Mapping[str, Any], file: Tree) -> Tree:
    """Snakemake's merged configuration; what `file` does not say came from --config or --configfile."""
    origins: dict[Key, Origin] = {(): file.origin(())} if file.origins else {}
    data = _revive(config, file.data, file, (), origins)
    return Tree(data, origins)


def _revive(value: Any, beside: Any, file: Tree, path: Key, origins: dict[Key, Origin]) -> Any:
    if isinstance(value, Mapping):
        beside = beside if isinstance(beside, dict) else {}
        if path:
            origins[path] = file.origins.get(path, COMMAND_LINE)
        return {
            str(key): _revive(inner, beside.get(str(key)), file, (*path, str(key)), origins)
            for key, inner in value.items()
        }
    same = type(value) is type(beside) and value == beside and path in file.origins
    origins[path] = file.origins[path] if same else COMMAND_LINE
    if same:
        return value
    if isinstance(value, list | tuple):
        return [_revive(inner, None, file, (*path, i), origins) for i, inner in enumerate(value)]
    return _typed(value) if isinstance(value, str) else value


def _typed(text: str) -> Any:
    """Snakemake hands over what stands inside `--config key='{…}'` as text, numbers and truth values too."""
    if text in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[text]
    if len(text) <= LONGEST_NUMBER and text[:1] in "+-.0123456789" and not text.startswith("0x"):
        for kind in (int, float):
            try:
                return kind(text) if "_" not in text else text
            except ValueError:
                continue
    return text
