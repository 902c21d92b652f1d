"""Predictions of small models on the samples, made by the function that makes all predictions.

The models are XLM-R's classes, 32 numbers wide, trained for seconds on what they are asked: right now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from making import plan, records_of
from tokenizing import train

from xstilts.encode import encode_split
from xstilts.engine.checkpoint import save_model
from xstilts.engine.model import build
from xstilts.engine.predict import Running, predict_target
from xstilts.engine.scratch import draw
from xstilts.features import Features
from xstilts.files import write_digest
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.retrieval import FORMAT as RETRIEVAL
from xstilts.layout import DIGEST
from xstilts.records import read_records
from xstilts.specs import PredictSpec, ScratchSpec
from xstilts.tasks import get

LEAST = 2_000  # predictions of each task; where its samples have fewer rows, several models are asked for all of them
SHAPE = {"hidden_size": 32, "layers": 2, "heads": 2, "intermediate_size": 64, "positions": 260, "dropout": 0.0}
SHORT = {"max_length": 96}
LENGTHS = {"span": {"max_length": 256, "max_query": 64, "stride": 128}, "choice": {"max_length": 64}}
# Steps of training; more would teach so small a model to point at one and the same place of a text.
STEPS = {"classification": 60, "choice": 60, "span": 12, "tagging": 150}
BATCH, RATE = 32, 5e-3
MINED = ("de", "fr", "ru", "zh")  # BUCC's languages, made of Tatoeba's sentences


@dataclass(frozen=True)
class Asked:
    """What of a task's samples is predicted."""

    each: int
    """Rows of a language and split at most."""
    splits: tuple[str, ...] = ("test",)
    teacher: str = ""
    """The task on whose rows its models are trained, where it is another one."""


ALL = 10**6
ENGLISH = {"splits": ("dev", "train")}
ASKED = {
    "xnli": Asked(140),
    "pawsx": Asked(300),
    "udpos": Asked(80),
    "uner": Asked(ALL),
    "xquad": Asked(190, teacher="squad2"),
    "mlqa": Asked(ALL, teacher="squad2"),
    "mlqa-cross": Asked(ALL, teacher="squad2"),
    "tydiqa": Asked(ALL, teacher="squad2"),
    "squad": Asked(1_000, teacher="squad2", **ENGLISH),
    "squad2": Asked(1_500, **ENGLISH),
    "tatoeba": Asked(60),
    "tatoeba-r": Asked(60),
    "lareqa": Asked(ALL),
    "bucc": Asked(ALL, splits=("dev", "test")),
    "xcopa": Asked(190, teacher="siqa"),
    "hellaswag": Asked(1_000, teacher="siqa", **ENGLISH),
    "cosmosqa": Asked(1_500, teacher="siqa", **ENGLISH),
    "csqa": Asked(1_500, teacher="siqa", **ENGLISH),
    "siqa": Asked(1_000, **ENGLISH),
    "mnli": Asked(1_000, teacher="xnli", **ENGLISH),
    "anli": Asked(1_000, teacher="xnli", **ENGLISH),
}


