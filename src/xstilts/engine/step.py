"""One optimiser step: a set of examples, however it is cut into micro-batches and dealt to ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from xstilts.config.spec import StageSpec
from xstilts.engine.batching import plan_step
from xstilts.engine.flops import Flops
from xstilts.engine.oom import explained
from xstilts.engine.parts import Part
from xstilts.engine.ranks import total_over_ranks


@dataclass(frozen=True)
class Took:
    """What a step took, all ranks together but for the loss, of which this is the rank's own part: the parts' sum is
    the step's."""

    loss: torch.Tensor
    tokens: int
    padded: int
    """Tokens that were computed, padding included."""
    flops: float
    """Useful operations."""
    wishes: tuple[bool, ...]
    """What any rank wished for when the step began."""


@dataclass(frozen=True)
class Cutting:
    """How steps are cut: by the settings' `micro_tokens`, counted without padding where layers see none."""

    settings: StageSpec
    packed: bool
    flops: Flops
    weights: int
    """Numbers in the model, which out-of-memory messages tell of."""


def one_step(
    engine: Any, part: Part, number: int, items: np.ndarray, draw: tuple[int, int], cutting: Cutting, *wishes: bool
) -> Took:
    """Draw the gradient of `items` and move the weights. The loss is the mean over the terms of the whole step.

    number  which head of the model the part has
    draw    the seed and the step, for formats that draw
    wishes  of this rank; told to all, so that they save and stop together without a message of their own
    """
    rank, ranks = dist.get_rank(), dist.get_world_size()
    cuts = plan_step(part.train, items, ranks, rank, cutting.settings.micro_tokens, cutting.packed)
    # A rank without items of its own still takes part, with a batch that weighs nothing.
    batches = [part.form.collate(part.train, cut if len(cut) else items[:1], part.special, draw) for cut in cuts]
    weights = [float(len(cut) > 0) for cut in cuts]
    weighed = list(zip(batches, weights, strict=True))
    own = np.zeros(4)  # terms, tokens, tokens with padding, operations
    for batch, weight in weighed:
        count, mask = part.form.terms(batch), batch.attention_mask
        operations = cutting.flops.of_batch(number, mask, count)
        own += weight * np.array([count, int(mask.sum()), mask.numel(), operations])
    terms, tokens, padded, operations, *wished = total_over_ranks(*own, *map(float, wishes))
    total = torch.zeros((), device=engine.device)
    for i, (batch, weight) in enumerate(weighed):
        engine.set_gradient_accumulation_boundary(i == len(batches) - 1)
        # DeepSpeed averages gradients over ranks; the step's mean wants their sum.
        with explained(cutting.settings, batch, cutting.weights):
            loss = engine(number, batch.to(engine.device)) * (weight * ranks / max(terms, 1.0))
            engine.backward(loss, scale_wrt_gas=False)
            engine.step()
        total += loss.detach() / ranks
    computed = tokens if cutting.packed else padded
    return Took(total, int(tokens), int(computed), operations, tuple(wish > 0 for wish in wished))
