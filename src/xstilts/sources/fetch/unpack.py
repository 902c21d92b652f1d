"""Unpacking of archives, and of archives in archives, into a folder that they can't leave."""

from __future__ import annotations

import logging
from pathlib import Path

from xstilts.files import BLOCK
from xstilts.progress import Progress
from xstilts.sources.fetch.download import MB
from xstilts.sources.fetch.members import BY_HAND, Member, members, readable, stem_of
from xstilts.sources.fetch.patience import FetchError

logger = logging.getLogger(__name__)
DEEPEST = 4
"""So many archives may lie in one another."""


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
