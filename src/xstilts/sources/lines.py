"""Lines of text files, one at a time with their place; .gz, .bz2 and .xz are read through."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from xstilts.sources.place import AGAIN, UTF8, BadInputError, Place

PACKED: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BOM = b"\xef\xbb\xbf"


def kind(path: Path) -> str:
    """The suffix that tells the format, below the one of a packing."""
    return path.with_suffix("").suffix if path.suffix in PACKED else path.suffix


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked as they are read."""
    opened: IO[bytes] = PACKED.get(path.suffix, open)(path, "rb")
    return opened


def lines(path: Path) -> Iterator[tuple[Place, str]]:
    """Lines without their ends; \\n and \\r\\n end a line, and nothing else does (U+2028 stands in real sentences)."""
    number = 0
    try:
        with open_bytes(path) as file:
            for number, raw in enumerate(file, start=1):
                place, text = Place(path, number), raw.removeprefix(BOM) if number == 1 else raw
                if b"\0" in text:
                    raise BadInputError(place, "", "holds NUL bytes, as UTF-16 does", f"{UTF8}; or {AGAIN}")
                yield place, text.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"byte {error.start + 1} of the line ({error.object[error.start]:#04x}) is not UTF-8"
        raise BadInputError(Place(path, number), "", what, UTF8) from None
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise BadInputError(Place(path, number + 1), "", f"can't be read on: {error}", AGAIN) from None


def blocks(path: Path) -> Iterator[list[tuple[Place, str]]]:
    """Runs of lines between blank ones, however many those are."""
    block: list[tuple[Place, str]] = []
    for place, text in lines(path):
        if text.strip():
            block.append((place, text))
        elif block:
            yield block
            block = []
    if block:
        yield block
