"""Train one stage: from a parent checkpoint and token files to weights chosen on English dev data."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from xstilts.config.spec import StageSpec
from xstilts.engine import zero
from xstilts.engine.batching import micro_batches, plan_step
from xstilts.engine.mixture import Mixture, rates
from xstilts.engine.model import MultiTaskModel, build, weight_groups
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.formats.base import Batch, Format, Special
from xstilts.progress import Progress

logger = logging.getLogger(__name__)
MASKED_LM = "AutoModelForMaskedLM"


@dataclass(frozen=True)
class Part:
    """One part of the stage's mixture, its token files open."""

    name: str
    form: Format
    labels: tuple[str, ...]
    special: Special
    train: Features
    dev: Features | None


@dataclass
class Trained:
    """What training leaves: the chosen weights by parameter name (the model itself may be sharded), and the history."""

    model: MultiTaskModel
    weights: dict[str, torch.Tensor]
    best_step: int
    best_score: float
    steps: int
    tokens: int
    seconds: float
    curve: list[dict[str, float]] = field(default_factory=list)


def train(parts: Sequence[Part], parent: Path, base: Path, settings: StageSpec, seed: int) -> Trained:
    """Run the stage on all ranks. Costs the model, its optimizer, and one more copy of the weights on the CPU."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(seed)
    zero.start_ranks()
    rank, ranks = dist.get_rank(), dist.get_world_size()
    forms, labels = [p.form for p in parts], [p.labels for p in parts]
    model = build(
        parent, base, forms, [f.outputs(n) for f, n in zip(forms, labels, strict=True)], labels, settings.dropout
    )
    torch.manual_seed(seed + rank)  # dropout differs between ranks, the weights above do not
    engine = zero.start_engine(model, weight_groups(model, settings.weight_decay), settings)

    steps = stage_steps(parts, settings)
    mixture = Mixture([len(p.train) for p in parts], shares(parts, settings), steps, settings.batch, seed)
    zero.agree_on("the order of examples", str([mixture[s].items.tolist() for s in (0, steps - 1)]))
    history = Trained(model, {}, 0, -math.inf, steps, 0, 0.0)
    best: dict[str, torch.Tensor] = {}
    started, waited, evaluated = time.monotonic(), 0, 0
    losses = torch.zeros((), device=engine.device)  # summed here, so that a step need not wait for its figure
    progress = Progress("step", steps)
    for number in range(steps):
        step = mixture[number]
        zero.set_rate(engine, settings.lr * schedule(number, steps, settings.warmup))
        loss, tokens = one_step(engine, parts[step.part], step.part, step.items, settings, (seed, number), rank, ranks)
        losses += loss
        history.tokens += tokens
        done = number + 1
        if done % settings.evaluate_every == 0 or done == steps:
            score = zero.from_rank_0(english_dev(model, parts, settings))  # or ranks might stop apart
            (total,) = zero.total_over_ranks(float(losses))
            history.curve.append({"step": done, "loss": total / (done - evaluated), "dev": score})
            losses.zero_()
            evaluated, waited = done, waited + 1
            if score > history.best_score:
                history.best_score, history.best_step, waited = score, done, 0
                best = zero.whole_weights(model, settings.zero)
            logger.info("step %d: loss %.4f, English dev %.4f", done, history.curve[-1]["loss"], score)
            if waited >= settings.patience:
                logger.info("stopped: %d evaluations without a better English dev score", waited)
                history.steps = done
                break
        if rank == 0:
            speed = history.tokens / (time.monotonic() - started)
            progress.at(done, f"{speed:,.0f} tokens/s")
    history.seconds = time.monotonic() - started
    if not best:
        raise UserError(
            f"English dev was never finite in {steps} steps: the stage diverged; a lower lr or a longer warmup helps"
        )
    history.weights = best
    return history


def stage_steps(parts: Sequence[Part], settings: StageSpec) -> int:
    """Steps of the stage: as given, or from its epochs over what the mixture draws (sizes capped as the rates are)."""
    if settings.steps is not None:
        return settings.steps
    assert settings.epochs is not None
    cap = settings.cap if settings.mix == "capped" and len(parts) > 1 else None
    examples = sum(min(len(p.train), cap or len(p.train)) for p in parts)
    return max(1, math.ceil(examples * settings.epochs / settings.batch))


def shares(parts: Sequence[Part], settings: StageSpec) -> np.ndarray:
    """Share of steps of each part; masked LM mixed into a stage takes its own rate, the tasks divide the rest."""
    text = np.array([p.form.auto_class == MASKED_LM for p in parts])
    sizes = np.array([len(p.train) for p in parts])
    if text.all() or not text.any():
        return rates(sizes, settings.mix, settings.cap, settings.temperature)
    share = np.empty(len(parts))
    share[text] = settings.mlm_rate / text.sum()
    share[~text] = (1 - settings.mlm_rate) * rates(sizes[~text], settings.mix, settings.cap, settings.temperature)
    return share


def schedule(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up over a share of the steps, then linear decay to zero."""
    rise = max(1, round(warmup * steps))
    return (step + 1) / rise if step < rise else (steps - step) / max(1, steps - rise)


