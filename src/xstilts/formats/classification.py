"""Classification of a text or a pair of texts: NLI, paraphrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, encode_texts, pad, ratio
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

    def infer(self, model: PreTrainedModel, batch: Batch) -> list[np.ndarray]:
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        return list(logits.float().softmax(-1).cpu().numpy())

    def decode(
        self, records: pa.Table, features: Features, inferred: list[Any], labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        probabilities = np.stack(inferred)
        return pa.table(
            {
                "id": records["id"],
                "language": records["language"],
                "prediction": pa.array([labels[i] for i in probabilities.argmax(-1)]),
                "score": pa.array(probabilities.max(-1).astype(np.float32)),
                "gold": records["label"],
            }
        )

    def statistics(self, predictions: pa.Table) -> np.ndarray:
        """Correct, counted."""
        hits = np.array(predictions["prediction"].to_pylist()) == np.array(predictions["gold"].to_pylist())
        return np.stack([hits, np.ones(len(hits))], axis=1).astype(np.float64)

    def values(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        accuracy = ratio(sums[..., 0], sums[..., 1])
        return {"score": accuracy, "accuracy": accuracy}


FORMAT = Classification()
