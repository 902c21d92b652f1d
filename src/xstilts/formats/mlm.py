"""Masked language modelling: pretraining, and text mixed into other stages. The head is the base model's own."""

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

IGNORE = -100


class MaskedLM(Format):
    record_fields = (pa.field("text", pa.string()),)
    auto_class = "AutoModelForMaskedLM"

    def __init__(self, rate: float = 0.15) -> None:
        self.rate = rate

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        return None if record["text"].strip() else "text is empty"

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        return encode_texts(records, tokenizer, encoding)

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        """Masks are drawn anew at each step: of the chosen tokens 80 % masked, 10 % any other token, 10 % left alone.

        Each item has a generator of its own, so that a mask does not depend on how a step is cut into micro-batches.
        """
        import torch

        ids, mask = pad([features.ids(i) for i in items], special.pad)
        tokens, labels = ids.numpy(), np.full(ids.shape, IGNORE)
        for line, item in enumerate(items):
            width = int(mask[line].sum())
            rng = np.random.default_rng((*draw, int(item)))
            choice, kind = rng.random((2, width))
            noise = rng.integers(0, special.vocabulary, width)
            row = tokens[line, :width]
            chosen = (choice < self.rate) & ~np.isin(row, special.ids)
            labels[line, :width][chosen] = row[chosen]
            row[chosen & (kind < 0.8)] = special.mask
            row[chosen & (kind >= 0.9)] = noise[chosen & (kind >= 0.9)]
        return Batch(ids, mask, {"labels": torch.from_numpy(labels)}, features.column("row")[items])

    def _masked(self, model: PreTrainedModel, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and labels of the chosen tokens only: the vocabulary is wide, and most tokens have no loss."""
        hidden = getattr(model, model.base_model_prefix)(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask
        ).last_hidden_state
        chosen = batch.targets["labels"] != IGNORE
        return model.lm_head(hidden[chosen]).float(), batch.targets["labels"][chosen]

    def terms(self, batch: Batch) -> int:
        return int((batch.targets["labels"] != IGNORE).sum())

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        logits, labels = self._masked(model, batch)
        return cross_entropy(logits, labels, reduction="sum")

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Mean log-likelihood of the masked tokens."""
        return -float(self.loss(model, batch)), float(self.terms(batch))

    def infer(self, model: PreTrainedModel, batch: Batch) -> list[Any]:
        raise NotImplementedError("masked language modelling trains; no target evaluates it")

    def decode(
        self, records: pa.Table, features: Features, inferred: list[Any], labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        raise NotImplementedError("masked language modelling trains; no target evaluates it")

    def statistics(self, predictions: pa.Table) -> np.ndarray:
        raise NotImplementedError("masked language modelling trains; no target evaluates it")

    def values(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        raise NotImplementedError("masked language modelling trains; no target evaluates it")


FORMAT = MaskedLM()
