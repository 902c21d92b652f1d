"""Layers that see no padding: the real tokens of a padded batch pass through an encoder's layers in one row.

Embeddings and heads stay as they are: hooks around the stack of layers take the padding out and put it back. Only
attention must know where a sequence ends; it finds a `Ragged` where its mask would be.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import groupby
from typing import Any

import torch
from torch.nn.functional import pad, scaled_dot_product_attention
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.modeling_utils import AttentionInterface

FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "xlm-roberta-xl"})
"""Encoders whose layers treat a token alike wherever it lies, and whose attention goes by transformers' interface."""
ATTENTION = "xstilts_ragged"
AMPERE = (8, 0)  # the oldest GPUs that flash attention runs on
WIDEST_HEAD = 256  # that it takes
HAS_FLASH = find_spec("torch.nn.attention.varlen") is not None  # since torch 2.10


@dataclass(frozen=True)
class Ragged:
    """Which places of a padded batch are real tokens; these lie in one row, sequence by sequence."""

    real: torch.Tensor
    where: torch.Tensor | None
    """Their places, counted through the whole batch; None where all are real."""

    @classmethod
    def of(cls, mask: torch.Tensor | None, hidden: torch.Tensor) -> Ragged:
        """From the mask that SDPA would get, [sequences, 1, width, width], or None for a batch without padding."""
        if mask is None:
            return cls(torch.ones(hidden.shape[:2], dtype=torch.bool, device=hidden.device), None)
        real = mask[:, 0, 0]
        return cls(real, real.flatten().nonzero().squeeze(1))

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """How many sequences of one length follow each other, and that length."""
        return [(len(list(some)), length) for length, some in groupby(self.real.sum(1).tolist()) if length]

    @cached_property
    def ends(self) -> torch.Tensor:
        """Where sequences end, as flash attention wants it."""
        return pad(self.real.sum(1).cumsum(0), (1, 0)).int()

    def packed(self, padded: torch.Tensor) -> torch.Tensor:
        """[sequences, width, …] to [tokens, …]."""
        flat = padded.flatten(0, 1)
        return flat if self.where is None else flat.index_select(0, self.where)

    def padded(self, packed: torch.Tensor) -> torch.Tensor:
        """[tokens, …] to [sequences, width, …], zeros in the padding."""
        if self.where is not None:
            packed = packed.new_zeros(self.real.numel(), *packed.shape[1:]).index_copy(0, self.where, packed)
        return packed.view(*self.real.shape, *packed.shape[1:])


def pack_layers(encoder: Any) -> bool:
    """Let the layers of `encoder`, transformers' model without a head, work on real tokens alone; False if they can't.

    Outputs and gradients are those of the padded batch, but the output is zero in the padding. The encoder's own
    configuration stays as it is, so that a saved model knows nothing of this. Calls for hidden states stay padded.
    """
    config = encoder.config
    if config.model_type not in FAMILIES or config.is_decoder or config._attn_implementation != "sdpa":
        return False
    AttentionInterface.register(ATTENTION, attend)
    inner = copy.copy(config)
    inner._attn_implementation = ATTENTION
    for module in encoder.encoder.modules():
        if getattr(module, "config", None) is config:
            module.config = inner
    encoder.encoder.register_forward_pre_hook(_pack, with_kwargs=True)
    encoder.encoder.register_forward_hook(_unpack, with_kwargs=True)
    return True


def _pack(stack: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    if kwargs.get("output_hidden_states", stack.config.output_hidden_states):
        return None
    ragged = Ragged.of(kwargs["attention_mask"], args[0])
    return (ragged.packed(args[0])[None], *args[1:]), {**kwargs, "attention_mask": ragged}


def _unpack(stack: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    if isinstance(kwargs["attention_mask"], Ragged):
        output.last_hidden_state = kwargs["attention_mask"].padded(output.last_hidden_state[0])
    return output


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: Ragged | torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **rest: Any,
) -> tuple[torch.Tensor, None]:
    """Attention within each sequence of one row, [1, heads, tokens, size] to [1, tokens, heads, size]."""
    if not isinstance(attention_mask, Ragged):
        usual = {"dropout": dropout, "scaling": scaling, **rest}
        return sdpa_attention_forward(module, query, key, value, attention_mask, **usual)  # type: ignore[no-any-return]
    inputs = (query[0], key[0], value[0])
    if query.device.type == "cpu":
        found = _alone(inputs, attention_mask, scaling, dropout)
    elif dropout == 0.0 and _flash_takes(query, scaling):
        found = _flash(inputs, attention_mask)
    else:
        found = _together(inputs, attention_mask, scaling, dropout)
    return found[None], None


Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # query, key, value: [heads, tokens, size]


def _alone(inputs: Inputs, ragged: Ragged, scale: float | None, dropout: float) -> torch.Tensor:
    """Each run of equally long sequences by itself: no work on padding, some on calls, which a CPU hardly feels."""
    sizes = [count * length for count, length in ragged.runs]
    found = []
    for run, *parts in zip(ragged.runs, *(torch.split(part, sizes, dim=1) for part in inputs), strict=True):
        q, k, v = (part.unflatten(1, run) for part in parts)
        found.append(scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scale).flatten(1, 2))
    return torch.cat(found, dim=1).transpose(0, 1)


def _together(inputs: Inputs, ragged: Ragged, scale: float | None, dropout: float) -> torch.Tensor:
    """All sequences at once, padded for attention alone: few calls, for a GPU where flash attention doesn't serve."""
    q, k, v = (ragged.padded(part.transpose(0, 1)).transpose(1, 2) for part in inputs)
    mask = None if ragged.where is None else ragged.real[:, None, None]
    found = scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout, scale=scale)
    return ragged.packed(found.transpose(1, 2))


def _flash(inputs: Inputs, ragged: Ragged) -> torch.Tensor:
    """All sequences at once, and no padding: flash attention knows where they end."""
    from torch.nn.attention.varlen import varlen_attn

    q, k, v = (part.transpose(0, 1) for part in inputs)
    longest = ragged.real.shape[1]
    return varlen_attn(q, k, v, ragged.ends, ragged.ends, longest, longest)  # type: ignore[return-value]


def _flash_takes(query: torch.Tensor, scale: float | None) -> bool:
    """No fp32, no scale but the usual one, no dropout: torch's function has none."""
    size = query.shape[-1]
    return (
        HAS_FLASH
        and query.dtype in (torch.float16, torch.bfloat16)
        and size <= WIDEST_HEAD
        and scale in (None, size**-0.5)
        and torch.cuda.get_device_capability(query.device) >= AMPERE
    )
