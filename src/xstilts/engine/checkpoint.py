"""Checkpoints: Hugging Face folders with safetensors weights, the stage's record, a card, and a digest written last."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from xstilts.cards.checkpoint import card
from xstilts.cards.curve import CURVE, curve_svg
from xstilts.cards.subject import Subject
from xstilts.engine.model import MultiTaskModel
from xstilts.files import write_digest, write_json, write_text
from xstilts.layout import CARD, DIGEST, HEADS, RECORD, TOKENIZER_FILES, checkpoint_digest


def save(
    folder: Path, model: MultiTaskModel, weights: dict[str, torch.Tensor], parent: Path, record: dict[str, Any]
) -> list[Path]:
    """Write the checkpoint into `folder`, file by file, each whole, the digest last; returns its files in this order.

    A stage with one task is saved as that task's transformers model, head and all. A mixture is saved as its encoder,
    which `AutoModel` opens, and its heads beside it. Children live in sub-folders, so the folder is never replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as name:
        draft = Path(name)
        if len(model.heads) == 1:
            save_model(model.heads[0], part_of(weights, "heads.0."), draft)
        else:
            below = part_of(weights, f"heads.0.{model.heads[0].base_model_prefix}.")
            known = model.encoder.state_dict()  # what a head adds to it, as BERT's pooler, is the head's
            encoder = {name: tensor for name, tensor in below.items() if name in known}
            save_model(model.encoder, encoder, draft)
            safetensors.torch.save_file(distinct(weights, encoder), draft / HEADS)
        for kept in TOKENIZER_FILES:
            if (parent / kept).exists():
                shutil.copyfile(parent / kept, draft / kept)
        write_json(draft / RECORD, record)
        write_text(draft / CARD, card(Subject.trained(record, folder, parent)))
        drawn = curve_svg(record)
        if drawn:
            write_text(draft / CURVE, drawn)
        written = [folder / file.name for file in sorted(draft.iterdir())]
        for file in written:
            (draft / file.name).replace(file)
    write_digest(folder / DIGEST, checkpoint_digest(folder))
    return [*written, folder / DIGEST]


def save_model(model: Any, weights: dict[str, torch.Tensor], folder: Path) -> None:
    """One transformers model in its own format."""
    model.config.architectures = [type(model).__name__]
    model.config.dtype = "float32"
    model.save_pretrained(folder, state_dict=weights, max_shard_size="100GB")


def part_of(weights: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The weights below a prefix, named from there."""
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}


def distinct(weights: dict[str, torch.Tensor], known: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights without those that `known` has, and each tied one under the first of its names alone."""
    seen = {id(tensor) for tensor in known.values()}
    found = {}
    for name, tensor in weights.items():
        if id(tensor) not in seen:
            seen.add(id(tensor))
            found[name] = tensor
    return found
