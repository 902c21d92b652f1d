"""Which files a part of a data set is read from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from xstilts.errors import UserError
from xstilts.specs import Origin
from xstilts.tasks.release import releases

PACKINGS = r"(?:\.gz|\.bz2|\.xz)?"
LITTER = re.compile(r"(^|/)(\._|__MACOSX/)")  # what macOS leaves in archives: it has the names of real files
PARTS = re.compile(r"\*\*/|\*|\?|\[!?[^\]]+\]|.", re.DOTALL)


def listed(folder: Path) -> tuple[str, ...]:
    """All files below a folder, as paths within it, in alphabetical order."""
    found = (
        os.path.relpath(os.path.join(place, name), folder)  # noqa: PTH118  (many files: Path takes ten times as long)
        for place, _, names in os.walk(folder, followlinks=True)
        for name in names
    )
    return tuple(sorted(path for path in found if not LITTER.search(path)))


def matching(folder: Path, patterns: Iterable[str], names: Sequence[str] | None = None) -> list[Path]:
    """Files below `folder` of the first alternative that is whole, in alphabetical order; none where none is.

    An alternative may join several patterns by ' + ', and needs files of each. A packed file (.gz, …) does as well. Of
    a name without wildcards there must be one file: two would be read twice.
    """
    names = listed(folder) if names is None else names
    for alternative in patterns:
        found: list[str] = []
        for pattern in alternative.split(" + "):
            some = [name for name in names if _regex(pattern.strip()).fullmatch(name)]
            if not some:
                break
            if len(some) > 1 and not re.search(r"[*?\[]", pattern.strip().removeprefix("**/")):
                raise UserError(f"{folder} has {len(some)} files for one, {', '.join(some)}: leave one there")
            found += some
        else:
            return [folder / name for name in sorted(set(found))]
    return []


@lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression: ** is any number of folders, * and ? stay within a name."""
    wild = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    parts = (wild.get(part) or (part if part.startswith("[") else re.escape(part)) for part in PARTS.findall(pattern))
    return re.compile("".join(parts) + PACKINGS)


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
        raise UserError(f"{origin.release} ({origin.language}): {folder}: {what}. {advice(origin)}")
    return found


def advice(origin: Origin) -> str:
    """What to do where files are missing."""
    known = releases().get(origin.release)
    if origin.way != "own":
        return "Fetch it where there is a network: snakemake -c1 downloads, with the same --config (docs/data.md)"
    said = known.advice if known else "files of your own."
    return f"The data is {said} Put the files there, or name another folder in the world (docs/data.md)"
