"""Multiple choice: each choice is read beside the prompt, and one number per choice decides (as jiant does)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, pad
from xstilts.formats.encoding import Encoding
from xstilts.formats.tokens import sequences, tokenised, whole

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features

HIDDEN = -1e9  # the logit of a choice that a shorter question does not have


class Choice(Format):
    record_fields = (
        pa.field("prompt", pa.string()),
        pa.field("choices", pa.list_(pa.string())),
        pa.field("label", pa.int32()),
    )
    auto_class = "AutoModelForSequenceClassification"

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        if len(record["choices"]) < 2:
            return "fewer than two choices"
        if not 0 <= record["label"] < len(record["choices"]):
            return f"label {record['label']} is no index into {len(record['choices'])} choices"
        return None

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        """One sequence a choice; the choices of a question are one item, and its prompt is tokenised once."""
        choices = whole(records["choices"])
        row = np.repeat(np.arange(len(records), dtype=np.int32), choices.value_lengths().to_numpy())
        prompts, _ = tokenised(records["prompt"], tokenizer)
        ends, _ = tokenised(choices.flatten(), tokenizer)
        paired = np.ones(len(row), np.bool_)
        ids, cut = sequences(prompts.of(row), ends, paired, tokenizer, encoding.max_length)
        gold = records["label"].to_numpy()[row]
        table = pa.table({"row": row, "item": row, "input_ids": ids, "label": gold})
        return Encoded(table, {"text": len(np.unique(row[cut]))})

    def outputs(self, labels: Sequence[str]) -> int:
        return 1

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        import torch

        sequences = features.sequences_of(items)
        ids, mask = pad([features.ids(i) for i in sequences], special.pad)
        starts = features.item_starts
        sizes = torch.from_numpy(starts[items + 1] - starts[items])
        labels = torch.from_numpy(features.column("label")[starts[items]].astype(np.int64))
        return Batch(ids, mask, {"label": labels, "size": sizes}, features.column("row")[sequences])

    def _logits(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        """[questions, choices], padded with a logit that never wins."""
        import torch

        flat = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits.float().squeeze(-1)
        parts = flat.split(batch.targets["size"].tolist())
        return torch.nn.utils.rnn.pad_sequence(list(parts), batch_first=True, padding_value=HIDDEN)

    def terms(self, batch: Batch) -> int:
        return len(batch.targets["label"])

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        logits = self._logits(model, batch)
        return cross_entropy(logits, batch.targets["label"], reduction="sum")

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Accuracy."""
        logits = self._logits(model, batch)
        return float((logits.argmax(-1) == batch.targets["label"]).sum()), float(len(logits))

    def gold(self, batch: Batch) -> np.ndarray:
        return batch.targets["label"].cpu().numpy()

    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        """A number for each sequence, that is, for each choice."""
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        return pa.record_batch({"logit": logits.float().squeeze(-1).cpu().numpy()})

    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """The choice with the largest number, the first of equal ones."""
        logits, starts = said["logit"].to_numpy(), features.item_starts
        question = np.repeat(np.arange(len(records)), np.diff(starts))
        largest = np.maximum.reduceat(logits, starts[:-1])
        first = np.full(len(records), len(logits))
        at = np.flatnonzero(logits == largest[question])
        np.minimum.at(first, question[at], at)
        probability = 1.0 / np.add.reduceat(np.exp(logits - largest[question]), starts[:-1])
        return pa.table(
            {
                "id": records["id"],
                "language": records["language"],
                "prediction": pa.array(first - starts[:-1], pa.int32()),
                "score": pa.array(probability, pa.float32()),
                "gold": records["label"],
            }
        )


FORMAT = Choice()
