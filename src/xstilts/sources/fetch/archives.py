"""A release the original way: the files that it was published as; archives are unpacked, other files are kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from xstilts.files import digest_of, write_json
from xstilts.sources.fetch.checksums import Checksums, Expected
from xstilts.sources.fetch.download import Source, discard, download
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.folder import Fetched, Folder
from xstilts.sources.fetch.unpack import stem_of, unpack
from xstilts.specs import Archive

logger = logging.getLogger(__name__)
WAY = 1
"""Counts changes of how archives are unpacked: what was unpacked in another way is fetched again."""
PAGE = (b"<!doctype html", b"<html")


@dataclass(frozen=True)
class Unpacked:
    """An archive, and the files that came from it."""

    url: str
    bytes: int
    sha256: str
    checked: bool
    files: tuple[Fetched, ...]

    @property
    def summary(self) -> dict[str, Any]:
        """What the record says about it."""
        return {"url": self.url, "bytes": self.bytes, "sha256": self.sha256, "checked": self.checked}


class Journal:
    """What has been unpacked here, kept so that archives themselves need not be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            self.entries: dict[str, Any] = data["archives"] if data["way"] == WAY else {}
        except (OSError, ValueError, KeyError, TypeError):
            self.entries = {}

    def find(self, url: str, known: Expected | None, root: Path) -> Unpacked | None:
        """An archive that is here already: of the right sum, with all its files as they were."""
        try:
            entry = self.entries[url]
            files = tuple(Fetched(**file) for file in entry["files"])
            found = Unpacked(**{**entry, "checked": known is not None, "files": files})
        except (KeyError, TypeError):
            return None
        right = known is None or known.sha256 == found.sha256
        return found if right and all(file.intact(root) for file in found.files) else None

    def add(self, unpacked: Unpacked) -> None:
        self.entries[unpacked.url] = asdict(unpacked)
        write_json(self.path, {"way": WAY, "archives": self.entries})


def fetch_archives(archives: Sequence[Archive], folder: Folder, checksums: Checksums) -> list[Unpacked]:
    """Bring what is missing of the archives."""
    archives = list(dict.fromkeys(archives))
    names = [name_of(archive.url) for archive in archives]
    for name, archive in zip(names, archives, strict=True):
        if stem_of(name) is None and names.count(name) > 1:
            raise FetchError(f"{archive.url} and another address both end in {name}: one file would replace the other")
    journal = Journal(folder.own / "unpacked.json")
    done: list[Unpacked] = []
    for number, archive in enumerate(archives, start=1):
        known = expected(archive, checksums)
        unpacked = journal.find(archive.url, known, folder.root)
        if unpacked is None:
            logger.info("%s: file %d of %d", archive.url, number, len(archives))
            unpacked = bring(archive.url, known, folder, done)
            journal.add(unpacked)
            discard(folder.part(archive.url, names[number - 1]))
        if archive.sha256 is None:
            checksums.keep(archive.url, unpacked.sha256)
        done.append(unpacked)
    return done


def name_of(url: str) -> str:
    """The file name in an address."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    if not name or name.startswith(".") or "\0" in name or len(name.encode()) > 200:
        raise FetchError(f"{url!r} does not end in the name of a file")
    return name


def expected(archive: Archive, checksums: Checksums) -> Expected | None:
    """The sum that is stated, or else the one that was seen first."""
    if archive.sha256 is None:
        return checksums.expected(archive.url)
    remedy = "compare with the sum that its publisher gives, and correct `sha256` of the archive if that is wrong"
    return Expected(archive.sha256.lower(), "what is stated for it is", remedy)


def bring(url: str, known: Expected | None, folder: Folder, others: Sequence[Unpacked]) -> Unpacked:
    """Download one file, and unpack it aside first, so that all of an archive appears or nothing."""
    name = name_of(url)
    part = folder.part(url, name)
    sha256 = download(Source(url, name), part, known)
    size = part.stat().st_size
    try:
        refuse_page(url, part, name)
        folder.begin()
        if stem_of(name) is None:
            files = [folder.put(part, name, sha256)]
        else:
            unpack(part, name, folder.draft)
            inside = [path for path in sorted(folder.draft.rglob("*")) if path.is_file()]
            refuse_conflict(url, folder.draft, inside, others)
            files = [folder.put(path, path.relative_to(folder.draft).as_posix()) for path in inside]
    except FetchError:
        discard(part)
        raise
    finally:
        folder.begin()
    return Unpacked(url, size, sha256, known is not None, tuple(files))


def refuse_page(url: str, part: Path, name: str) -> None:
    """Servers that want a login, or have lost a file, often answer with a page and say that all is well."""
    with part.open("rb") as file:
        start = file.read(64).lstrip().lower()
    if start.startswith(PAGE) and not name.lower().endswith((".html", ".htm")):
        raise FetchError(f"{url}: the server sent a web page instead of the file")


def refuse_conflict(url: str, draft: Path, inside: Sequence[Path], others: Sequence[Unpacked]) -> None:
    """Two archives may hold the same file, but not two files of the same name."""
    taken = {file.path: (file, other.url) for other in others for file in other.files}
    for path in inside:
        name = path.relative_to(draft).as_posix()
        if name in taken and digest_of([path]) != taken[name][0].sha256:
            raise FetchError(f"{url} and {taken[name][1]} both hold a file {name}, and the two differ")
