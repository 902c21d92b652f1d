"""Which examples a step holds: tasks by their rates, examples by shuffled passes; all fixed by the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def rates(sizes: Sequence[int] | np.ndarray, mix: str, cap: int, temperature: float) -> np.ndarray:
    """Share of steps of each part. `capped` is the paper's: proportional to min(size, cap), cap = 2^17."""
    size = np.asarray(sizes, dtype=np.float64)
    weights = {
        "capped": np.minimum(size, cap),
        "proportional": size,
        "temperature": size ** (1 / temperature),
        "uniform": np.ones_like(size),
    }[mix]
    share: np.ndarray = weights / weights.sum()
    return share


def exact_counts(shares: np.ndarray, steps: int) -> np.ndarray:
    """Whole numbers of steps that sum to `steps` and differ from their share by less than one."""
    counts: np.ndarray = np.floor(shares * steps).astype(np.int64)
    rest = shares * steps - counts
    counts[np.argsort(-rest, kind="stable")[: steps - counts.sum()]] += 1
    return counts


@dataclass(frozen=True)
class Step:
    """One optimiser step: which part of the mixture, and which of its items."""

    part: int
    items: np.ndarray


class Mixture:
    """The steps of a stage. One task per optimiser step, as in jiant, each with exactly its share of the steps."""

    def __init__(self, sizes: Sequence[int], shares: np.ndarray, steps: int, batch: int, seed: int) -> None:
        self.sizes, self.batch, self.seed = list(sizes), batch, seed
        counts = exact_counts(shares, steps)
        self.parts = np.random.default_rng((seed, 0)).permutation(np.repeat(np.arange(len(sizes)), counts))
        # How often the step's part was drawn before it: its place in that part's stream of examples.
        self.turns = np.zeros(steps, dtype=np.int64)
        for part, count in enumerate(counts):
            self.turns[self.parts == part] = np.arange(count)
        self._passes: dict[int, tuple[int, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, step: int) -> Step:
        part = int(self.parts[step])
        first = int(self.turns[step]) * self.batch
        places = np.arange(first, first + self.batch)
        number, offset = np.divmod(places, self.sizes[part])
        items = np.concatenate([self._pass(part, int(n))[offset[number == n]] for n in np.unique(number)])
        return Step(part, items)

    def _pass(self, part: int, number: int) -> np.ndarray:
        """The order of a pass through a part's items; the last one used is kept, being the one asked for next."""
        known = self._passes.get(part)
        if known is None or known[0] != number:
            order = np.random.default_rng((self.seed, 1 + part, number)).permutation(self.sizes[part])
            known = self._passes[part] = number, order
        return known[1]
