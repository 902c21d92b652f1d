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
        return predicted(model, hidden[chosen]).float(), batch.targets["labels"][chosen]

    def terms(self, batch: Batch) -> int:
        return int((batch.targets["labels"] != IGNORE).sum())

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        logits, labels = self._masked(model, batch)
        return cross_entropy(logits, labels, reduction="sum")

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Mean log-likelihood of the masked tokens."""
        return -float(self.loss(model, batch)), float(self.terms(batch))

    def gold(self, batch: Batch) -> np.ndarray:
        labels = batch.targets["labels"].cpu().numpy()
        masked: np.ndarray = labels[labels != IGNORE]
        return masked

    def guess(self, counts: np.ndarray) -> float:
        """Of one who knows how often each token occurs, and nothing else.

        The entropy of few counts is too small; Miller and Madow's term mends that.
        """
        shares = counts / counts.sum()
        return float((shares * np.log(shares)).sum() - (len(counts) - 1) / (2 * counts.sum()))

    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        raise NotImplementedError("masked language modelling trains; no target evaluates it")

    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        raise NotImplementedError("masked language modelling trains; no target evaluates it")


def predicted(model: Any, hidden: torch.Tensor) -> torch.Tensor:
    """What the masked-LM head says of some hidden states: families give it different names, [tokens, vocabulary]."""
    if hasattr(model, "lm_predictions"):  # DeBERTa with `legacy: false`, which borrows the embeddings at each call
        logits: torch.Tensor = model.lm_predictions(hidden, model.get_input_embeddings())
        return logits
    logits = (model.lm_head if hasattr(model, "lm_head") else model.cls)(hidden)
    return logits


FORMAT = MaskedLM()
