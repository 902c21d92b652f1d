"""The arithmetic of an encoder's passes, from its sizes alone. Nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TRAINING = 3.0  # passes: forward, and backward at twice its price, for inputs and for weights
Served = Literal["tokens", "sequences", "terms"]
SERVES: dict[str, Served] = {"AutoModelForMaskedLM": "terms", "AutoModelForSequenceClassification": "sequences"}
"""What a head is computed for; any other, for each token."""


@dataclass(frozen=True)
class Head:
    """What a head costs in a forward pass, for each of the `tokens`, the `sequences`, or the `terms` of the loss."""

    each: float
    of: Served


@dataclass(frozen=True)
class Amount:
    """What passes through a model."""

    tokens: float
    pairs: float
    """Sum over sequences of their length's square: attention looks from each token at each."""
    sequences: float
    terms: float = 0.0
    """Of the loss."""

    def times(self, factor: float) -> Amount:
        """As much, so many times."""
        return Amount(self.tokens * factor, self.pairs * factor, self.sequences * factor, self.terms * factor)

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(
            self.tokens + other.tokens,
            self.pairs + other.pairs,
            self.sequences + other.sequences,
            self.terms + other.terms,
        )


NOTHING = Amount(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Passes:
    """Floating-point operations of a forward pass: the encoder's, and those of each head."""

    token: float
    """For each token: the linear layers."""
    pair: float
    """For each pair of tokens of a sequence: attention's two products."""
    heads: tuple[Head, ...] = ()

    def forward(self, amount: Amount, head: int | None = None) -> float:
        """Operations of one forward pass; `head`: the number of the head that it goes on to, None for none."""
        operations = self.token * amount.tokens + self.pair * amount.pairs
        if head is not None:
            own = self.heads[head]
            operations += own.each * float(getattr(amount, own.of))
        return operations


def linear_of_layer(hidden: int, intermediate: int) -> float:
    """Operations of a layer's linear parts for each token: four square matrices, and the two of the feed-forward."""
    return 2.0 * (4 * hidden * hidden + 2 * hidden * intermediate)


def attention_of_layer(hidden: int) -> float:
    """Operations of a layer for each pair of tokens: queries by keys, weights by values; products and sums."""
    return 4.0 * hidden
