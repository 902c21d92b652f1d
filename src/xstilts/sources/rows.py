"""Rows of tables, one at a time with their place: memory does not grow with the file.

What kind of table it is shows in its name: .jsonl, .csv, .tsv or .parquet.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.sources.lines import kind, lines
from xstilts.sources.place import AGAIN, STRIPPED, BadInputError, Place
from xstilts.sources.streamed import SURROGATE, encodable

Row = Mapping[str, Any]
LONGEST_FIELD = 1 << 24


def rows(path: Path, names: Sequence[str] = (), heads: frozenset[str] = frozenset()) -> Iterator[tuple[Place, Row]]:
    """Rows of a table of any kind, as mappings.

    `names` are those of the columns of a .tsv without a header; its first line is a header if it has one of `heads`.
    """
    match kind(path):
        case ".jsonl" | ".json" | ".ndjson":
            return _json_lines(path)
        case ".csv":
            return _csv(path)
        case ".tsv" | ".txt" | ".lst":
            return _tsv(path, names, heads)
        case ".parquet":
            return _parquet(path)
    what = f"{path.suffix or 'a name without a suffix'} is no kind of table that can be read"
    raise BadInputError(Place(path), "", what, "known are .jsonl, .csv, .tsv and .parquet, also as .gz, .bz2 or .xz")


def _json_lines(path: Path) -> Iterator[tuple[Place, Row]]:
    for place, text in lines(path):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except json.JSONDecodeError as error:
            what = f"is no JSON: {error.msg} at character {error.colno}"
            raise BadInputError(place, "", what, "each line must be one JSON object; " + AGAIN) from None
        except (ValueError, RecursionError) as error:
            raise BadInputError(place, "", f"is JSON that can't be read: {error}", AGAIN) from None
        if not isinstance(row, dict):
            raise BadInputError(place, "", f"is a JSON {type(row).__name__}, not an object", "is it the right file?")
        if SURROGATE.search(text):
            encodable(place, row)
        yield place, row


def _csv(path: Path) -> Iterator[tuple[Place, Row]]:
    """With a header; a quoted field may run over several lines, so a row's place is the line of its end."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader((line + "\n" for _, line in lines(path)), strict=True)
    begun = 1
    try:
        header = next(reader, [])
        begun = reader.line_num + 1
        for cells in reader:
            if cells:
                yield from _named(Place(path, reader.line_num), header, cells)
            begun = reader.line_num + 1
    except csv.Error as error:
        what = f"is no CSV: {error}, at line {reader.line_num} of the file"
        raise BadInputError(Place(path, begun), "", what, "close the quotes of this row; or " + AGAIN) from None


def _tsv(path: Path, names: Sequence[str], heads: frozenset[str]) -> Iterator[tuple[Place, Row]]:
    """Tab-separated, a row a line: a quotation mark does not join lines, as it would in CSV (PAWS-X's English has odd
    ones, and loses rows that way). But cells that a CSV writer has quoted are read as it meant them."""
    header = list(names)
    for place, text in lines(path):
        cells = [unquoted(cell) for cell in text.split("\t")]
        if place.line == 1 and heads & set(cells):
            header = cells
        elif not header:
            raise BadInputError(
                place, "", f"no header; it must have {' or '.join(sorted(heads))}", "is it the right file?"
            )
        elif text:
            yield from _named(place, header, cells)


def unquoted(cell: str) -> str:
    """What a CSV writer wrote with quotes around it because there are quotes in it; any other cell as it is."""
    inner = cell[1:-1]
    quoted = len(cell) > 3 and cell[0] == cell[-1] == '"' and '""' in inner and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if quoted else cell


def _named(place: Place, header: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[Place, Row]]:
    if header and header[-1] == "label" and len(cells) == len(header) - 1:
        raise place.wrong("label", "is not there", f"{STRIPPED}; or {AGAIN}")
    if len(cells) != len(header):
        what = f"{len(cells)} columns where {len(header)} are expected ({', '.join(header)})"
        raise BadInputError(place, "", what, AGAIN if len(cells) < len(header) else "is it the right file?")
    yield place, dict(zip(header, cells, strict=True))


def _parquet(path: Path) -> Iterator[tuple[Place, Row]]:
    """Labels that the hub stores as numbers come by their names, which the file itself tells."""
    number = 0
    try:
        file = pq.ParquetFile(path)
        names = _class_names(file.schema_arrow)
        for batch in file.iter_batches(1000):
            for row in batch.to_pylist():
                number += 1
                place = Place(path, number, "row")
                yield place, row | {name: _label(place, name, row[name], known) for name, known in names.items()}
    except (pa.ArrowException, OSError, ValueError) as error:
        what = f"is no Parquet file that can be read: {error}"
        raise BadInputError(Place(path, number + 1, "row"), "", what, AGAIN) from None


def _label(place: Place, name: str, value: Any, known: Sequence[str]) -> Any:
    """One class, or a list of classes (tags); -1 is the hub's way to say that there is none."""
    if isinstance(value, list):
        return [_label(place, name, item, known) for item in value]
    if value is None or value == -1:
        return None
    if not isinstance(value, int) or not 0 <= value < len(known):
        raise place.wrong(name, f"class {value!r} is none of the file's {len(known)}", AGAIN)
    return known[value]


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the classes of each column of classes, from what the `datasets` library wrote beside the schema."""
    told = (schema.metadata or {}).get(b"huggingface", b"{}")
    found = {}
    try:
        for name, feature in json.loads(told).get("info", {}).get("features", {}).items():
            inner = feature
            while isinstance(inner, dict) and inner.get("_type") in ("Sequence", "List", "LargeList"):
                inner = inner.get("feature", {})
            inner = inner[0] if isinstance(inner, list) and inner else inner
            if isinstance(inner, dict) and inner.get("_type") == "ClassLabel" and name in schema.names:
                found[name] = list(inner["names"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"what it tells of its columns is damaged ({error!r})") from None
    return found
