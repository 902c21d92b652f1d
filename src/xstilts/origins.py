"""Where the data of a world's tasks is read from: the releases behind each split and language, and their files.

A release is looked for in one of three places: in a folder that the user names (or, where it can't be fetched, in
data/<release>), among what was fetched from the hub, or among what was fetched as its original archives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from xstilts.config.data import TaskData
from xstilts.config.settings import Settings
from xstilts.config.world import World
from xstilts.sources.find import matching
from xstilts.specs import Archive, DownloadSpec, Origin
from xstilts.tasks import TASKS, Task
from xstilts.tasks.release import Release, releases

Way = Literal["own", "hub", "original"]
OWN = Path("data")


@dataclass(frozen=True)
class Origins:
    """The sources of one world."""

    settings: Settings
    world: World

    def of(self, task: Task, split: str, languages: Iterable[str]) -> list[Origin]:
        """The parts of a split, language by language."""
        data = self.world.tasks[task.name]
        source = "train" if data.hold_out and split == "dev" else split
        return [
            self._origin(task, data, release, source, language)
            for language in languages
            for release in self._releases(task, data, source, language)
        ]

    def _releases(self, task: Task, data: TaskData, split: str, language: str) -> tuple[Release, ...]:
        """Those that have the split; where the world names files for a split that none of them has, all."""
        found = task.releases_of(split, language)
        if not found and self._named(data, split) != split:
            found = tuple(one for name in task.releases for one in [releases()[name]] if language in one.languages)
        return tuple(one for one in found if data.releases is None or one.name in data.releases)

    def _named(self, data: TaskData, split: str) -> str:
        return (getattr(data.splits, split) if data.splits else None) or split

    def _origin(self, task: Task, data: TaskData, release: Release, split: str, language: str) -> Origin:
        way, folder = self.where(data, release)
        named = self._named(data, split)
        reader, options = release.reader, release.options
        if way == "hub":
            assert release.hub is not None
            inside = release.fill(release.hub.config, language)
            names = release.hub.splits.get(named, named).split("+")
            patterns: tuple[str, ...] = (" + ".join(f"{inside}/{name}-*.parquet" for name in names),)
            reader = release.hub.reader or reader
            options = release.hub.options if release.hub.options is not None else options
        else:
            patterns = tuple(release.fill(pattern, language) for pattern in release.files.get(named, (named,)))
        return Origin(
            release=release.name,
            revision=self.revision(data, release) if way == "hub" else None,
            language=language,
            reader=reader,
            options=options,
            folder=str(folder),
            patterns=patterns,
            advice=release.advice,
        )

    def where(self, data: TaskData, release: Release) -> tuple[Way, Path]:
        """How a release of a task is had, and in which folder its files lie."""
        if self.settings.files:
            return "own", Path(self.settings.files) / release.home
        if data.folder:
            folder = Path(data.folder)
            return "own", folder / release.home if (folder / release.home).is_dir() else folder
        if data.source == "hub" and release.hub:
            return "hub", self.folder(release.home, "hub")
        if release.archives:
            return "original", self.folder(release.home, "original")
        return "own", OWN / release.home

    def folder(self, release: str, way: str) -> Path:
        """Where what is fetched of a release goes."""
        return Path(self.settings.downloads) / release / way

    def revision(self, data: TaskData, release: Release) -> str | None:
        """The pinned commit of a release's hub data set: the world's, or the registry's."""
        assert release.hub is not None
        return data.revisions.get(release.hub.id, release.hub.revision)

    def inputs(self, task: Task, split: str, languages: Iterable[str]) -> list[Path]:
        """What Snakemake watches: the digests of what is fetched; files of one's own as far as they are there."""
        data = self.world.tasks[task.name]
        found: dict[Path, None] = {}
        if data.source == "miniature":
            return []
        for origin in self.of(task, split, languages):
            way, folder = self.where(data, releases()[origin.release])
            files = [folder / "digest"] if way != "own" else matching(folder, origin.patterns)
            found |= dict.fromkeys(files)
        return list(found)

    def missing(self, task: Task, split: str, languages: Iterable[str]) -> str | None:
        """Why a split can't be had here; None where its files are there, or can be fetched."""
        data = self.world.tasks[task.name]
        if data.source == "miniature":
            return None
        for origin in self.of(task, split, languages):
            release = releases()[origin.release]
            way, folder = self.where(data, release)
            if (
                way == "own"
                and (self.settings.files or not release.fetchable)
                and not matching(folder, origin.patterns)
            ):
                what = "has no such files" if folder.is_dir() else "is not there"
                return f"{folder} {what} ({split}, {origin.language}): {origin.advice}"
        return None

    # fetching ---------------------------------------------------------------------------------------------------------
    def download_spec(self, name: str, way: str) -> DownloadSpec:
        """What is fetched of a release: on the hub what this world's tasks read, of archives all."""
        release = releases()[name]
        hub = release.hub if way == "hub" else None
        sharing = [one for one in releases().values() if one.home == name]
        users = [d for t, d in self.world.tasks.items() if any(one.name in TASKS[t].releases for one in sharing)]
        revisions = [self.revision(data, release) for data in users] if hub else []
        return DownloadSpec(
            release=name,
            hub=hub.id if hub else None,
            revision=next((found for found in revisions if found), None),
            wanted=tuple(sorted({pair for one in sharing for pair in self._wanted(one)})) if hub else (),
            shards=hub.shards if hub else None,
            archives=() if hub else tuple(self._archives(release)),
            advice=release.advice,
        )

    def _archives(self, release: Release) -> Iterator[Archive]:
        for group in release.archives:
            for file, sha256 in group.files.items():
                yield Archive(url=group.base + file, sha256=sha256)

    def _wanted(self, release: Release) -> Iterator[tuple[str, str]]:
        """(configuration, split) of the hub data set, for all tasks of the world that read it."""
        assert release.hub is not None
        for task, split, language in self._uses:
            data = self.world.tasks[task]
            if release in self._releases(TASKS[task], data, split, language):
                named = self._named(data, split)
                for name in release.hub.splits.get(named, named).split("+"):
                    yield release.fill(release.hub.config, language), name

    @cached_property
    def _uses(self) -> list[tuple[str, str, str]]:
        """(task, split, language) of all that the world's tasks may read."""
        return [
            (name, split, language)
            for name, data in self.world.tasks.items()
            if data.source != "miniature"
            for split in sorted(self.world.splits_of(name) - ({"dev"} if data.hold_out else set()))
            for language in (*self.world.languages_in(name, split), *self._variants(name, split))
        ]

    def _variants(self, task: str, split: str) -> list[str]:
        """The languages of a task's variants, which are train splits."""
        variants = self.world.tasks[task].variants
        return [code for codes in variants.values() for code in codes] if split == "train" else []
