"""One evaluation: a checkpoint, a target, all languages; what is written is predictions, not scores."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from xstilts.engine.fit import check_fit
from xstilts.engine.inference import infer, load_for
from xstilts.features import Features
from xstilts.files import digest_of, read_digest, whole, write_digest, write_json
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.layout import DIGEST, degenerate_in
from xstilts.records import read_records
from xstilts.specs import PredictSpec


def predict_target(
    spec: PredictSpec,
    running: dict[str, int],
    checkpoint: Path,
    records: list[Path],
    tokens: list[Path],
    out: Path,
    code: str,
) -> None:
    """Predict every split that the target's score needs, in one load of the model."""
    torch.set_num_threads(running["threads"])
    form = format_named(spec.format)
    model = load_for(form, checkpoint)
    tables = []
    for split, record_file, token_file in zip(spec.splits, records, tokens, strict=True):
        features = Features.open(token_file)
        special = Special(**features.meta["special"])
        if len(features):
            check_fit(model.base_model, f"{spec.task} {split}", special, int(features.item_widths.max()))
        answers = infer(model, form, features, special, running["micro_tokens"])
        table = form.decode(read_records(record_file), features, answers, features.meta["labels"], spec.encoding)
        tables.append(table.append_column("split", pa.array([split] * len(table))))
    with whole(out.with_suffix(".parquet")) as draft:
        pq.write_table(pa.concat_tables(tables, promote_options="default"), draft, compression="zstd")
    digest = digest_of([out.with_suffix(".parquet")])
    record = {
        "spec": spec.model_dump(mode="json"),
        "code": code,
        "checkpoint": read_digest(checkpoint / DIGEST),
        "degenerate": degenerate_in(checkpoint),
        "data": [read_digest(file.with_suffix(".digest")) for file in records],
        "digest": digest,
    }
    write_json(out.with_suffix(".json"), record)
    write_digest(out.with_suffix(".digest"), digest)
