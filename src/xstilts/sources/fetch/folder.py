"""The folder of a release: its files, its lock, and below `.fetch` what an interrupted fetch has got so far."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from xstilts.files import digest_of
from xstilts.sources.fetch.errors import FetchError

RECORD, DIGEST, OWN = "record.json", "digest", ".fetch"
UNLOCKABLE = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)
"""Some file systems of clusters know no locks; Snakemake's own lock is what keeps fetches apart there."""


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold a lock file; it is free again when the process ends, however it does. BlockingIOError: another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno not in UNLOCKABLE:
                raise
        yield


@dataclass(frozen=True)
class Fetched:
    """A file of a release, as the record keeps it; the path is below the folder."""

    path: str
    bytes: int
    sha256: str

    def intact(self, root: Path) -> bool:
        """Whether the file is there, as it was fetched."""
        file = root / self.path
        return file.is_file() and file.stat().st_size == self.bytes and digest_of([file]) == self.sha256


class Folder:
    """A release's folder. Whatever changes in it takes away the record and the digest, which come back last."""

    def __init__(self, root: Path) -> None:
        self.root, self.own = root, root / OWN
        self.draft = self.own / "draft"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One fetch in a folder at a time."""
        self.own.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.own / "lock", wait=False))
            except BlockingIOError:
                raise FetchError(f"another fetch is at work in {self.root}: wait until it has ended") from None
            self.begin()
            yield

    def begin(self) -> None:
        """Remove what was in the middle of being unpacked."""
        shutil.rmtree(self.draft, ignore_errors=True)

    def part(self, key: str, name: str) -> Path:
        """Where a download arrives; equal keys meet the same part again."""
        short = hashlib.sha256(key.encode()).hexdigest()[:12]
        return self.own / "parts" / f"{short}-{name[-80:]}"

    def put(self, source: Path, path: str, sha256: str | None = None) -> Fetched:
        """Move a whole file, of this sum if it is known, to its place; something of an earlier fetch may lie there."""
        if PurePosixPath(path).parts[0] in (RECORD, DIGEST, OWN):
            raise FetchError(f"a file {path!r} can't be kept: the name is taken by what xstilts itself writes there")
        self._touch()
        target = self.root / path
        for above in [self.root / parent for parent in list(PurePosixPath(path).parents)[:-1]]:
            if above.is_symlink() or above.is_file():
                above.unlink()
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched = Fetched(path, source.stat().st_size, sha256 or digest_of([source]))
        source.replace(target)
        return fetched

    def clean(self, wanted: set[str]) -> None:
        """Remove every other file, folders that are empty then, and what is left of downloads."""
        for name in ("parts", "draft"):
            shutil.rmtree(self.own / name, ignore_errors=True)
        for at, folders, files in os.walk(self.root, topdown=False):
            here = Path(at)
            if here.is_relative_to(self.own):
                continue
            links = [name for name in folders if (here / name).is_symlink()]
            for path in [here / name for name in files + links]:
                relative = path.relative_to(self.root).as_posix()
                if relative not in wanted and relative not in (RECORD, DIGEST):
                    self._touch()
                    path.unlink()
            if here != self.root and not any(here.iterdir()):
                here.rmdir()

    def _touch(self) -> None:
        for name in (RECORD, DIGEST):
            (self.root / name).unlink(missing_ok=True)
