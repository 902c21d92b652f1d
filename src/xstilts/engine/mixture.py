"""Which examples a step holds: tasks by their rates, languages by theirs, examples by shuffled passes.

All of it follows from the seed and the step's number alone, so a run that goes on from step n needs no other state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


def rates(
    sizes: Sequence[int] | np.ndarray, mix: str, cap: int, temperature: float, weights: Sequence[float] = ()
) -> np.ndarray:
    """Share of steps of each part. `capped` is the paper's: proportional to min(size, cap), cap = 2^17."""
    size = np.asarray(sizes, dtype=np.float64)
    weighed = {
        "capped": np.minimum(size, cap),
        "proportional": size,
        "temperature": size ** (1 / temperature),
        "uniform": np.ones_like(size),
        "weights": np.asarray(weights, dtype=np.float64),
    }[mix]
    share: np.ndarray = weighed / weighed.sum()
    return share


def smoothed(languages: np.ndarray, exponent: float) -> Pools:
    """Items by language, each language drawn by its size to the power of `exponent`, as XLM-R's pretraining did."""
    codes, sizes = np.unique(languages, return_counts=True)
    weight = sizes.astype(np.float64) ** exponent
    return Pools(tuple(np.flatnonzero(languages == code) for code in codes), weight / weight.sum())


def exact_counts(shares: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers that sum to `total` and differ from their share of it by less than one."""
    counts: np.ndarray = np.floor(shares * total).astype(np.int64)
    rest = shares * total - counts
    counts[np.argsort(-rest, kind="stable")[: total - counts.sum()]] += 1
    return counts


@dataclass(frozen=True)
class Pools:
    """Groups of a part's items, each with its share of what is drawn."""

    members: tuple[np.ndarray, ...]
    shares: np.ndarray


@dataclass(frozen=True)
class Step:
    """One optimiser step: which part of the mixture, and which of its items."""

    part: int
    items: np.ndarray


class Order:
    """Which of some kinds stands at each place: exactly their shares, shuffled; and how often it stood before."""

    def __init__(self, shares: np.ndarray, places: int, key: tuple[int, ...]) -> None:
        self.counts = exact_counts(shares, places)
        self.kinds = np.random.default_rng(key).permutation(np.repeat(np.arange(len(shares)), self.counts))
        self.turns = np.zeros(places, dtype=np.int64)
        for kind, count in enumerate(self.counts):
            self.turns[self.kinds == kind] = np.arange(count)


class Passes:
    """An endless row of items: one shuffled pass through all of them after another."""

    def __init__(self, items: np.ndarray, key: tuple[int, ...]) -> None:
        self.items, self.key = items, key
        self._known: tuple[int, np.ndarray] = -1, items

    def at(self, places: np.ndarray) -> np.ndarray:
        """The items at some places of the row."""
        number, offset = np.divmod(places, len(self.items))
        found = np.empty(len(places), dtype=np.int64)
        for one in np.unique(number):
            found[number == one] = self._pass(int(one))[offset[number == one]]
        return found

    def _pass(self, number: int) -> np.ndarray:
        """The order of a pass; the last one used is kept, being the one asked for next."""
        if self._known[0] != number:
            self._known = number, np.random.default_rng((*self.key, number)).permutation(self.items)
        return self._known[1]


class Mixture:
    """The steps of a stage. One task per optimiser step, as in jiant, each with exactly its share of the steps.

    `pools` says of a part in which groups its items are drawn, such as languages; other parts are drawn as a whole.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        shares: np.ndarray,
        steps: int,
        batch: int,
        seed: int,
        pools: Mapping[int, Pools] | None = None,
    ) -> None:
        self.batch = batch
        self.parts = Order(shares, steps, (seed, 0))
        self.pools: dict[int, Order] = {}
        self.passes: list[list[Passes]] = []
        for part, size in enumerate(sizes):
            key = (seed, 1 + part)
            groups = (pools or {}).get(part)
            if groups is None:
                self.passes.append([Passes(np.arange(size), key)])
                continue
            self.passes.append([Passes(some, (*key, 1 + i)) for i, some in enumerate(groups.members)])
            self.pools[part] = Order(groups.shares, int(self.parts.counts[part]) * batch, (*key, 0))

    def __len__(self) -> int:
        return len(self.parts.kinds)

    def __getitem__(self, step: int) -> Step:
        part = int(self.parts.kinds[step])
        first = int(self.parts.turns[step]) * self.batch
        places = np.arange(first, first + self.batch)
        if part not in self.pools:
            return Step(part, self.passes[part][0].at(places))
        order = self.pools[part]
        kinds, turns = order.kinds[places], order.turns[places]
        items = np.empty(self.batch, dtype=np.int64)
        for kind in np.unique(kinds):
            items[kinds == kind] = self.passes[part][kind].at(turns[kinds == kind])
        return Step(part, items)
