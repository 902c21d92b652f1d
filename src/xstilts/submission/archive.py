"""A zip whose bytes follow from its content: names sorted, no times, no owners."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xstilts.files import whole

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format can tell
UNIX, READABLE = 3, 0o644


def write_zip(path: Path, texts: Mapping[str, str]) -> None:
    """Write a zip of text files by their paths in it."""
    with whole(path) as draft, ZipFile(draft, "w") as archive:
        for name in sorted(texts):
            entry = ZipInfo(name, EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = ZIP_DEFLATED, UNIX, READABLE << 16
            archive.writestr(entry, texts[name].encode("utf-8"))
