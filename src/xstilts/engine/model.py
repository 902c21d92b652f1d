"""One encoder and a head for each part of a stage, built from transformers' own classes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn

from xstilts.errors import UserError
from xstilts.formats.base import Batch, Format


class MultiTaskModel(nn.Module):
    """Heads that share an encoder. Each head is a whole transformers model whose encoder is the shared one."""

    def __init__(self, heads: Sequence[Any], formats: Sequence[Format]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)
        self.formats = list(formats)

    @property
    def encoder(self) -> Any:
        """The part that passes on to child nodes."""
        head: Any = self.heads[0]
        return getattr(head, head.base_model_prefix)

    def forward(self, part: int, batch: Batch) -> torch.Tensor:
        """The summed loss of a micro-batch of one part."""
        return self.formats[part].loss(self.heads[part], batch)


def build(
    parent: Path,
    base: Path,
    formats: Sequence[Format],
    outputs: Sequence[int],
    labels: Sequence[Sequence[str]],
    dropout: float | None,
) -> MultiTaskModel:
    """The parent's encoder below new heads; a masked-LM head is the base's own, tied to the encoder's embeddings."""
    changes = {} if dropout is None else {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    encoder = load("AutoModel", parent, add_pooling_layer=False, **changes)
    heads = []
    for form, width, names in zip(formats, outputs, labels, strict=True):
        if form.auto_class == "AutoModelForMaskedLM":
            head = load("AutoModelForMaskedLM", base, **changes)
            setattr(head, head.base_model_prefix, encoder)
            head.tie_weights()
        else:
            head = new_head(str(form.auto_class), encoder, width, names)
        heads.append(head)
    return MultiTaskModel(heads, formats)


def load(auto_class: str, folder: Path, **settings: Any) -> Any:
    """A transformers model in fp32, every weight of which stands in `folder`.

    transformers itself draws what is missing at random and goes on, which would train on nothing and call it transfer.
    """
    found = getattr(transformers, auto_class).from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True, **settings
    )
    model, report = found
    if report["missing_keys"] or report["mismatched_keys"]:
        lacking = sorted([*report["missing_keys"], *(str(key) for key in report["mismatched_keys"])])
        raise UserError(
            f"{folder} lacks {len(lacking)} weights of {type(model).__name__} ({', '.join(lacking[:3])} …): "
            "it is no whole checkpoint; delete it and let it be made again, or name another base"
        )
    return model


def new_head(auto_class: str, encoder: Any, outputs: int, labels: Sequence[str]) -> Any:
    """A transformers model of `auto_class` around `encoder`, its head drawn from torch's seed.

    It is first made without storage, so that no second encoder is ever allocated, which XLM-R Large would feel.
    """
    config = copy.deepcopy(encoder.config)
    config.num_labels = outputs
    if len(labels) == outputs:
        config.id2label, config.label2id = dict(enumerate(labels)), {name: i for i, name in enumerate(labels)}
    with torch.device("meta"):
        model = getattr(transformers, auto_class).from_config(config)
    setattr(model, model.base_model_prefix, nn.Identity())
    model.to_empty(device="cpu")
    for module in model.modules():
        model._init_weights(module)
    setattr(model, model.base_model_prefix, encoder)
    return model


def weight_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameters with weight decay, and those without: biases and LayerNorms, which are the one-dimensional ones."""
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
