"""Classification of a text or a pair of texts: NLI, paraphrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, encode_texts, pad
from xstilts.formats.encoding import Encoding

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features


class Classification(Format):
    record_fields = (pa.field("text_a", pa.string()), pa.field("text_b", pa.string()), pa.field("label", pa.string()))
    auto_class = "AutoModelForSequenceClassification"

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        if not record["text_a"]:
            return "text_a is empty"
        if record["label"] not in labels:
            return f"label {record['label']!r} is none of {', '.join(labels)}"
        return None

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        encoded = encode_texts(records, tokenizer, encoding, "text_a", "text_b")
        number = {label: i for i, label in enumerate(labels)}
        gold = pa.array([number[label] for label in records["label"].to_pylist()], pa.int32())
        return Encoded(encoded.table.append_column("label", gold), encoded.cut)

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        import torch

        ids, mask = pad([features.ids(i) for i in items], special.pad)
        labels = torch.from_numpy(features.column("label")[items].astype(np.int64))
        return Batch(ids, mask, {"label": labels}, features.column("row")[items])

    def terms(self, batch: Batch) -> int:
        return len(batch.targets["label"])

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        return cross_entropy(logits.float(), batch.targets["label"], reduction="sum")

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Accuracy."""
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        return float((logits.argmax(-1) == batch.targets["label"]).sum()), float(len(logits))

    def gold(self, batch: Batch) -> np.ndarray:
        return batch.targets["label"].cpu().numpy()

    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        """The most probable label and its probability."""
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        probability, label = (tensor.cpu().numpy() for tensor in logits.float().softmax(-1).max(-1))
        return pa.record_batch({"label": label.astype(np.int32), "probability": probability})

    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        return pa.table(
            {
                "id": records["id"],
                "language": records["language"],
                "prediction": pa.array(labels, pa.string()).take(said["label"]),
                "score": said["probability"],
                "gold": records["label"],
            }
        )


FORMAT = Classification()
