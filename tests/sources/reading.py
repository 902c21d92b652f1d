"""Sources as the real world wires them, for original files in a folder or files of the hub that a test writes."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.config import Project, load
from xstilts.formats import format_named
from xstilts.origins import Origins
from xstilts.records import Written, write_records
from xstilts.sources import Source
from xstilts.specs import RecordsSpec
from xstilts.tasks import get

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/data"


@cache
def project() -> Project:
    return load({"world": "real", "study": "replication"}, ROOT)


def origins(task: str, folder: Path, hub: bool) -> Origins:
    settings, world = project().settings, project().world
    change = {"source": "hub", "folder": None} if hub else {"source": "files", "folder": str(folder)}
    world = world.model_copy(update={"tasks": world.tasks | {task: world.tasks[task].model_copy(update=change)}})
    return Origins(settings.model_copy(update={"downloads": str(folder)}) if hub else settings, world)


def source(task, split="test", languages="en", folder=DATA, hub=False, options=None, patterns=None, **more) -> Source:
    """One split; `options` and `patterns` change those of its releases, `more` is hold_out and limit."""
    known = get(task)
    asked = languages.split()
    parts = [part.model_dump(mode="json") for part in origins(task, folder, hub).of(known, split, asked)]
    for part in parts:
        part["options"] |= options or {}
        part["patterns"] = patterns or part["patterns"]
    return Source(
        RecordsSpec(
            task=task,
            data=task,
            split=split,
            format=known.format,
            labels=known.labels,
            languages=tuple(asked),
            source={"source": "hub" if hub else "files", "hold_out": None, "limit": None, "parts": parts, **more},
        )
    )


def records(*args, **named) -> list[dict]:
    """The records of `source`, each of which passes the check of its format."""
    read = source(*args, **named)
    found = [record for _, record in read]
    form = format_named(read.spec.format)
    assert [form.check(record, read.spec.labels) for record in found] == [None] * len(found)
    return found


def written(read: Source, path: Path) -> Written:
    """Write what a source gives, as scripts/prepare.py does."""
    return write_records(read, format_named(read.spec.format), read.spec.labels, lambda: {"files": read.files}, path)


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Files below a folder; text is written as UTF-8, line ends as they are."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def put_hub(folder: Path, release: str, file: str, rows: list[dict], **classes: list[str]) -> Path:
    """A file of the hub as the `datasets` library writes it: `classes` names those of the columns of classes."""
    features = {name: {"dtype": "string", "_type": "Value"} for name in rows[0]}
    for name, names in classes.items():
        label = {"names": names, "_type": "ClassLabel"}
        features[name] = {"feature": label, "_type": "List"} if isinstance(rows[0].get(name), list) else label
    table = pa.Table.from_pylist(rows)
    told = json.dumps({"info": {"features": features}})
    path = folder / release / "hub" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata({"huggingface": told}), path)
    return folder
