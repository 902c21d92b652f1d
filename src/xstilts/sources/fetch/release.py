"""A release as files in a folder: what is there and right is kept, the rest is fetched, and a record says so."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xstilts.errors import UserError
from xstilts.files import write_digest, write_json
from xstilts.sources.fetch.archives import fetch_archives
from xstilts.sources.fetch.checksums import Checksums
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.folder import DIGEST, RECORD, Fetched, Folder
from xstilts.sources.fetch.parquet import fetch_parquet
from xstilts.specs import DownloadSpec
from xstilts.tasks.release import releases

logger = logging.getLogger(__name__)


def fetch_release(spec: DownloadSpec, root: Path, code: str) -> None:
    """Make the folder `root` hold what the spec wants and nothing else; `record.json` and `digest` come last.

    A run that was stopped, in whatever way, goes on where it was. Costs the download, and reading every file once.
    """
    folder, checksums = Folder(root), Checksums(root.parent / "checksums.json")
    with explained(spec, root), folder.alone():
        if not (spec.archives or spec.hub):
            raise FetchError("neither a hub data set nor an archive is named")
        revision, files = fetch_parquet(spec, folder, checksums) if spec.hub else (None, [])
        archives = fetch_archives(spec.archives, folder, checksums)
        files += [file for archive in archives for file in archive.files]
        files = sorted({file.path: file for file in files}.values(), key=lambda file: file.path)
        folder.clean({file.path for file in files})
        write_record(spec, root, code, revision, files, [archive.summary for archive in archives])


@contextmanager
def explained(spec: DownloadSpec, root: Path) -> Iterator[None]:
    """What went wrong, with what to do about it."""
    try:
        yield
    except FetchError as error:
        known = releases().get(spec.release)
        advice = f" {known.advice.rstrip('. ')}." if known else ""
        raise UserError(
            f"release {spec.release!r} can't be fetched: {error}.{advice} If you can get the files in another way, put "
            "them in a folder and write `source: files` and `folder: THAT FOLDER` for the task"
        ) from None
    except OSError as error:
        raise UserError(
            f"release {spec.release!r} can't be written below {root}: {error}. Make room, or mend what is said there; "
            "what has arrived is kept, and the same command goes on from there"
        ) from None


def write_record(
    spec: DownloadSpec,
    root: Path,
    code: str,
    revision: str | None,
    files: list[Fetched],
    archives: list[dict[str, Any]],
) -> None:
    """Say what is in the folder; the digest is of the files' checksums and paths."""
    digest = hashlib.sha256("".join(f"{file.sha256}  {file.path}\n" for file in files).encode()).hexdigest()
    record = {
        "spec": spec.model_dump(mode="json"),
        "code": code,
        "revision": revision,
        "files": [asdict(file) for file in files],
        "archives": archives,
        "digest": digest,
    }
    write_json(root / RECORD, record)
    write_digest(root / DIGEST, digest)
    logger.info("%s: %d files, %.1f MB", spec.release, len(files), sum(file.bytes for file in files) / 1e6)
