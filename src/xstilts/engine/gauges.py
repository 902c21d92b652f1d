"""How fast a run goes and what it takes: a line for the log now and then, and figures for the journal."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

from xstilts.config.spec import StageSpec
from xstilts.engine.flops import measured_peak
from xstilts.engine.memory import peak_memory

GB = 1e9
SETTLED = 5.0  # seconds of training before the device's peak is worth measuring: shorter jobs do without


@dataclass
class Window:
    """What was done since somebody last looked."""

    since: float = field(default_factory=lambda: time.monotonic())
    aside: float = 0.0
    """Seconds of it that went to something else than training steps."""
    steps: int = 0
    tokens: int = 0
    padded: int = 0
    flops: float = 0.0
    loss: torch.Tensor | float = 0.0

    def seconds(self, until: float) -> float:
        """Of training steps, up to a time."""
        return max(until - self.since - self.aside, 1e-9)


class Gauges:
    """Adds up steps. Adding waits for nothing: the device is asked for the loss when a figure is wanted.

    tokens, seconds   what an earlier run did that this one resumes
    """

    def __init__(
        self, settings: StageSpec, device: torch.device, ranks: int, tokens: int = 0, seconds: float = 0.0
    ) -> None:
        self.settings, self.device, self.ranks, self.tokens, self.before = settings, device, ranks, tokens, seconds
        self.started, self.rate = time.monotonic(), 0.0
        self.resting: float | None = None  # since when there is no training step
        self.line, self.point = Window(), Window()

    def step(self, loss: torch.Tensor, rate: float, tokens: int, padded: int, flops: float) -> None:
        """Add a step.

        loss     its mean loss, on the device: where ranks hold parts of it, this rank's part times their number, which
                 shows the way well enough; evaluations tell the exact one
        tokens   real ones, of all ranks, as are `padded`, those that were computed, and the useful `flops`
        """
        self.rate, self.tokens = rate, self.tokens + tokens
        for window in (self.line, self.point):
            window.steps += 1
            window.tokens += tokens
            window.padded += padded
            window.flops += flops
            window.loss = window.loss + loss.detach()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Around what is no training step, such as evaluations and saving: it does not count as slow training."""
        if self.resting is not None:  # in a block within a block
            yield
            return
        self.resting = began = time.monotonic()
        try:
            yield
        finally:
            self.resting, now = None, time.monotonic()
            for window in (self.line, self.point):
                window.aside += now - max(began, window.since)  # windows may begin in the block

    def note(self) -> str:
        """For the progress line: what was done since the last one. The first measures the device's peak; see there."""
        done, self.line = self._figures(self.line), Window()
        parts = [f"loss {done['loss']:#.3g}", f"lr {done['lr']:.1e}"]
        parts.append(f"{done['tokens_per_second']:,.0f} tokens/s ({done['padded_per_second']:,.0f} padded)")
        parts += [f"MFU {100 * done['mfu']:.0f} %"] if "mfu" in done else []
        return "  ".join([*parts, f"peak {done['peak_memory_gb']:.1f} GB"])

    def figures(self) -> dict[str, float]:
        """For the journal: means since the last call, and `tokens` and `seconds` of the whole run so far."""
        done, self.point = self._figures(self.point), Window()
        return {**done, "tokens": self.tokens, "seconds": round(self.seconds, 1)}

    @property
    def seconds(self) -> float:
        """Of the run so far, with all that is no training step."""
        return self.before + time.monotonic() - self.started

    def _figures(self, window: Window) -> dict[str, float]:
        loss = float(window.loss) / window.steps if window.steps else math.nan  # this waits for the device: first
        seconds = window.seconds(self.resting or time.monotonic())
        found = {
            "loss": loss,
            "lr": self.rate,
            "tokens_per_second": window.tokens / seconds,
            "padded_per_second": window.padded / seconds,
            "peak_memory_gb": peak_memory(self.device) / GB,  # before the products of matrices that show the peak
        }
        peak = self.peak()
        return found if peak is None else {**found, "mfu": window.flops / seconds / (peak * self.ranks)}

    def peak(self) -> float | None:
        """Operations a second of the device; None as long as that is not worth the time that it takes to measure."""
        if time.monotonic() - self.started < SETTLED:
            return None
        with self.aside():
            return measured_peak(self.device, self.settings.precision)
