"""Records, and a prediction file of them, by hand: as the pipeline has them when an evaluation is scored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.files import digest_of, write_digest, write_json
from xstilts.formats import format_named
from xstilts.formats.encoding import Encoding
from xstilts.predictions import read_predictions
from xstilts.specs import PredictSpec, ScoreSpec

CHECKPOINT = "c0ffee"
Row = Mapping[str, Any]


def spec_of(task: str, format: str, metric: str, languages: tuple[str, ...], **others: Any) -> ScoreSpec:
    """How a task is scored after MNLI."""
    usual = {"base": "tiny", "recipe": "mnli", "seed": 1, "node": f"tiny/s1/mnli/{task}", "labels": (), "chance": None}
    usual |= {"splits": ("test",), "encoding": Encoding(max_length=64)}
    return ScoreSpec(task=task, format=format, metric=metric, languages=languages, **{**usual, **others})


@dataclass
class Evaluation:
    """One prediction file, and the records that it answers."""

    spec: ScoreSpec
    predictions: Path
    records: list[Path]

    @classmethod
    def put(cls, folder: Path, spec: ScoreSpec, records: Mapping[str, Iterable[Row]], said: pa.Table) -> Evaluation:
        """Write records by split, and predictions of all of them."""
        schema, files = format_named(spec.format).schema(), []
        for split in spec.splits:
            files.append(folder / "records" / f"{split}.parquet")
            files[-1].parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist([dict(row) for row in records[split]], schema=schema), files[-1])
            write_digest(files[-1].with_suffix(".digest"), f"of {split}")
        found = cls(spec, folder / f"{spec.task}.parquet", files)
        asked = spec.model_dump(include={"node", "task", "format", "splits", "encoding"})
        record = {"spec": PredictSpec(**asked).model_dump(mode="json"), "checkpoint": CHECKPOINT, "degenerate": []}
        write_json(found.beside, record | {"data": [f"of {split}" for split in spec.splits]})
        found.write(said)
        return found

    @property
    def beside(self) -> Path:
        """The record of the prediction file."""
        return self.predictions.with_suffix(".json")

    def write(self, said: pa.Table) -> None:
        """Other predictions, written as they should be."""
        pq.write_table(said, self.predictions)
        write_digest(self.predictions.with_suffix(".digest"), digest_of([self.predictions]))
        self.note(digest=digest_of([self.predictions]))

    def change(self, how: Callable[[pa.Table], pa.Table]) -> None:
        """Write what `how` makes of the predictions."""
        self.write(how(pq.read_table(self.predictions)))

    def note(self, **entries: Any) -> None:
        """Entries of the record that say something else."""
        write_json(self.beside, json.loads(self.beside.read_text(encoding="utf-8")) | entries)

    def read(self, checkpoint: str = CHECKPOINT) -> pa.Table:
        """Look at the predictions as scoring does."""
        return read_predictions(self.spec, format_named(self.spec.format), self.predictions, checkpoint, self.records)
