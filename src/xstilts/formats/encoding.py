"""How a task's records become token ids, and how its predictions are read: resolved from the world's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xstilts.errors import UserError

Find = Literal["nearest", "mining", "map20"]
"""What retrieval asks for, which is also the name of its metric."""
Pooling = Literal["mean", "words", "cls"]


@dataclass(frozen=True)
class Encoding:
    """Lengths in tokens; a format looks at those that are its own."""

    max_length: int
    max_query: int = 64
    stride: int = 128
    max_answer: int = 30
    layer: int | None = None  # retrieval: the block whose output is read; None: the share of the depth
    layer_share: float = 14 / 24  # retrieval: block 14 of 24, as the paper does, in proportion for other depths
    pooling: Pooling = "mean"
    find: Find = "nearest"

    def block(self, depth: int) -> int:
        """Which block's output retrieval reads in an encoder of so many blocks; 0: the embeddings."""
        if self.layer is not None and self.layer > depth:
            raise UserError(
                f"retrieval is to read block {self.layer} (`layer` under `encoding: retrieval:` of the world), and the "
                f"model has {depth}"
            )
        return round(self.layer_share * depth) if self.layer is None else self.layer


def reading(encoding: Encoding) -> Encoding:
    """The part of it that token files depend on: lengths, not how predictions are read."""
    return Encoding(encoding.max_length, encoding.max_query, encoding.stride)
