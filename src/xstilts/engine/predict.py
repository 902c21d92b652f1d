"""One evaluation: a checkpoint, a target, all languages; what is written is predictions, not scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from xstilts.config.training import Device
from xstilts.engine.answers import PAUSE, Kept
from xstilts.engine.fit import check_fit
from xstilts.engine.inference import Asking
from xstilts.engine.outputs import labels_of
from xstilts.features import Features
from xstilts.files import digest_of, read_digest, whole, write_digest, write_json
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.layout import DIGEST, degenerate_in
from xstilts.records import read_records
from xstilts.specs import PredictSpec


@dataclass(frozen=True)
class Running:
    """How predictions are made, which changes nothing in them."""

    micro_tokens: int = 4096
    threads: int = 1
    state: Path | None = None
    """The folder of what a killed run goes on from."""
    pause: float = PAUSE
    device: Device = "any"


def predict_target(
    spec: PredictSpec,
    running: Running,
    checkpoint: Path,
    records: list[Path],
    tokens: list[Path],
    out: Path,
    code: str,
) -> None:
    """Predict every split that the target's score needs, in one load of the model."""
    torch.set_num_threads(running.threads)
    data = [read_digest(file.with_suffix(".digest")) for file in records]
    asking = Asking.of(format_named(spec.format), spec.encoding, checkpoint, running.micro_tokens, running.device)
    read = [*data, *(digest_of([file]) for file in tokens if running.state)]
    told = [spec.text(), code, read_digest(checkpoint / DIGEST), *read, str(asking.budget), str(asking.packed)]
    kept = Kept(running.state, "\n".join(told), running.pause)
    tables = [
        predict_split(asking, spec, split, record_file, token_file, kept)
        for split, record_file, token_file in zip(spec.splits, records, tokens, strict=True)
    ]
    predictions = out.with_suffix(".parquet")
    with whole(predictions) as draft:
        pq.write_table(pa.concat_tables(tables, promote_options="default"), draft, compression="zstd")
    digest = digest_of([predictions])
    record = {
        "spec": spec.model_dump(mode="json"),
        "code": code,
        "checkpoint": read_digest(checkpoint / DIGEST),
        "degenerate": degenerate_in(checkpoint),
        "data": data,
        **asking.form.source(asking.model.config.num_hidden_layers, spec.encoding),
        "digest": digest,
    }
    write_json(out.with_suffix(".json"), record)
    write_digest(out.with_suffix(".digest"), digest)
    kept.clear()


def predict_split(asking: Asking, spec: PredictSpec, split: str, records: Path, tokens: Path, kept: Kept) -> pa.Table:
    """The predictions of one split, a group after the other."""
    form, features, table = asking.form, Features.open(tokens), read_records(records)
    special = Special(**features.meta["special"])
    if len(features):
        check_fit(asking.model.base_model, f"{spec.task} {split}", special, int(features.item_widths.max()))
    labels = labels_of(asking.model, features.meta["labels"], spec.labels)
    found = []
    for number, items in enumerate(form.together(features, spec.encoding)):
        name = f"{split}-{number:03d}"
        predictions = kept.done(name)
        if predictions is None:
            said = asking.ask(features, items, special, kept.answers(name))
            rows = np.unique(features.column("row")[features.sequences_of(items)])
            some = table if len(rows) == len(table) else table.take(pa.array(rows))
            predictions = form.decode(some, features, said, labels, spec.encoding)
            kept.finish(name, predictions)
        found.append(predictions)
    whole_split = pa.concat_tables(found)
    return whole_split.append_column("split", pa.array([split] * len(whole_split)))
