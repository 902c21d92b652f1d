"""Record and prediction files by hand, and submissions that are made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.files import digest_of, write_digest, write_json
from xstilts.formats import format_named
from xstilts.specs import SubmissionSpec, SubmittedSpec
from xstilts.submission.official import BY_NAME
from xstilts.submission.write import write_submission
from xstilts.tasks import get

Row = Mapping[str, Any]
NODE = "tiny/s1/x"
KINDS = {"labels": pa.string(), "tags": pa.list_(pa.string())}


@dataclass
class Desk:
    """What a submission is made of, folder by folder."""

    place: Path
    generated: bool = False
    entries: dict[str, SubmittedSpec] = field(default_factory=dict)

    def records(self, folder: str) -> Path:
        return self.place / "records" / f"{folder}.parquet"

    def predictions(self, folder: str) -> Path:
        return self.place / "predictions" / f"{folder}.parquet"

    def put(
        self, folder: str, records: Iterable[Row], said: Iterable[Row], left_out: int = 0, way: str = "own"
    ) -> None:
        """Test records of a folder, and predictions; a prediction is of the test split unless it says otherwise."""
        schema = format_named(get(BY_NAME[folder].target).format).schema()
        told = {"left_out": {"some reason": left_out}} if left_out else {}
        told |= {"spec": {"source": {"parts": [{"way": way}]}}}
        table = pa.Table.from_pylist([dict(row) for row in records], schema=schema)
        path = self.records(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata({"xstilts": json.dumps(told)}), path)
        self.take(folder, said)

    def take(self, folder: str, said: Iterable[Row]) -> None:
        """Predictions for the records that stand there already."""
        target = get(BY_NAME[folder].target)
        prediction = KINDS.get(BY_NAME[folder].kind, pa.string())
        gold = pa.list_(pa.string()) if target.format in ("retrieval", "span") else prediction
        fields = [("id", pa.string()), ("language", pa.string()), ("split", pa.string()), ("prediction", prediction)]
        schema = pa.schema([*fields, ("score", pa.float64()), ("gold", gold)])
        rows = [{"split": "test", "score": 1.0, **row} for row in said]
        path = self.predictions(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
        write_digest(path.with_suffix(".digest"), digest_of([path]))
        write_json(path.with_suffix(".json"), {"spec": {"node": NODE, "task": target.name}})
        self.entries[folder] = SubmittedSpec(
            target=target.name, node=NODE, labels=target.labels, generated=self.generated
        )

    def write(self, name: str = "out", **options: bool) -> Written:
        """Write what was put here; with options of `write_submission`."""
        spec = SubmissionSpec(study="s", world="w", base="tiny", seed=1, recipe="none", folders=self.entries)
        out = self.place / name
        predictions, records = (
            [place(folder) for folder in self.entries] for place in (self.predictions, self.records)
        )
        manifest = write_submission(spec, predictions, records, out, "code", **options)
        return Written(out.with_suffix(".zip"), manifest)


@dataclass(frozen=True)
class Written:
    """One submission."""

    archive: Path
    manifest: dict[str, Any]

    def __getitem__(self, name: str) -> str:
        """The text of one file."""
        with ZipFile(self.archive) as opened:
            return opened.read(name).decode("ascii")

    @property
    def names(self) -> list[str]:
        with ZipFile(self.archive) as opened:
            return opened.namelist()

    def problems(self, start: str) -> list[str]:
        """What the manifest says that begins so."""
        found: list[str] = [sentence for sentence in self.manifest["problems"] if sentence.startswith(start)]
        return found
