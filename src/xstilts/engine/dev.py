"""English dev data: what selects the best step, and what a run is held against that may have learned nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from xstilts.config.spec import StageSpec
from xstilts.engine.batching import micro_batches
from xstilts.engine.model import MultiTaskModel
from xstilts.engine.parts import Part
from xstilts.errors import UserError
from xstilts.formats.base import Batch


def judged(parts: Sequence[Part]) -> list[int]:
    """The parts whose dev score counts: masked LM only where there is nothing else."""
    return [i for i, part in enumerate(parts) if not part.is_text] or list(range(len(parts)))


def dev_scores(model: MultiTaskModel, parts: Sequence[Part], settings: StageSpec) -> list[float]:
    """Score of each judged part on its first dev examples. Every rank computes all: ZeRO-3 needs equal passes."""
    device = next(model.parameters()).device
    model.eval()
    scores = []
    with torch.no_grad(), autocast(settings):
        for i in judged(parts):
            right = counted = 0.0
            for batch in dev_batches(parts[i], settings):
                a, b = parts[i].form.dev_score(model.heads[i], batch.to(device))
                right, counted = right + a, counted + b
            scores.append(right / max(counted, 1.0))
    model.train()
    return scores


def dev_guesses(parts: Sequence[Part], settings: StageSpec) -> list[float]:
    """What an answer that is always the same could score at best, luck included, for each judged part."""
    guesses = []
    for i in judged(parts):
        gold = np.concatenate([parts[i].form.gold(batch) for batch in dev_batches(parts[i], settings)])
        guesses.append(parts[i].form.guess(np.unique(gold, return_counts=True)[1]))
    return guesses


def dev_batches(part: Part, settings: StageSpec) -> Iterator[Batch]:
    """The first dev examples of a part."""
    if part.dev is None or not len(part.dev):
        raise UserError(f"{part.name} has no English dev examples, so nothing can be selected by them")
    items = np.arange(min(settings.dev_examples, len(part.dev)))
    for cut in micro_batches(part.dev, items, settings.micro_tokens):
        yield part.form.collate(part.dev, cut, part.special, (0,))


def autocast(settings: StageSpec) -> Any:
    """The same arithmetic in evaluation as in training."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.autocast(device, dtype=torch.bfloat16, enabled=settings.precision == "autocast-bf16")
