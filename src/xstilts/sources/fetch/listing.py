"""Listing a hub data set: which of its files belong to a configuration and a split. No code of others is ever run.

The layout is what tells: the hub's own Parquet copies have one (`Copy`), any other data set has its card's (`Card`).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Protocol

from xstilts.names import suggest
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.hub import Files, HubFile, ask, commit_of, copy_of, files_of

COPY = r"(?P<configuration>[^/]+)/(?P<split>[^/]+)/\d{4,}\.parquet"
OLDER = r"(?P<configuration>[^/]+)/{name}-(?P<split>[^\W\d]\w*)(-\d{{5}}-of-\d{{5}})?\.parquet"
"""How the copies were laid out until August 2023; commits from then are still pinned."""
SHOWN = 30
"""So many names are told when one is wrong."""
Splits = Mapping[str, Sequence[str]]


class Layout(Protocol):
    """What tells the files of each split."""

    @property
    def configurations(self) -> Sequence[str]: ...

    def splits(self, configuration: str) -> Splits: ...


@dataclass(frozen=True)
class Card:
    """The layout that a card declares, or that the names of the files show.

    `datasets` resolves it: it knows the card's globs and the customs of names, and its builder runs no script (4.0
    dropped them) and fetches no data.
    """

    hub: str
    commit: str

    @property
    def configurations(self) -> Sequence[str]:
        from datasets import get_dataset_config_names

        found: list[str] = ask(self.hub, partial(get_dataset_config_names, self._remote, revision=self.commit))
        return found

    def splits(self, configuration: str) -> Splits:
        from datasets import load_dataset_builder

        # A cache of its own: where the hub fails, `datasets` would quietly take what it knew of another revision.
        with tempfile.TemporaryDirectory() as cache:
            builder = ask(
                self.hub,
                partial(load_dataset_builder, self._remote, configuration, revision=self.commit, cache_dir=cache),
            )
        root = f"{self._remote}@{self.commit}/"
        return {
            str(split): [path.removeprefix(root) for path in paths]
            for split, paths in builder.config.data_files.items()
        }

    @property
    def _remote(self) -> str:
        return f"hf://datasets/{self.hub}"  # never a folder of the same name below the working directory


@dataclass(frozen=True)
class Copy:
    """The layout of the hub's own Parquet copies: CONFIGURATION/SPLIT/0000.parquet, or an older one."""

    hub: str
    files: Files

    @classmethod
    def found(cls, hub: str, files: Files) -> Copy | None:
        """A copy has its files alone, no card."""
        copy = cls(hub, files)
        return copy if all(path == ".gitattributes" or copy.match(path) for path in files) else None

    def match(self, path: str) -> re.Match[str] | None:
        name = "[-_]".join(map(re.escape, re.split("[-_]", PurePosixPath(self.hub).name)))
        return re.fullmatch(COPY, path) or re.fullmatch(OLDER.format(name=name), path)

    @property
    def _matches(self) -> list[re.Match[str]]:
        return [match for path in sorted(self.files) if (match := self.match(path))]

    @property
    def configurations(self) -> Sequence[str]:
        return sorted({match["configuration"] for match in self._matches})

    def splits(self, configuration: str) -> Splits:
        found: dict[str, list[str]] = {}
        for match in self._matches:
            if match["configuration"] == configuration:
                found.setdefault(match["split"], []).append(match.string)
        return found


def newest(hub: str) -> str:
    """The commit to pin: of the main branch, or of the hub's own copy where that has no Parquet to read."""
    main = commit_of(hub, "main")
    if obstacle(hub, files_of(hub, main)) is None:
        return main
    return copy_of(hub) or main


def obstacle(hub: str, files: Files) -> str | None:
    """Why a commit can't be read."""
    script = f"{PurePosixPath(hub).name}.py"
    if script in files:
        return f"it needs its loading script {script}, and no code of others is run here"
    if not any(path.endswith(".parquet") for path in files):
        return "it has no Parquet files"
    return None


def choose(
    hub: str, commit: str, wanted: Sequence[tuple[str, str]], shards: int | None
) -> dict[tuple[str, str], list[HubFile]]:
    """The files of each (configuration, split), in the data set's order; `shards` of them at most."""
    commit_of(hub, commit)  # tells soonest that there is no network, or no such data set
    files = files_of(hub, commit)
    problem = obstacle(hub, files)
    if problem:
        copy = copy_of(hub)
        advice = f"the hub has a Parquet copy: write revision {copy}" if copy else "and the hub has no Parquet copy"
        raise FetchError(f"data set {hub} at revision {commit} can't be read: {problem}; {advice}")
    layout: Layout = Copy.found(hub, files) or Card(hub, commit)
    known = layout.configurations
    chosen: dict[tuple[str, str], list[HubFile]] = {}
    for configuration in dict.fromkeys(configuration for configuration, _ in wanted):
        require(f"data set {hub}", "configuration", configuration, known)
        where = f"configuration {configuration!r} of data set {hub}"
        splits = layout.splits(configuration)
        for split in dict.fromkeys(split for other, split in wanted if other == configuration):
            require(where, "split", split, list(splits))
            paths = splits[split][:shards]
            strange = next((path for path in paths if not path.endswith(".parquet") or path not in files), None)
            if strange:
                raise FetchError(f"{where}: {strange} is no Parquet file of the data set, and nothing else is read")
            chosen[configuration, split] = [files[path] for path in paths]
    return chosen


def require(where: str, kind: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that is not there, with those that are."""
    if name not in known:
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        there = f"{', '.join(known[:SHOWN])}{more}"
        raise FetchError(f"{where} has no {kind} {name!r}{suggest(name, known)}; it has {there}")
