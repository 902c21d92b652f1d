"""The useful arithmetic of a training step, counted from the model's shape, and the most that the device can do.

Useful is what real tokens need once: not padding, nor what activation checkpointing computes a second time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn

from xstilts.config.training import Precision
from xstilts.engine.model import MultiTaskModel
from xstilts.flops import SERVES, TRAINING, Amount, Head, Passes, Served, attention_of_layer

DTYPES: dict[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "autocast-bf16": torch.bfloat16,
    "fp16": torch.float16,
}
CPU_SIDE, CUDA_SIDE = 768, 4096  # of the matrices that are multiplied to see the peak
SECONDS = 0.1  # that this may take, about


@dataclass(frozen=True)
class Flops(Passes):
    """Those of a model that is there."""

    @classmethod
    def of(cls, model: MultiTaskModel) -> Flops:
        """Counted from the modules' sizes, which stay where ZeRO-3 takes the weights away. Costs a walk over them.

        All products of matrices are in it, for XLM-R, BERT and their like. DeBERTa does a few per cent more: what it
        projects of positions belongs to a batch, not to its tokens. ModernBERT, whose attention sees a window only,
        does less; ALBERT, whose weights serve several layers, much more.
        """
        encoder = model.encoder
        inside = set(encoder.modules())
        token = sum(_linear(module) for name, module in encoder.named_modules() if not _apart(name))
        heads = tuple(
            _head(set(head.modules()) - inside, SERVES.get(str(form.auto_class), "tokens"), encoder.config)
            for head, form in zip(model.heads, model.formats, strict=True)
        )
        layers, (more_token, more_pair) = encoder.config.num_hidden_layers, _relative_positions(encoder.config)
        attention = attention_of_layer(encoder.config.hidden_size)
        return cls(token + layers * more_token, layers * (attention + more_pair), heads)

    def of_batch(self, part: int, mask: torch.Tensor, terms: float) -> float:
        """A training step's useful operations on a micro-batch of one part.

        mask    the attention mask, [sequences, width], best on the CPU: this waits for it
        terms   of the batch's loss
        """
        lengths = mask.sum(1)
        amount = Amount(float(lengths.sum()), float((lengths * lengths).sum()), len(lengths), terms)
        return TRAINING * self.forward(amount, part)


def _apart(name: str) -> bool:
    """Modules that tokens do not pass: the pooler, of one token a sequence, and DeBERTa's projections of positions."""
    return any(word == "pooler" or word.startswith("pos_") for word in name.split("."))


def _head(modules: set[nn.Module], of: Served, config: Any) -> Head:
    """The head that is made of these modules, or of the embeddings besides, where masked LM borrows those."""
    each = sum(_linear(module) for module in modules)
    borrows = of == "terms" and all(getattr(m, "out_features", 0) != config.vocab_size for m in modules)
    return Head(each + (2.0 * config.hidden_size * config.vocab_size if borrows else 0.0), of)


def _linear(module: Any) -> float:
    """Operations of one module for each token that passes it."""
    match module:
        case nn.Linear():
            return 2.0 * module.in_features * module.out_features
        case nn.Conv1d():
            return 2.0 * module.kernel_size[0] * module.in_channels * module.out_channels / module.groups
    return 0.0


def _relative_positions(config: Any) -> tuple[float, float]:
    """What a DeBERTa layer adds: content by positions, positions by content; for a token, for a pair of tokens."""
    kinds = getattr(config, "pos_att_type", None) or []
    if not getattr(config, "relative_attention", False) or not kinds:
        return 0.0, 0.0
    each = 2.0 * len([kind for kind in kinds if kind in ("c2p", "p2c")]) * config.hidden_size
    if getattr(config, "position_buckets", 0) > 0:
        return each * 2 * config.position_buckets, 0.0
    return 0.0, each * 2  # as many positions as the sequence is long, both ways


@cache
def measured_peak(device: torch.device, precision: Precision) -> float | None:
    """Operations a second of a large product of matrices, in the precision of the run; None where it can't be made.

    Costs 0.1 to 0.3 seconds, once a process; on a CPU, of the run's own threads.
    """
    side, dtype = CUDA_SIDE if device.type == "cuda" else CPU_SIDE, DTYPES[precision]
    own = torch.Generator(device).manual_seed(0)  # the run's own is not touched
    try:
        # Random numbers: on equal ones a GPU draws less power, and runs faster than it ever will in training.
        a, b = (torch.randn(side, side, dtype=dtype, device=device, generator=own) for _ in range(2))
        out = torch.empty_like(a)
        with torch.no_grad():
            fastest = (_cuda_seconds if device.type == "cuda" else _cpu_seconds)(lambda: torch.mm(a, b, out=out))
    except RuntimeError:  # out of memory, or no such product in this precision: a figure less, and no harm
        return None
    return 2.0 * side**3 / fastest


def _cpu_seconds(call: Callable[[], Any]) -> float:
    """The fastest of as many calls as there is time for."""
    times: list[float] = []
    while not times or sum(times) < SECONDS:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def _cuda_seconds(call: Callable[[], Any], calls: int = 20) -> float:
    """The mean of some calls, after some that warm up: alone, a call would be timed with its launch."""
    for _ in range(calls):
        call()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start.record()
    for _ in range(calls):
        call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1000 / calls
