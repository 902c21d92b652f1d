"""Which files a part of a data set is read from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xstilts.errors import UserError
from xstilts.specs import Origin


def matching(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """Files below `folder` of the first alternative that any file matches, in alphabetical order; none where none does.

    An alternative may join several patterns by ' + '. Both a file and its packed form are found.
    """
    for alternative in patterns:
        parts = [part.strip() for part in alternative.split(" + ")]
        found = {
            path
            for part in parts
            for packed in ("", ".gz", ".bz2", ".xz")
            for path in folder.glob(part + packed)
            if path.is_file()
        }
        if found:
            return sorted(found)
    return []


def files_of(origin: Origin) -> list[Path]:
    """Files of a part; a UserError says how to get them where they are missing."""
    folder = Path(origin.folder)
    found = matching(folder, origin.patterns)
    if not found:
        what = (
            "there is no such folder"
            if not folder.is_dir()
            else f"no file there is called {' or '.join(origin.patterns)}"
        )
        raise UserError(
            f"{origin.release} ({origin.language}): {folder}: {what}. The data is {origin.advice} "
            f"Put the files there, or write another folder for the task in the world (docs/data.md)"
        )
    return found
