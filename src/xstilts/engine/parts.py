"""What a stage is trained on: its parts with their token files, their shares, and how many steps that makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xstilts.config.spec import StageSpec
from xstilts.engine.mixture import Mixture, Pools, rates, smoothed
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.base import Format, Special
from xstilts.formats.mlm import MaskedLM

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

    @property
    def is_text(self) -> bool:
        """Masked language modelling, which has a rate of its own in mixtures."""
        return self.form.auto_class == MASKED_LM


def open_parts(settings: StageSpec, train_files: Sequence[Path], dev_files: Sequence[Path]) -> list[Part]:
    """The parts of a stage; files are mapped, not read."""
    parts = []
    for part, train_file, dev_file in zip(settings.parts, train_files, dev_files, strict=True):
        train, dev = Features.open(train_file), Features.open(dev_file)
        for features, file in ((train, train_file), (dev, dev_file)):
            if not len(features):
                raise UserError(f"{file} holds no examples: nothing can be trained, or selected, by it")
        form = format_named(part.format)
        if isinstance(form, MaskedLM):
            form = MaskedLM(settings.mlm_probability)
        name = f"{part.task}@{part.variant}" if part.variant else part.task
        special = Special(**train.meta["special"])
        parts.append(Part(name, form, tuple(train.meta["labels"]), special, train, dev))
    return parts


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
    text = np.array([p.is_text for p in parts])
    sizes = np.array([len(p.train) for p in parts])
    if text.all():
        return rates(sizes, "proportional", settings.cap, settings.temperature)
    weights = [settings.weights.get(p.name, 0.0) for p in parts if not p.is_text]
    share = np.empty(len(parts))
    share[text] = settings.mlm_rate / max(text.sum(), 1)
    tasks = rates(sizes[~text], settings.mix, settings.cap, settings.temperature, weights)
    share[~text] = (1 - settings.mlm_rate if text.any() else 1) * tasks
    return share


def mixture_of(parts: Sequence[Part], settings: StageSpec, seed: int) -> Mixture:
    """The steps of the stage. Text is drawn by language, so that the large ones do not take all."""
    pools: dict[int, Pools] = {
        i: smoothed(part.train.item_languages, settings.mlm_smoothing) for i, part in enumerate(parts) if part.is_text
    }
    sizes = [len(part.train) for part in parts]
    return Mixture(sizes, shares(parts, settings), stage_steps(parts, settings), settings.batch, seed, pools)