def one_step(
    engine: Any,
    part: Part,
    number: int,
    items: np.ndarray,
    settings: StageSpec,
    draw: tuple[int, int],
    rank: int,
    ranks: int,
) -> tuple[torch.Tensor, int]:
    """One optimiser step. Its loss is the mean over the terms of the whole step, however it is cut and dealt.

    Returns this rank's part of the loss (the ranks' parts sum to it) and the step's tokens, all ranks together.
    """
    cuts = plan_step(part.train, items, ranks, rank, settings.micro_tokens)
    # A rank without items of its own still takes part, with a batch that weighs nothing.
    batches = [part.form.collate(part.train, cut if len(cut) else items[:1], part.special, draw) for cut in cuts]
    weights = [float(len(cut) > 0) for cut in cuts]
    terms, tokens = zero.total_over_ranks(
        sum(part.form.terms(batch) * w for batch, w in zip(batches, weights, strict=True)),
        sum(float(batch.attention_mask.sum()) * w for batch, w in zip(batches, weights, strict=True)),
    )
    total = torch.zeros((), device=engine.device)
    for i, (batch, weight) in enumerate(zip(batches, weights, strict=True)):
        engine.set_gradient_accumulation_boundary(i == len(batches) - 1)
        # DeepSpeed averages gradients over ranks; the step's mean wants their sum.
        loss = engine(number, batch.to(engine.device)) * (weight * ranks / max(terms, 1.0))
        engine.backward(loss, scale_wrt_gas=False)
        engine.step()
        total += loss.detach() / ranks
    return total, int(tokens)


def english_dev(model: MultiTaskModel, parts: Sequence[Part], settings: StageSpec) -> float:
    """Mean over the stage's tasks of their score on the first English dev examples; masked LM counts only alone."""
    judged = [i for i, p in enumerate(parts) if p.form.auto_class != MASKED_LM] or list(range(len(parts)))
    model.eval()
    scores = []
    with torch.no_grad(), autocast(settings):
        for i in judged:
            scores.append(dev_score(model, i, parts[i], settings))
    model.train()
    return float(np.mean(scores))


def dev_score(model: MultiTaskModel, number: int, part: Part, settings: StageSpec) -> float:
    """Score of one part on its first dev examples. Every rank computes all: ZeRO-3 needs equal passes."""
    if part.dev is None or not len(part.dev):
        raise UserError(f"{part.name} has no English dev examples, so nothing can be selected by them")
    device = next(model.parameters()).device
    right = counted = 0.0
    for cut in micro_batches(part.dev, np.arange(min(settings.dev_examples, len(part.dev))), settings.micro_tokens):
        batch: Batch = part.form.collate(part.dev, cut, part.special, (0,)).to(device)
        a, b = part.form.dev_score(model.heads[number], batch)
        right, counted = right + a, counted + b
    return right / max(counted, 1.0)


def autocast(settings: StageSpec) -> Any:
    """The same arithmetic in evaluation as in training."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.autocast(device, dtype=torch.bfloat16, enabled=settings.precision == "autocast-bf16")
