"""Unpacking of archives, and of archives in archives, into a folder that they can't leave.

What is in an archive is not trusted: zip and tar are first read as a list of `Member`s, and one that would leave the
folder, or is neither a file nor a folder, makes the archive refused as a whole.
"""

from __future__ import annotations

import logging
import posixpath
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from xstilts.files import BLOCK
from xstilts.progress import Progress
from xstilts.sources.fetch import MB
from xstilts.sources.fetch.errors import FetchError

logger = logging.getLogger(__name__)
DEEPEST = 4
"""So many archives may lie in one another."""
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
BY_HAND = "it is not unpacked: look at it by hand, and tell its publisher"
AGAIN = "fetch it again, or get it in another way"
HOPS = 8
"""So many links in a row are followed."""
LITTER = re.compile(r"(^|/)(__MACOSX(/|$)|\._|\.DS_Store$)")
"""What macOS adds to archives: not data, though its names end like data."""


@dataclass(frozen=True)
class Member:
    """A file of an archive; `link` is where it leads instead of having content."""

    name: str
    size: int
    open: Callable[[], IO[bytes] | None]
    link: str | None = None


def stem_of(name: str) -> str | None:
    """The name of an archive without its suffix; None for other files."""
    suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), None)
    return name[: -len(suffix)] or None if suffix else None


def unpack(archive: Path, name: str, folder: Path, depth: int = 1) -> None:
    """Write what `archive` holds into `folder`; an archive x.tar.gz in it becomes a folder x. `name` is for messages.

    Nothing is written before every member has been looked at. What an error leaves is the caller's to remove.
    """
    if depth > DEEPEST:
        raise FetchError(f"{name}: more than {DEEPEST} archives in one another; {BY_HAND}")
    with members(archive, name) as found:
        logger.info("unpacking %s: %d files", name, len(found))
        progress = Progress(f"unpacking {name}, MB", -(-sum(member.size for member in found) // MB))
        done = 0
        for member in found:
            write(name, member, folder / member.name)
            done += member.size
            progress.at(done // MB)
    for member in found:
        stem = stem_of(Path(member.name).name)
        if stem:
            inner = folder / member.name
            unpack(inner, f"{name}: {member.name}", inner.with_name(stem), depth + 1)
            inner.unlink()


def write(archive: str, member: Member, path: Path) -> None:
    """Write one file; two members that want the same place, as a file and as a folder, are refused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise FetchError(f"{archive}: {member.name!r} is in the way of another file there; {BY_HAND}") from None
    with file, readable(f"{archive}: {member.name}"):
        source = member.open()
        assert source is not None
        with source:
            while block := source.read(BLOCK):
                file.write(block)


@contextmanager
def members(archive: Path, name: str) -> Iterator[list[Member]]:
    """The files of an archive; one that would leave its folder, or is no file, makes it refused as a whole."""
    with ExitStack() as stack:
        with readable(name):
            if name.lower().endswith(".zip"):
                zipped = stack.enter_context(zipfile.ZipFile(archive))
                found = [of_zip(name, zipped, info) for info in zipped.infolist() if not slashed(info).endswith("/")]
            else:
                tar = stack.enter_context(tarfile.open(archive))
                found = [of_tar(name, tar, info) for info in tar if not info.isdir()]
                while tar.fileobj and tar.fileobj.read(BLOCK):  # gzip checks its sum at the end, beyond the tar's own
                    pass
        yield followed(found)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What reading a broken archive raises, as a message."""
    try:
        yield
    except FetchError:
        raise
    except OSError as error:
        if error.errno is not None:  # of the disk; those of gzip and bz2 about content have no number
            raise
        raise damaged(name, error) from None
    except Exception as error:  # struct.error, zlib.error, BadZipFile, ReadError, UnicodeError, …: any of a parser's
        raise damaged(name, error) from None


def damaged(name: str, error: Exception) -> FetchError:
    return FetchError(f"{name} is damaged, cut short or no such archive ({error or type(error).__name__}); {AGAIN}")


def of_zip(archive: str, zipped: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    """A member of a zip."""
    name = confined(archive, slashed(info))
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        target = zipped.read(info).decode("utf-8", "surrogateescape")
        return Member(name, 0, lambda: None, inside(archive, name, target))
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise FetchError(f"{archive}: {info.filename!r} is neither a file nor a folder; {BY_HAND}")
    return Member(name, info.file_size, lambda: zipped.open(info))


def slashed(info: zipfile.ZipInfo) -> str:
    """A member's name; some that were packed on Windows have backslashes."""
    return info.filename.replace("\\", "/")


def of_tar(archive: str, tar: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    """A member of a tar; a hard link names its target from the top, a symbolic one from where it stands."""
    name = confined(archive, info.name)
    if info.islnk():
        return Member(name, 0, lambda: None, confined(archive, info.linkname))
    if info.issym():
        return Member(name, 0, lambda: None, inside(archive, name, info.linkname))
    if not info.isreg():
        raise FetchError(f"{archive}: {info.name!r} is neither a file nor a folder but a device or a pipe; {BY_HAND}")
    return Member(name, info.size, lambda: tar.extractfile(info))


def confined(archive: str, name: str) -> str:
    """A member's path below the folder that it is unpacked into."""
    if name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name) or "\0" in name:
        raise FetchError(f"{archive}: {name!r} leads out of the folder that it is unpacked into; {BY_HAND}")
    return posixpath.normpath(name.encode(errors="surrogateescape").decode(errors="replace"))


def inside(archive: str, name: str, target: str) -> str:
    """Where a symbolic link leads, below the same folder."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    if path.startswith(("/", "../")) or path == ".." or "\0" in path:
        raise FetchError(f"{archive}: the link {name!r} leads out of its folder, to {target!r}; {BY_HAND}")
    return path


def followed(found: list[Member]) -> list[Member]:
    """Files alone, the last of each name; links to files as copies, others left out, so that no link is ever made."""
    by_name = {member.name: member for member in found if not LITTER.search(member.name)}
    files = []
    for member in by_name.values():
        end: Member | None = member
        for _ in range(HOPS):
            if end is not None and end.link is not None:
                end = by_name.get(end.link)
        if end is not None and end.link is None:
            files.append(Member(member.name, end.size, end.open))
    return files
