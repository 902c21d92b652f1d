"""Run a trained model over token files: all languages together, sorted by length, cut by a token budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from xstilts.engine.batching import micro_batches
from xstilts.engine.model import load, load_encoder
from xstilts.features import Features
from xstilts.formats.base import Format, Special
from xstilts.progress import Progress


def load_for(form: Format, checkpoint: Path) -> Any:
    """The model of a checkpoint, ready to be asked; a retrieval target reads the encoder alone."""
    model = load(form.auto_class, checkpoint) if form.auto_class else load_encoder(checkpoint)
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def infer(model: Any, form: Format, features: Features, special: Special, budget: int) -> list[Any]:
    """What the model says of each sequence, in the order of the file."""
    found: list[Any] = [None] * int(features.item_starts[-1])
    cuts = list(micro_batches(features, np.arange(len(features)), budget))
    progress, done = Progress("predicted", len(features)), 0
    for cut in cuts:
        batch = form.collate(features, cut, special, (0,)).to(model.device)
        with torch.inference_mode():
            answers = form.infer(model, batch)
        for sequence, answer in zip(features.sequences_of(cut), answers, strict=True):
            found[sequence] = answer
        done += len(cut)
        progress.at(done)
    return found