@dataclass
class Predicting:
    """Predictions by task, each made once."""

    folder: Path
    _made: dict[Any, Any] = field(default_factory=dict)

    def of(self, task: str) -> list[pa.Table]:
        """The predictions of as many models as it takes to have LEAST."""
        if task not in self._made:
            self._made[task] = [self._predict(task, 0)]
            while sum(map(len, self._made[task])) < LEAST:
                self._made[task].append(self._predict(task, len(self._made[task])))
        return self._made[task]

    def of_few_candidates(self) -> pa.Table:
        """Predictions of LAReQA with no more candidates than are ranked: those right for some questions."""
        whole = self._whole("lareqa", "test")
        rows = [row for row in whole.to_pylist() if row["language"] in ("de", "en", "th", "zh")]
        questions = list(dict.fromkeys(row["id"] for row in rows if row["side"] == "query"))
        asked = [row for row in rows if row["side"] == "query" and row["id"] in questions[::25][:5]]
        names = {row["pair"] for row in asked}
        offered = [row for row in rows if row["side"] == "candidate" and row["id"] in names]
        files = self._written("lareqa", "test", pa.Table.from_pylist(asked + offered, schema=whole.schema), "few")
        return self._predicted("lareqa", 0, [files], "few")

    def _predict(self, task: str, number: int) -> pa.Table:
        return self._predicted(task, number, [self._files(task, split) for split in ASKED[task].splits])

    def _predicted(self, task: str, number: int, files: list[tuple[Path, Path]], name: str = "all") -> pa.Table:
        taught = get(task).format != "retrieval"
        model = self._model(ASKED[task].teacher or task, number) if taught else self._base(number)
        records, tokens = [list(paths) for paths in zip(*files, strict=True)]
        out = self.folder / "predictions" / f"{task}-{number}-{name}"
        spec = PredictSpec(
            node=f"small{number}",
            task=task,
            format=get(task).format,
            splits=ASKED[task].splits[: len(files)],
            encoding=encoding_of(task),
        )
        predict_target(spec, Running(micro_tokens=16_384, threads=1), model, records, tokens, out, "")
        return pq.read_table(out.with_suffix(".parquet"))

    def _files(self, task: str, split: str) -> tuple[Path, Path]:
        """Records and tokens of the part of a split that is predicted."""
        if (task, split) not in self._made:
            self._made[task, split] = self._written(task, split, self._records(task, split))
        return self._made[task, split]

    def _written(self, task: str, split: str, table: pa.Table, name: str = "all") -> tuple[Path, Path]:
        """Records as a file, and their tokens."""
        records, tokens = (self.folder / f"{task}-{split}-{name}.{kind}" for kind in ("parquet", "arrow"))
        pq.write_table(table, records)
        write_digest(records.with_suffix(".digest"), f"{task} {split} {name}")
        spec = plan().tokens.spec(task, split).model_copy(update={"encoding": encoding_of(task)})
        encode_split(spec, records, self.tokenizer, spec.labels, tokens)
        return records, tokens

    def _records(self, task: str, split: str) -> pa.Table:
        """The first rows of each language; of Tatoeba the same pairs of both sides."""
        if task == "bucc":
            return pa.concat_tables([self._mined(language, split) for language in MINED])
        whole = self._whole(task, split)
        each = ASKED[task].each
        language = np.array(whole["language"].to_pylist())
        if get(task).metric != "nearest":
            kept = [np.flatnonzero(language == code)[:each] for code in dict.fromkeys(language.tolist())]
            return whole.take(pa.array(np.sort(np.concatenate(kept))))
        side = np.array(whole["side"].to_pylist())
        foreign = [np.flatnonzero((language == code) & (side == "foreign"))[:each] for code in set(language.tolist())]
        names = set(whole.take(pa.array(np.concatenate(foreign)))["id"].to_pylist())
        pair = pc.if_else(pc.equal(whole["side"], "foreign"), whole["id"], whole["pair"])
        return whole.filter(pc.is_in(pair, pa.array(sorted(names))))

    def _mined(self, language: str, split: str) -> pa.Table:
        """300 foreign sentences, of which 180 have a translation among 330 English ones, and 20 of these two."""
        whole = self._whole("tatoeba", "test")
        records = whole.filter(pc.equal(whole["language"], language)).to_pylist()
        rows = {row["id"]: row for row in records if row["side"] == "foreign"}
        pairs = [(rows[row["pair"]], row) for row in records if row["side"] == "english" and row["pair"] in rows]
        pairs = pairs[450:] if split == "test" else pairs[:450]
        foreign = [
            one | {"pair": other["id"] if i < 180 else None, "more": [pairs[i + 300][1]["id"]] if i < 20 else None}
            for i, (one, other) in enumerate(pairs[:300])
        ]
        english = [other | {"pair": None} for i, (_, other) in enumerate(pairs) if i < 180 or i >= 300]
        return pa.Table.from_pylist(foreign + english, schema=RETRIEVAL.schema())

    def _whole(self, task: str, split: str) -> pa.Table:
        """All records of a split."""
        if ("whole", task, split) not in self._made:
            self._made["whole", task, split] = read_records(records_of(task, split, self.folder / "whole"))
        return self._made["whole", task, split]

    @property
    def tokenizer(self) -> Path:
        if "tokenizer" not in self._made:
            self._made["tokenizer"] = train(self.folder)
        return self._made["tokenizer"]

    def _base(self, number: int = 0) -> Path:
        """A model with random weights."""
        folder = self.folder / f"base{number}"
        if not folder.exists():
            draw(ScratchSpec(base="small", seed=number, architecture=SHAPE), self.tokenizer.parent, folder)
            write_digest(folder / DIGEST, folder.name)
        return folder

    def _model(self, task: str, number: int) -> Path:
        """A model that has learned a little of a task, from the very rows that it is asked."""
        folder = self.folder / f"{task}{number}"
        if not folder.exists():
            form, labels = format_named(get(task).format), get(task).labels
            features = Features.open(self._files(task, ASKED[task].splits[0])[1])
            special = Special(**features.meta["special"])
            torch.manual_seed(number)
            base = self._base(number)
            model = build(base, base, [form], [form.outputs(labels)], [labels], None)
            head, rng = model.heads[0], np.random.default_rng(number)
            optimizer = torch.optim.AdamW(head.parameters(), RATE)
            for step in range(STEPS[get(task).format]):
                batch = form.collate(features, rng.choice(len(features), BATCH), special, (number, step))
                optimizer.zero_grad()
                (form.loss(head, batch) / form.terms(batch)).backward()
                optimizer.step()
            save_model(head, head.state_dict(), folder)
            write_digest(folder / DIGEST, folder.name)
        return folder


def encoding_of(task: str) -> Any:
    """The real world's encoding, but shorter."""
    encoding = replace(plan().tokens.spec(task, "test").encoding, **LENGTHS.get(get(task).format, SHORT))
    return replace(encoding, find=get(task).metric) if get(task).format == "retrieval" else encoding
