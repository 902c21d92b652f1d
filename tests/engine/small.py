"""A base of two narrow layers and made-up data of each format, for tests that train it for real."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from xstilts.encode import special_of
from xstilts.engine.parts import Part
from xstilts.engine.scratch import draw
from xstilts.features import Features
from xstilts.files import write_digest
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding
from xstilts.layout import WEIGHTS
from xstilts.specs import ScratchSpec
from xstilts.tokenizer import train_tokenizer

SHAPE = {"hidden_size": 16, "layers": 2, "heads": 2, "intermediate_size": 32, "positions": 128, "dropout": 0.0}
LABELS = {"classification": ("yes", "no"), "choice": (), "span": (), "tagging": ("O", "B", "I"), "mlm": ()}
ENCODING = Encoding(max_length=40, max_query=8, stride=16)


def make_base(folder: Path, noise: float = 0.2, **shape: Any) -> Path:
    """A tokenizer and weights as the pipeline draws them, but larger ones: else all texts would look alike."""
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    train_tokenizer([text(rng) for _ in range(100)], 24, folder)
    draw(ScratchSpec(base="tiny", seed=1, architecture=SHAPE | shape), folder, folder)
    draws = torch.Generator().manual_seed(2)
    weights = load_file(folder / WEIGHTS)
    weights = {name: value + noise * torch.randn(value.shape, generator=draws) for name, value in weights.items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    write_digest(folder / "digest", "of the base")
    return folder


def part_of(base: Path, name: str, seed: int = 0, count: int = 12, most: int = 12) -> Part:
    """Made-up records of a format, of up to so many words, as a part of a stage."""
    tokenizer, form = Tokenizer.from_file(str(base / "tokenizer.json")), format_named(name)
    records = pa.Table.from_pylist(list(records_of(name, random.Random(seed), count, most)), schema=form.schema())
    encoded = form.encode(records, tokenizer, ENCODING, LABELS[name]).table
    features = Features(encoded.append_column("language", records["language"].take(encoded["row"])))
    return Part(name, form, LABELS[name], Special(**special_of(tokenizer)), features, features)


def records_of(name: str, rng: random.Random, count: int, most: int) -> Iterator[dict[str, Any]]:
    """Records of a format whose lengths, and numbers of terms, differ a lot."""
    for i in range(count):
        one = {"id": f"r{i}", "language": "en"}
        if name == "classification":
            yield one | {"text_a": text(rng, most), "text_b": text(rng, most), "label": rng.choice(LABELS[name])}
        elif name == "choice":
            yield one | {"prompt": text(rng), "choices": [text(rng) for _ in range(2 + i % 3)], "label": i % 2}
        elif name == "span":
            context = text(rng, 2 * most)
            yield one | {"question": text(rng), "context": context, "answers": [{"text": context[:3], "start": 0}]}
        elif name == "tagging":
            words = text(rng, most).split()
            yield one | {"words": words, "tags": [rng.choice(LABELS[name]) for _ in words]}
        else:
            yield one | {"text": text(rng, most)}


def text(rng: random.Random, most: int = 12) -> str:
    """Up to so many words of a few letters."""
    return " ".join("".join(rng.choices("abcd", k=rng.randint(1, 6))) for _ in range(rng.randint(1, most)))
