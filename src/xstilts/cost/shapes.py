"""The sizes of an encoder, as far as they are known before it is fetched or made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xstilts.config.bases import Base
from xstilts.flops import Head, Passes, attention_of_layer, linear_of_layer
from xstilts.layout import CONFIG
from xstilts.memory import encoder_tensors
from xstilts.tasks import Format

NAMES = {
    "vocabulary": "vocab_size",
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "intermediate_size": "intermediate_size",
    "positions": "max_position_embeddings",
}
"""What config.json calls them."""


@dataclass(frozen=True)
class Shape:
    """An encoder of BERT's family."""

    vocabulary: int
    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int
    positions: int
    dropout: float = 0.1

    @cached_property
    def tensors(self) -> list[int]:
        """Numbers of each tensor."""
        return encoder_tensors(self.vocabulary, self.hidden_size, self.layers, self.intermediate_size, self.positions)

    @cached_property
    def parameters(self) -> int:
        """Numbers of all weights, without a head, which is small beside them or borrows the embeddings."""
        return sum(self.tensors)

    def passes(self, *heads: Head) -> Passes:
        """Operations of a forward pass, and of these heads."""
        token = self.layers * linear_of_layer(self.hidden_size, self.intermediate_size)
        return Passes(token, self.layers * attention_of_layer(self.hidden_size), heads)

    def head(self, format: Format, outputs: int = 2) -> Head:
        """What a format's head costs, of XLM-R's classes; `outputs`: labels of a classification or a tagging."""
        width = self.hidden_size
        match format:
            case "mlm":
                return Head(2.0 * width * width + 2.0 * width * self.vocabulary, "terms")
            case "classification":
                return Head(2.0 * width * width + 2.0 * width * outputs, "sequences")
            case "choice":
                return Head(2.0 * width * width + 2.0 * width, "sequences")
            case "span":
                return Head(4.0 * width, "tokens")
        return Head(2.0 * width * outputs, "tokens")


def shape_of(base: Base, folder: Path, vocabulary: int | None) -> tuple[Shape | None, str]:
    """A base's shape, and where it is known from.

    folder      of its checkpoint, whose config.json counts if it is there and whole
    vocabulary  pieces of the tokenizer of a base that is made from scratch
    """
    for place in (folder, Path(base.path) if base.path else None):
        found = place and _from_config(place / CONFIG)
        if found:
            return found, f"{place}/{CONFIG}"
    if base.scratch and vocabulary:
        values = base.scratch.model_dump(exclude={"tokenizer"})
        return Shape(vocabulary, **values), "the world"
    if base.shape:
        return Shape(**base.shape.model_dump()), "the world"
    return None, "nowhere"


def _from_config(file: Path) -> Shape | None:
    """The shape that a config.json tells; None where it is missing, torn, or of another family."""
    try:
        told: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        sizes = {ours: int(told[theirs]) for ours, theirs in NAMES.items()}
        return Shape(**sizes, dropout=float(told.get("hidden_dropout_prob", 0.1)))
    except (OSError, ValueError, KeyError, TypeError):
        return None
