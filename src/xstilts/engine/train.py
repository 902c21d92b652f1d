"""Train one stage: from a parent checkpoint and token files to weights chosen on English dev data."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from xstilts.config.spec import StageSpec
from xstilts.engine import degenerate, zero
from xstilts.engine.dev import dev_guesses, dev_scores, judged
from xstilts.engine.fit import check_fit
from xstilts.engine.flops import Flops
from xstilts.engine.gauges import Gauges
from xstilts.engine.history import History
from xstilts.engine.journal import Journal
from xstilts.engine.mixture import Mixture
from xstilts.engine.model import MultiTaskModel, build, weight_groups
from xstilts.engine.oom import explained
from xstilts.engine.packing import pack_layers
from xstilts.engine.parts import Part, mixture_of
from xstilts.engine.ranks import agree_on, from_rank_0, total_over_ranks
from xstilts.engine.schedule import schedule
from xstilts.engine.signals import Interrupted, stop_wanted
from xstilts.engine.state import States
from xstilts.engine.step import Cutting, Took, one_step
from xstilts.progress import Progress

logger = logging.getLogger(__name__)
Weights = dict[str, torch.Tensor]
LOOK = 20  # steps between two looks at the loss
POINTS = 500  # that a curve has, about


@dataclass
class Trained:
    """What training leaves: the chosen weights by parameter name (the model itself may be sharded), and the history."""

    model: MultiTaskModel
    weights: Weights
    history: History
    steps: int


def train(
    parts: Sequence[Part],
    parent: Path,
    base: Path,
    settings: StageSpec,
    seed: int,
    states: States | None = None,
    journal: Callable[[int, int], Journal] = lambda start, attempt: Journal(),
) -> Trained:
    """Run the stage on all ranks, from the state that an earlier run of it left behind, if any.

    A degenerate run starts over with another seed, as often as the settings allow. Costs the model, its optimizer, and
    one more copy of the weights in rank 0's memory.
    """
    run = Run(parts, parent, base, settings, History(seed), states)
    run.resume()
    while True:
        with journal(run.history.step, run.history.attempt) as told:
            run.go(told)
        history = run.history
        if history.sign is None or run.is_last:
            return Trained(run.model, run.chosen(), history, run.steps)
        again = degenerate.seed_of(seed, history.attempt + 1)
        logger.warning("degenerate: %s. Attempt %d begins, with seed %d", history.sign, history.attempt + 2, again)
        run.engine.destroy()
        run = Run(parts, parent, base, settings, history.retried(again), states)


class Run:
    """One attempt at a stage: the engine, its place in the stage, and the best weights so far."""

    def __init__(
        self,
        parts: Sequence[Part],
        parent: Path,
        base: Path,
        settings: StageSpec,
        history: History,
        states: States | None,
    ) -> None:
        self.parts, self.parent, self.base, self.settings = parts, parent, base, settings
        self.history, self.states = history, states
        self.best: Weights | None = None
        self.model = built(parts, parent, base, settings, history.seed)
        for part in parts:
            longest = max(int(file.item_widths.max()) for file in (part.train, part.dev) if file is not None)
            check_fit(self.model.encoder, part.name, part.special, longest)
        self.packed = settings.packed and pack_layers(self.model.encoder)
        if settings.activation_checkpointing:
            self.model.encoder.gradient_checkpointing_enable({"use_reentrant": False})
        weights = sum(parameter.numel() for parameter in self.model.parameters())
        self.cutting = Cutting(settings, self.packed, Flops.of(self.model), weights)
        with explained(settings, weights=weights):
            self.engine = zero.start_engine(self.model, weight_groups(self.model, settings.weight_decay), settings)
        self.guesses = dev_guesses(parts, settings)
        self.losses, self.unseen = torch.zeros((), dtype=torch.float64, device=self.engine.device), 0

    def resume(self) -> None:
        """Go on from the last saved state, if there is one."""
        found = self.states.load(self.engine) if self.states else None
        if found is not None:
            self.history, self.best = History.of(found.notes), found.best
            logger.info("goes on after step %d of attempt %d", self.history.step, self.history.attempt + 1)

    @cached_property
    def mixture(self) -> Mixture:
        """The steps of this attempt."""
        mixture = mixture_of(self.parts, self.settings, self.history.seed)
        ends = [mixture[step].items.tolist() for step in (0, len(mixture) - 1)]
        agree_on("the order of examples", str(ends))
        return mixture

    @property
    def steps(self) -> int:
        return len(self.mixture)

    def go(self, journal: Journal) -> None:
        """Train to the end, to where English dev stops getting better, or to where the run proves degenerate."""
        history, settings = self.history, self.settings
        progress = Progress("step", self.steps, history.step)
        gauges = Gauges(settings, self.engine.device, dist.get_world_size(), history.tokens, history.seconds)
        every = LOOK * max(1, self.steps // (LOOK * POINTS))
        before = saved = time.monotonic()
        while history.step < self.steps and not self.is_over():
            due = time.monotonic() - saved >= settings.save_minutes * 60
            took = self.step(gauges, stop_wanted(), self.states is not None and due)
            stop, save = took.wishes
            last = history.step == self.steps
            judge = last or history.step % settings.evaluate_every == 0
            if judge or stop or save or history.step % LOOK == 0 or history.step == self.first:
                self.look()
            with gauges.aside():
                if judge and history.sign != degenerate.NOT_FINITE:
                    scores = self.evaluate()
                    journal.point(history.step, gauges.figures() | scores)
                elif history.step % every == 0:
                    journal.point(history.step, gauges.figures())
                if (stop or save) and not last and not self.is_over():
                    history.seconds, before = history.seconds + time.monotonic() - before, time.monotonic()
                    safe = self.states is not None and self.states.save(self.engine, asdict(history), self.best)
                    saved = time.monotonic()
                    if stop:
                        kept = (
                            "its state is saved: the same command goes on from there" if safe else "no state is saved"
                        )
                        logger.warning("asked to stop after step %d; %s", history.step, kept)
                        raise Interrupted(history.step, safe)
            progress.at(history.step, gauges.note)
        history.seconds += time.monotonic() - before

    @property
    def first(self) -> int:
        """The first steps, whose loss is that of a model which has learned nothing yet."""
        return min(math.ceil(0.01 * self.steps), self.settings.evaluate_every)

    def look(self) -> None:
        """Take the loss since the last look into the history. Waits for the device, so it isn't done at each step."""
        history = self.history
        (total,) = total_over_ranks(float(self.losses))
        self.losses.zero_()
        history.losses += total
        history.counted, self.unseen = history.counted + self.unseen, 0
        if history.step == self.first:
            history.first_loss = history.losses / history.counted
        if not math.isfinite(total):
            history.sign = degenerate.NOT_FINITE

    def step(self, gauges: Gauges, *wishes: bool) -> Took:
        """The next optimiser step. What dropout draws follows from the step, so there is no generator to save."""
        history, settings = self.history, self.settings
        number, seed = history.step, history.seed
        drawn = np.random.SeedSequence((seed, number, dist.get_rank())).generate_state(1, np.uint64)
        torch.manual_seed(int(drawn[0]))
        rate = settings.lr * schedule(number, self.steps, settings.warmup)
        zero.set_rate(self.engine, rate)
        chosen = self.mixture[number]
        part, draw = self.parts[chosen.part], (seed, number)
        took = one_step(self.engine, part, chosen.part, chosen.items, draw, self.cutting, *wishes)
        gauges.step(took.loss * dist.get_world_size(), rate, took.tokens, took.padded, took.flops)
        self.losses += took.loss
        self.unseen += 1
        history.tokens += took.tokens
        history.padded += took.padded
        history.step += 1
        return took

    def evaluate(self) -> dict[str, float]:
        """Look at English dev: keep the weights if they are the best so far, and see whether the run learns at all.

        Returns the scores by part, and their mean, and the exact loss since the last evaluation.
        """
        history = self.history
        loss = history.losses / history.counted
        scores = [from_rank_0(score) for score in dev_scores(self.model, self.parts, self.settings)]  # or ranks part
        mean = sum(scores) / len(scores)
        if history.evaluated(scores):
            self.best = zero.whole_weights(self.model, self.settings.zero)
        logger.info("step %d: loss %.4f, English dev %.4f", history.step, loss, mean)
        if degenerate.is_due(history.step, self.steps, self.settings):
            new_heads = not all(part.is_text for part in self.parts)
            history.sign = degenerate.sign(history.best_scores, self.guesses, loss, history.first_loss, new_heads)
        if history.waited >= self.settings.patience:
            logger.info("stopped: %d evaluations without a better English dev score", history.waited)
        names = [f"dev/{self.parts[i].name}" for i in judged(self.parts)]
        return {"loss": loss, "dev": mean, **dict(zip(names, scores, strict=True))}

    def is_over(self) -> bool:
        """Whether the run ends before its last step. The last attempt may still come to learn, so it goes on."""
        history = self.history
        lost = history.sign == degenerate.NOT_FINITE or (history.sign and not self.is_last)
        return bool(lost) or history.waited >= self.settings.patience

    @property
    def is_last(self) -> bool:
        """Whether no other attempt may follow."""
        return self.history.attempt >= self.settings.degenerate.retries

    def chosen(self) -> Weights:
        """The weights of the best evaluation; of a run that diverged before any, those that it began with."""
        if self.best is None:
            start = built(self.parts, self.parent, self.base, self.settings, self.history.seed)
            self.best = zero.whole_weights(start, 0)
        return self.best


def built(parts: Sequence[Part], parent: Path, base: Path, settings: StageSpec, seed: int) -> MultiTaskModel:
    """The model as a run begins: the parent's encoder, heads drawn from the seed."""
    torch.manual_seed(seed)
    forms, labels = [part.form for part in parts], [part.labels for part in parts]
    outputs = [form.outputs(names) for form, names in zip(forms, labels, strict=True)]
    return build(parent, base, forms, outputs, labels, settings.dropout)
