"""Sentences as vectors: what an encoder makes of them in every layer, as means over their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from tokenizers import Tokenizer

from xstilts.engine.batching import micro_batches
from xstilts.engine.fit import check_fit
from xstilts.engine.model import load_encoder
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.formats.base import Special, pad
from xstilts.formats.tokens import special_ids
from xstilts.layout import TOKENIZER_FILES
from xstilts.progress import Progress


class Reader:
    """A checkpoint's encoder that reads sentences, and tells how far it has come."""

    def __init__(
        self, checkpoint: Path, special: Special, budget: int, progress: Progress, device: torch.device
    ) -> None:
        self.special, self.budget, self.progress, self.done = special, budget, progress, progress.start
        self.tokenizer = Tokenizer.from_file(str(checkpoint / TOKENIZER_FILES[0]))
        lead, tail = special_ids(self.tokenizer, 1)
        self.frame = len(lead), len(tail)
        self.encoder = load_encoder(checkpoint).to(device).eval()

    def vectors(self, sentences: Sequence[np.ndarray], what: str) -> torch.Tensor:
        """Means over all tokens, and over those between the special ones: [2, layers, sentences, width], fp32.

        sentences  token ids, special ones included
        what       they are, for messages
        Cost: one pass. Memory: the result, and one batch of `budget` padded tokens in every layer.
        """
        features = features_of(sentences)
        check_fit(self.encoder, what, self.special, int(features.item_widths.max()))
        found: torch.Tensor | None = None
        for batch in micro_batches(features, np.arange(len(features)), self.budget):
            ids, mask = (part.to(self.encoder.device) for part in pad([sentences[i] for i in batch], self.special.pad))
            with torch.inference_mode():
                hidden = self.encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
                weights = shares(mask.sum(1), mask.shape[1], self.frame)
                if found is None:
                    shape = (len(weights), len(hidden), len(sentences), hidden[0].shape[-1])
                    found = torch.empty(shape, device=mask.device)
                place = torch.from_numpy(batch).to(mask.device)
                for layer, states in enumerate(hidden):
                    found[:, layer, place] = torch.einsum("pbt,btd->pbd", weights, states.float())
            self.done += len(batch)
            self.progress.at(self.done, what)
        assert found is not None
        if not found.isfinite().all():
            raise UserError(f"{what}: the model gives numbers that are not finite; its training has come to nothing")
        return found


def features_of(sentences: Sequence[np.ndarray]) -> Features:
    """Token ids as a token file would hold them, so that they are cut into batches as those are."""
    rows = np.arange(len(sentences), dtype=np.int32)
    ids = pa.array(sentences, pa.list_(pa.int32()))
    return Features(pa.table({"row": rows, "item": rows, "input_ids": ids}))


def shares(lengths: torch.Tensor, width: int, frame: tuple[int, int]) -> torch.Tensor:
    """What each token counts in its sentence's two means: [2, sentences, width].

    frame  special tokens before and after; a sentence of nothing else has zeros for its second mean
    """
    place, length = torch.arange(width, device=lengths.device), lengths[:, None]
    words = (place >= frame[0]) & (place < length - frame[1])
    counted = torch.stack([place < length, words]).float()
    return counted / counted.sum(2, keepdim=True).clamp(min=1)
