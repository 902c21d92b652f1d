"""JSON files of any size, an element of one long list at a time."""

from __future__ import annotations

import json
import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xstilts.sources.lines import BOM, open_bytes
from xstilts.sources.place import AGAIN, UTF8, BadInputError, Place

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def items(path: Path, prefix: str) -> Iterator[Any]:
    """Elements of one array in a JSON file, streamed: `data.item` of {"data": [...]}."""
    import ijson

    found = False
    try:
        with open_bytes(path) as file:
            if file.read(len(BOM)) != BOM:
                file.seek(0)
            for item in ijson.items(file, prefix, use_float=True):
                found = True
                yield item
    except (ijson.JSONError, UnicodeDecodeError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise _bad_json(path, error) from None
    if not found:
        name = prefix.removesuffix(".item")
        raise BadInputError(Place(path), name, "there is no such list, or nothing in it", "is it the right file?")


def _bad_json(path: Path, error: Exception) -> BadInputError:
    """Where a JSON file breaks off: the streaming reader does not know lines, so the file is read again."""
    try:
        with open_bytes(path) as file:
            row = json.loads(file.read().decode("utf-8-sig"))
        encodable(Place(path), row)
    except BadInputError as found:
        return found
    except json.JSONDecodeError as found:
        return BadInputError(Place(path, found.lineno), "", f"is no JSON: {found.msg} at column {found.colno}", AGAIN)
    except UnicodeDecodeError as found:
        line = found.object.count(b"\n", 0, found.start) + 1
        what = f"{found.object[found.start]:#04x} is not UTF-8"
        return BadInputError(Place(path, line), "", what, UTF8)
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as found:
        return BadInputError(Place(path), "", f"can't be read on: {found}", AGAIN)
    return BadInputError(Place(path), "", f"is no JSON: {error}", AGAIN)


def encodable(place: Place, row: Any) -> None:
    """Refuses half of a surrogate pair, which JSON can write and no text can hold."""
    try:
        json.dumps(row, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"holds half of a surrogate pair (\\u{ord(error.object[error.start]):04x})"
        raise BadInputError(place, "", what, "mend it in the source, or leave the row out there") from None
