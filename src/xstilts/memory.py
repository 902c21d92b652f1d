"""How much memory training takes, worked out before it runs: what DeepSpeed holds of a model's states, in bytes.

Numbers are those that the installed DeepSpeed really holds, which is more than the theory of ZeRO (Rajbhandari et al.
2020) in some places; tests/engine/test_memory_law.py measures them. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from xstilts.config.deepspeed import DEFAULTS

FP32, FP64, MOMENTS = 4, 8, 8
WIDTH = {"fp32": 4, "autocast-bf16": 4, "bf16": 2, "fp16": 2}
"""Bytes of a weight as the model computes with it."""
DENSE_BUCKET = 500_000_000  # numbers that DeepSpeed reduces at once where nothing is sharded


@dataclass(frozen=True)
class States:
    """Bytes of one rank, on the fullest one where shares differ."""

    weights: int
    gradients: int
    """Held between the micro-batches of a step, beside their activations."""
    optimizer: int
    """Both of Adam's moments, and the fp32 weights that it moves where they are not the model's own."""
    buffers: int
    """For gradients as they come and for messages, at most, while there are activations."""
    step: int
    """In the place of activations and their buffers: what the end of a step takes besides."""
    aside: int = 0
    """Held all the time where the optimiser is offloaded, for the way to the CPU and back."""
    host: int = 0
    """Of all these, what lies in the CPU's memory because the optimiser is offloaded."""

    @property
    def held(self) -> int:
        """All that is there between two micro-batches, wherever it lies."""
        return self.weights + self.gradients + self.optimizer + self.aside

    def peak(self, activations: int = 0) -> int:
        """The most that the device holds at once."""
        return self.held - self.host + max(activations + self.buffers, self.step)


