"""One encoder and a head for each part of a stage, built from transformers' own classes."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn

from xstilts.engine.fit import check_parent, config_of
from xstilts.engine.segments import tell_segments
from xstilts.errors import UserError
from xstilts.formats.base import Batch, Format
from xstilts.layout import WEIGHTS

MASKED_LM = "AutoModelForMaskedLM"
# `load` refuses what lacks weights, and says so; weights that are left out are left out on purpose.
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class MultiTaskModel(nn.Module):
    """Heads that share an encoder. Each head is a whole transformers model around the shared one's layers."""

    def __init__(self, encoder: Any, heads: Sequence[Any], formats: Sequence[Format]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)
        self.formats = list(formats)
        self._shared = (encoder,)  # in a tuple, so that its weights are not registered once more: they are the heads'

    @property
    def encoder(self) -> Any:
        """The part that passes on to child nodes: transformers' model without head or pooler."""
        return self._shared[0]

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
    check_parent(parent, base)
    changes = {} if dropout is None else dropouts(config_of(parent), dropout)
    encoder = load_encoder(parent, **changes)
    heads = []
    for form, width, names in zip(formats, outputs, labels, strict=True):
        if form.auto_class == MASKED_LM:
            head = load(MASKED_LM, base, **changes)
            setattr(head, head.base_model_prefix, encoder)
            head.tie_weights()
        else:
            head = new_head(str(form.auto_class), encoder, width, names)
        heads.append(head)
    return MultiTaskModel(encoder, heads, formats)


def dropouts(config: Any, dropout: float) -> dict[str, float]:
    """The settings that give all of a model this dropout: hidden states, attention, and heads that have one apart."""
    own = [name for name in ("classifier_dropout", "cls_dropout", "pooler_dropout") if getattr(config, name, None)]
    return dict.fromkeys(["hidden_dropout_prob", "attention_probs_dropout_prob", *own], dropout)


def load_encoder(folder: Path, **settings: Any) -> Any:
    """The model of a checkpoint without its head, and without the pooler that some families (not DeBERTa) have."""
    found = transformers.MODEL_MAPPING[type(config_of(folder))]
    if "add_pooling_layer" in inspect.signature(found.__init__).parameters:
        settings["add_pooling_layer"] = False
    return load("AutoModel", folder, **settings)


def load(auto_class: str, folder: Path, **settings: Any) -> Any:
    """A transformers model in fp32, every weight of which stands in `folder`, as safetensors.

    transformers itself draws what is missing at random and goes on, which would train on nothing and call it transfer.
    """
    if not (folder / WEIGHTS).is_file():
        raise UserError(f"{folder} holds no {WEIGHTS}: it is no checkpoint, or one that has been thinned out")
    model, report = getattr(transformers, auto_class).from_pretrained(
        folder,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # they are reported, and refused below
        output_loading_info=True,
        **settings,
    )
    lacking = sorted([*report["missing_keys"], *(str(key[0]) for key in report["mismatched_keys"])])
    if lacking:
        raise UserError(incomplete(folder, model, auto_class, lacking))
    tell_segments(model.base_model, folder)
    return model


def incomplete(folder: Path, model: Any, auto_class: str, lacking: Sequence[str]) -> str:
    """What to do about weights that a folder lacks, or holds in another size than its config.json says."""
    listed = f"{len(lacking)} weights of {type(model).__name__} ({', '.join(lacking[:3])}{' …' * (len(lacking) > 3)})"
    if auto_class == MASKED_LM and not any(name.startswith(f"{model.base_model_prefix}.") for name in lacking):
        return (
            f"{folder} lacks {listed}: it has no masked-LM head, or one that transformers can't read (so mDeBERTa-v3); "
            "leave mlm out of the recipes of this base, or take another base"
        )
    return (
        f"{folder} lacks {listed}, or holds them in another size: it is no whole checkpoint; delete it and let it be "
        "made again, or name another base"
    )


def new_head(auto_class: str, encoder: Any, outputs: int, labels: Sequence[str]) -> Any:
    """A transformers model of `auto_class` around `encoder`, its head drawn from torch's seed.

    It is first made without storage, so that no second encoder is ever allocated, which XLM-R Large would feel. What
    the class adds to the encoder (BERT's pooler, below a classifier) belongs to the head, and is drawn with it.
    """
    config = copy.deepcopy(encoder.config)
    config.num_labels = outputs
    if len(labels) == outputs:
        config.id2label, config.label2id = dict(enumerate(labels)), {name: i for i, name in enumerate(labels)}
    with torch.device("meta"):
        model = getattr(transformers, auto_class).from_config(config)
    around, shared = model.base_model, dict(encoder.named_children())
    for name in shared:
        setattr(around, name, nn.Identity())
    model.to_empty(device="cpu")
    for module in model.modules():
        model._init_weights(module)
    if all(name in shared for name, _ in around.named_children()):
        setattr(model, model.base_model_prefix, encoder)
    else:
        for name, child in shared.items():
            setattr(around, name, child)
    return model


def weight_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameters with weight decay, and those without: biases and LayerNorms, which are the one-dimensional ones."""
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
