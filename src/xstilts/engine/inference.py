"""Run a trained model over token files: all languages together, sorted by length, cut by a token budget."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from xstilts.config.training import Device
from xstilts.engine.answers import Answers
from xstilts.engine.batching import micro_batches
from xstilts.engine.device import device_of
from xstilts.engine.model import load, load_encoder
from xstilts.engine.packing import pack_layers
from xstilts.features import Features
from xstilts.formats.base import Format, Special
from xstilts.formats.encoding import Encoding
from xstilts.progress import Progress


@dataclass(frozen=True)
class Asking:
    """A model that answers, and what it needs to know to read token files."""

    model: Any
    form: Format
    encoding: Encoding
    packed: bool
    """Its layers see no padding, so that a batch may hold as many tokens as the budget says, however long each is."""
    budget: int

    @classmethod
    def of(cls, form: Format, encoding: Encoding, checkpoint: Path, budget: int, device: Device = "any") -> Asking:
        """The model of a checkpoint, ready to be asked; a retrieval target reads the encoder alone."""
        model = load(form.auto_class, checkpoint) if form.auto_class else load_encoder(checkpoint)
        packed = pack_layers(model.base_model) and form.auto_class is not None  # hidden states come padded
        return cls(model.to(device_of(device)).eval(), form, encoding, packed, budget)

    def ask(self, features: Features, items: np.ndarray, special: Special, answers: Answers) -> pa.Table:
        """What the model says of each sequence of `items`, in the order of the file.

        What `answers` kept of an earlier run is not asked again. Cost: one pass; memory: what is said of all items.
        """
        cuts = list(micro_batches(features, items, self.budget, self.packed))
        done = sum(map(len, cuts[: answers.batches]))
        progress = Progress("predicted", len(items), done)
        for cut in cuts[answers.batches :]:
            batch = self.form.collate(features, cut, special, (0,)).to(self.model.device)
            with torch.inference_mode():
                said = self.form.infer(self.model, batch, self.encoding)
            answers.add(said, features.sequences_of(cut))
            done += len(cut)
            progress.at(done)
        return answers.table()