def model_states(
    parameters: int,
    zero: int = 0,
    ranks: int = 1,
    precision: str = "fp32",
    offload: bool = False,
    tensors: Sequence[int] = (),
    bucket: int = DEFAULTS["reduce_bucket_size"],
    prefetch: int = DEFAULTS["stage3_prefetch_bucket_size"],
) -> States:
    """What a rank holds of a model's states under a ZeRO stage, and the temporary tensors around them.

    parameters        numbers of all weights
    tensors           numbers of each tensor, in their order, as `encoder_tensors` gives them, whose largest passes
                      through the buffers in one piece; left out: many small ones
    bucket, prefetch  DeepSpeed's sizes, see `config/deepspeed.py`; a bucket counts twice where overlap_comm is on

    Where `zero` is 0 and the precision a half one, DeepSpeed runs as ZeRO 1: see `engine/zero.py`.
    """
    width, half = WIDTH[precision], WIDTH[precision] == 2
    stage = max(zero, 1) if half else zero
    largest = max(tensors, default=0)
    share, bucket, prefetch = -(-parameters // ranks), min(bucket, parameters), min(prefetch, parameters)
    weights, whole, optimizer = width * parameters, FP32 * parameters, (FP32 + MOMENTS) * share
    # A gradient as it comes: where it is added to its sum, it is there besides; of half precision, in fp32 as well.
    coming = (width + FP32 if half else width) * largest
    if stage == 0:
        together = FP32 * min(parameters, DENSE_BUCKET + largest) if ranks > 1 else 0
        return States(weights, whole, MOMENTS * parameters, coming, together)
    if stage == 3:
        # A tensor is gathered, its gradient comes, and goes on its way in fp32; beside the buffer of the shares'
        # gradients, the step makes a copy of it; offloaded, both are there all the time.
        message = FP32 * (1 + half) * max(largest, bucket) if half or offload or ranks > 1 else 0
        buffers = width * max(largest, prefetch) + width * largest + message + FP32 * bucket
        gradients, step = (2 * FP32 * share, 0) if offload else (FP32 * share, FP32 * share)
        return States(width * share, gradients, optimizer, buffers, step, host=offload * (gradients + optimizer))
    # Stage 1 sums up whole gradients and shares them out at the end. Stage 2 shares out those of each micro-batch: of
    # fp32 it keeps all tensors that the share has a part in, of half precision a row that is exactly the share.
    own = FP32 * (share if half or not tensors else _touched(tensors, ranks))
    sums = whole if stage == 1 else own
    if offload:
        # The CPU has the share's gradients in fp32 and its new weights on their way back, and for fp32 in stage 2 the
        # sums too; a largest tensor passes to and fro; norms are taken in fp64.
        aside = width * share + 2 * width * largest
        host = optimizer + FP32 * share + aside - width * largest + (own if stage == 2 and not half else 0)
        norm = FP64 * min(largest, share)
        step = norm + FP32 * bucket + (width * largest if stage == 2 else own if half else 0)
        buffers = coming + (FP32 * bucket if stage == 2 else 0)
        return States(weights, FP32 * share + sums, optimizer, buffers, step, aside, host)
    if stage == 1:
        in_one = precision == "bf16"  # DeepSpeed's optimiser for it reduces all gradients at once
        step = (whole if ranks > 1 else 0) if in_one else own + FP32 * bucket
        return States(weights, whole, optimizer, coming, step)
    buffers = coming + width * largest + (width + FP32) * bucket if half else coming + own + 2 * FP32 * bucket
    return States(weights, own, optimizer, buffers, 0 if half else FP32 * share)


def _touched(tensors: Sequence[int], ranks: int) -> int:
    """Numbers of all tensors that a rank's share has a part in, on the rank where they are most."""
    ends = [0, *accumulate(tensors)]
    share = -(-ends[-1] // ranks)
    shares = [(rank * share, min((rank + 1) * share, ends[-1])) for rank in range(ranks)]
    return max(sum(b - a for a, b in pairwise(ends) if a < last and b > first) for first, last in shares)


def encoder_tensors(
    vocabulary: int, hidden: int, layers: int, intermediate: int, positions: int, types: int = 1
) -> list[int]:
    """Numbers of each tensor of an encoder of BERT's family without pooler or head, in RoBERTa's order.

    positions  rows of the table: 514 for XLM-R, which counts from 2
    """
    norm = [hidden, hidden]
    square, up, down = [hidden * hidden, hidden], [hidden * intermediate, intermediate], [intermediate * hidden, hidden]
    embeddings = [vocabulary * hidden, types * hidden, *norm, positions * hidden]
    return embeddings + layers * [*3 * square, *square, *norm, *up, *down, *norm]


def encoder_parameters(
    vocabulary: int, hidden: int, layers: int, intermediate: int, positions: int, types: int = 1
) -> int:
    """Numbers of all weights of an encoder: see `encoder_tensors`."""
    return sum(encoder_tensors(vocabulary, hidden, layers, intermediate, positions, types))


def activations(
    tokens: float,
    hidden: int,
    layers: int,
    intermediate: int,
    precision: str = "fp32",
    checkpointing: bool = False,
    dropout: bool = False,
) -> float:
    """Bytes that a backward pass wants kept of a micro-batch of so many tokens, heads apart.

    What autograd keeps of each layer: the inputs of its six matrices (queries, keys and values share one); queries,
    keys and values for attention, which keeps no weights, and its output, once more where it is put together; the
    sums before both layer norms; GELU's input. With `checkpointing`, each layer's input, and all of one layer while it
    is computed again.
    """
    wide, inner = 9.0 * hidden, 2.0 * intermediate  # numbers of a token and a layer
    # Of autocast, what is added up and normed is fp32, what is multiplied is bf16, and copied for it.
    layer = 3.0 * wide + 2.0 * inner if precision == "autocast-bf16" else WIDTH[precision] * (wide + inner)
    layer += 2.0 * hidden if dropout else 0.0  # masks, a byte each
    embeddings = 3.0 * hidden * FP32
    kept = layers * hidden * WIDTH[precision] + layer if checkpointing else layers * layer
    return tokens * (kept + embeddings)


def working(tokens: float, hidden: int, intermediate: int, kept: int = 1) -> float:
    """Bytes of a forward pass alone, in fp32: one layer's tensors at a time, and `kept` hidden states of all tokens."""
    return tokens * FP32 * (6.0 * hidden + 2.0 * intermediate + kept * hidden)


def logits(terms: float, outputs: int, precision: str = "fp32") -> float:
    """Bytes of a head's outputs: as computed, in fp32 for the loss, its probabilities and its gradient."""
    return terms * outputs * (WIDTH[precision] + 3.0 * FP32)
