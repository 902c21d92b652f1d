"""Where the data of a world's tasks is read from: the releases behind each split and language, and their files.

A release is had in one of three ways: as one's own copy, in a folder that the world names or in data/<release>; as it
was fetched from the hub; or as its original files were fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.config.data import TaskData
from xstilts.config.settings import Settings
from xstilts.config.world import World
from xstilts.errors import UserError
from xstilts.sources.find import listed, matching
from xstilts.specs import Archive, DownloadSpec, Origin, Way
from xstilts.tasks import TASKS, Task
from xstilts.tasks.release import Hub, Release, releases

OWN = Path("data")


@dataclass(frozen=True)
class Origins:
    """The sources of one world."""

    settings: Settings
    world: World
    _listed: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    # reading ----------------------------------------------------------------------------------------------------------
    def of(self, task: Task, split: str, languages: Iterable[str]) -> list[Origin]:
        """The parts of a split, language by language; UserError where a language is in no release."""
        data = self.world.tasks[task.name]
        source = "train" if data.hold_out and split == "dev" else split
        found = []
        for language in languages:
            parts = [self._origin(data, one, source, language) for one in self._releases(task, data, source, language)]
            if not parts:
                raise UserError(
                    f"{task.name}: no release has a {split} split in {language!r}: {', '.join(task.releases)}"
                )
            found += parts
        return found

    def _releases(self, task: Task, data: TaskData, split: str, language: str) -> tuple[Release, ...]:
        """Those that have the split; where the world names files for a split that none of them has, all."""
        found = task.releases_of(split, language)
        if not found and self._named(data, split) != split:
            found = tuple(one for name in task.releases for one in [releases()[name]] if language in one.languages)
        return tuple(one for one in found if data.releases is None or one.name in data.releases)

    def _named(self, data: TaskData, split: str) -> str:
        return (getattr(data.splits, split) if data.splits else None) or split

    def _origin(self, data: TaskData, release: Release, split: str, language: str) -> Origin:
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
            alternatives = release.files.get(named, named.split(" | "))
            patterns = tuple(release.fill(pattern, language) for pattern in alternatives)
        return Origin(
            release=release.name,
            revision=self.revision(release) if way == "hub" else None,
            language=language,
            reader=reader,
            options=options,
            way=way,
            folder=str(folder),
            patterns=patterns,
        )

    def where(self, data: TaskData, release: Release) -> tuple[Way, Path]:
        """How a release of a task is had, and in which folder its files lie."""
        if self.settings.files:
            return "own", Path(self.settings.files) / release.home
        if data.folder:
            folder = Path(data.folder)
            return "own", folder / release.home if (folder / release.home).is_dir() else folder
        own = OWN / release.home
        if own.is_dir() or not release.fetchable:
            return "own", own
        way: Way = "hub" if release.hub and (data.source == "hub" or not release.archives) else "original"
        return way, self.folder(release.home, way)

    def folder(self, release: str, way: str) -> Path:
        """Where what is fetched of a release goes."""
        return Path(self.settings.downloads) / release / way

    def revision(self, release: Release) -> str | None:
        """The pinned commit of a release's hub data set: the world's, or the registry's."""
        assert release.hub is not None
        hub = release.hub.id
        said = {data.revisions[hub] for data in self.world.tasks.values() if hub in data.revisions}
        if len(said) > 1:
            raise UserError(f"tasks of the world pin different revisions of {hub}: {', '.join(sorted(said))}; keep one")
        return said.pop() if said else release.hub.revision

    # what is there ----------------------------------------------------------------------------------------------------
    def inputs(self, task: Task, split: str, languages: Iterable[str]) -> list[Path]:
        """What Snakemake watches: the digests of what is fetched; files of one's own as far as they are there."""
        if self.world.tasks[task.name].source == "miniature":
            return []
        found: dict[Path, None] = {}
        for origin in self.of(task, split, languages):
            fetched = [Path(origin.folder) / "digest"]
            found |= dict.fromkeys(self._matching(origin) if origin.way == "own" else fetched)
        return list(found)

    def missing(self, task: Task, split: str, languages: Iterable[str]) -> str | None:
        """Why a split can't be had here; None where its files are there, or can be fetched."""
        if self.world.tasks[task.name].source == "miniature":
            return None
        for origin in self.of(task, split, languages):
            if origin.way == "own" and not self._matching(origin):
                what = "has no such files" if Path(origin.folder).is_dir() else "is not there"
                place = f"{origin.folder} {what} ({split}, {origin.language})"
                return f"{place}: {releases()[origin.release].advice}"
        return None

    def _matching(self, origin: Origin) -> list[Path]:
        """A part's files; each folder is listed once, which may be slow on a shared file system."""
        folder = Path(origin.folder)
        if folder not in self._listed:
            self._listed[folder] = listed(folder)
        return matching(folder, origin.patterns, self._listed[folder])

    # fetching ---------------------------------------------------------------------------------------------------------
    def download_spec(self, name: str, way: str) -> DownloadSpec:
        """What is fetched of a release, the same for all studies: all languages and splits that the registry names."""
        release = releases()[name]
        hub = release.hub if way == "hub" else None
        return DownloadSpec(
            release=name,
            hub=hub.id if hub else None,
            revision=self.revision(release) if hub else None,
            wanted=tuple(sorted(set(self._wanted(name)))) if hub else (),
            shards=hub.shards if hub else None,
            archives=() if hub else tuple(self._archives(release)),
        )

    def _archives(self, release: Release) -> Iterator[Archive]:
        for group in release.archives:
            for file, sha256 in group.files.items():
                yield Archive(url=group.base + file, sha256=sha256)

    def _wanted(self, home: str) -> Iterator[tuple[str, str]]:
        """(configuration, split) of the hub data set: the registry's, and those that the world calls otherwise."""
        for release in releases().values():
            if release.home != home or release.hub is None:
                continue
            splits = [*release.hub.splits.items(), *self._renamed(release, release.hub)]
            for language in release.hub.languages or release.languages:
                for split, names in splits:
                    if language not in release.hub.lacks.get(split, ()):
                        for name in names.split("+"):
                            yield release.fill(release.hub.config, language), name

    def _renamed(self, release: Release, hub: Hub) -> Iterator[tuple[str, str]]:
        for task, data in self.world.tasks.items():
            if data.splits and release.name in TASKS[task].releases and self.where(data, release)[0] == "hub":
                for split, named in data.splits.model_dump(exclude_none=True).items():
                    if named not in hub.splits:
                        yield split, named
