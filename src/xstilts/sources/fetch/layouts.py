"""How a hub data set is laid out: by its card, by customs of names, or as the hub's own Parquet copies are."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Protocol

from xstilts.sources.fetch.hub import ask

COPY = r"(?P<configuration>[^/]+)/(?P<split>[^/]+)/\d{4,}\.parquet"
OLDER = r"(?P<configuration>[^/]+)/{name}-(?P<split>[^\W\d]\w*)(-\d{{5}}-of-\d{{5}})?\.parquet"
"""How the copies were laid out until August 2023; commits from then are still pinned."""


@dataclass(frozen=True)
class HubFile:
    """A file of a data set at a commit; the hub knows the sha256 of large ones."""

    path: str
    size: int
    sha256: str | None


Files = Mapping[str, HubFile]
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
    dropped them) and fetches no data. It costs some ten small requests for a data set and four for a configuration.
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
