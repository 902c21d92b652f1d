"""A release the hub's way: Parquet files of its data set, as CONFIGURATION/SPLIT-00000.parquet below the folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xstilts.files import write_json
from xstilts.progress import Progress
from xstilts.sources.fetch import MB
from xstilts.sources.fetch.checksums import Checksums, Expected
from xstilts.sources.fetch.download import Source, discard, download
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.folder import Fetched, Folder
from xstilts.sources.fetch.hub import HubFile, address, secret
from xstilts.sources.fetch.listing import choose, newest
from xstilts.specs import DownloadSpec

logger = logging.getLogger(__name__)
WAY = 1
"""Counts changes of how files are chosen: what was chosen in another way is asked for again."""
MAGIC = b"PAR1"


@dataclass(frozen=True)
class Wanted:
    """A file on the hub, and where it goes."""

    path: str
    remote: HubFile
    hub: str
    revision: str

    @property
    def key(self) -> str:
        return f"{self.hub}@{self.revision}:{self.remote.path}"


def fetch_parquet(spec: DownloadSpec, folder: Folder, checksums: Checksums) -> tuple[str, list[Fetched]]:
    """Bring what is missing of a hub data set; the commit, and all files. Where all is here, the hub is not asked."""
    memory = folder.own / "listed.json"
    revision, wanted = recall(spec, checksums, memory)
    held = {one: here(one, folder, checksums) for one in wanted}
    if not revision or None in held.values():
        revision, wanted = resolve(spec, checksums)
        held = {one: held.get(one) or here(one, folder, checksums) for one in wanted}
    missing = [one for one in wanted if held[one] is None]
    progress = Progress(f"{spec.release}, MB", sum(one.remote.size for one in missing) // MB + 1)
    done = 0
    for number, one in enumerate(missing, start=1):
        logger.info("%s: file %d of %d, %.1f MB", one.path, number, len(missing), one.remote.size / MB)
        held[one] = bring(one, folder, checksums)
        done += one.remote.size
        progress.at(done // MB)
    write_json(memory, {"meant": meant(spec, revision), "files": [[one.path, asdict(one.remote)] for one in wanted]})
    return revision, [file for file in held.values() if file]


def recall(spec: DownloadSpec, checksums: Checksums, memory: Path) -> tuple[str | None, Sequence[Wanted]]:
    """The commit and the files that an earlier fetch found the spec to mean; a commit never changes."""
    assert spec.hub is not None
    revision = spec.revision or checksums.revision(spec.hub)
    try:
        data = json.loads(memory.read_text(encoding="utf-8"))
        if revision and data["meant"] == meant(spec, revision):
            return revision, [Wanted(path, HubFile(**remote), spec.hub, revision) for path, remote in data["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None, ()


def meant(spec: DownloadSpec, revision: str) -> list[Any]:
    """All that the choice of files depends on, as JSON holds it."""
    return [WAY, spec.hub, revision, [list(pair) for pair in spec.wanted], spec.shards]


def resolve(spec: DownloadSpec, checksums: Checksums) -> tuple[str, list[Wanted]]:
    """The files that the spec means: at its commit, or the recorded one, or else the newest, which is recorded."""
    assert spec.hub is not None
    if not spec.wanted:
        raise FetchError(f"no configuration and split of data set {spec.hub} is wanted")
    revision = spec.revision or checksums.revision(spec.hub) or newest(spec.hub)
    chosen = choose(spec.hub, revision, spec.wanted, spec.shards)
    if not spec.revision:
        kept = checksums.keep_revision(spec.hub, revision)
        if kept != revision:  # a fetch of another release was faster
            revision, chosen = kept, choose(spec.hub, kept, spec.wanted, spec.shards)
    return revision, [
        Wanted(f"{plain(configuration)}/{plain(split)}-{number:05d}.parquet", remote, spec.hub, revision)
        for (configuration, split), files in chosen.items()
        for number, remote in enumerate(files)
    ]


def plain(name: str) -> str:
    """A configuration's or a split's name as part of a path."""
    if "/" in name or "\0" in name or name.startswith("."):
        raise FetchError(f"{name!r} can't be the name of a file")
    return name


def expected(one: Wanted, checksums: Checksums) -> Expected | None:
    """What the hub and our own book say about a file; they must agree."""
    recorded = checksums.expected(one.key)
    if one.remote.sha256 is None:
        return recorded
    if recorded:
        recorded.check(f"{one.key}, as the hub lists it,", one.remote.sha256)
    return Expected(one.remote.sha256, "the hub says", "it was damaged on its way: fetch again")


def here(one: Wanted, folder: Folder, checksums: Checksums) -> Fetched | None:
    """The file, if an earlier fetch has brought it."""
    known = expected(one, checksums)
    file = Fetched(one.path, one.remote.size, known.sha256) if known else None
    return file if file and file.intact(folder.root) else None


def bring(one: Wanted, folder: Folder, checksums: Checksums) -> Fetched:
    """Download one file, check it, and put it in its place."""
    part = folder.part(one.key, Path(one.path).name)
    source = Source(address(one.hub, one.remote.path, one.revision), one.path, one.remote.size, secret())
    sha256 = download(source, part, expected(one, checksums))
    with part.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            discard(part)
            raise FetchError(f"{one.key} is no Parquet file, whatever its name says")
    checksums.keep(one.key, sha256)
    return folder.put(part, one.path, sha256)
