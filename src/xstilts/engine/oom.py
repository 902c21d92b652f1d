"""Out of memory, in words that help: what the micro-batch was, and which settings to change, to what.

A GPU's allocator says when there is none left, and so does a CPU's that a limit stops. Where Linux kills the process
instead, nothing can be said; Slurm then reports OUT_OF_MEMORY.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import PurePath

import torch
from torch import nn

from xstilts.config.spec import StageSpec
from xstilts.engine.memory import Memory, held_memory, is_of_gpu, memory_at
from xstilts.errors import UserError
from xstilts.formats.base import Batch
from xstilts.memory import model_states

logger = logging.getLogger(__name__)
SAYS_SO = re.compile(r"out of memory|can't allocate memory|not enough memory|CUBLAS_STATUS_ALLOC_FAILED|bad_alloc")
SPARE = 0.9  # of what there is room for: memory is cut into pieces, and the next batch is another
GB = 1e9


@contextmanager
def explained(settings: StageSpec, batch: Batch | None = None, weights: int = 0) -> Iterator[None]:
    """Turn running out of memory into a UserError. Costs a look at the memory held, some 10 µs.

    batch    the micro-batch that the block works on; None while the model and its optimizer are set up
    weights  numbers in the model, all ranks together, so that what they take can be told
    """
    before = held_memory()
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        logger.info("%s", str(error).strip().split("\n")[0])
        raise UserError(explain(error, settings, memory_at(error, before), batch, weights)) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch, numpy or Python means that there was no memory left."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or bool(SAYS_SO.search(str(error)))


def explain(error: BaseException, settings: StageSpec, memory: Memory, batch: Batch | None, weights: int = 0) -> str:
    """What happened and what to do, the cheapest first. Results stay the same, but for rounding."""
    remedies = other_remedies(settings, is_of_gpu(error))
    phase = phase_of(error)
    if batch is None or phase == "optimiser step":
        size = f", about {state_bytes(weights, settings) / GB:.1f} GB a rank" if weights else ""
        when = "before the first step" if batch is None else "in an optimiser step"
        said = (
            f"out of memory {when}: the model's states alone (weights, gradients, AdamW's averages{size}) do not fit, "
            "and a smaller micro_tokens makes them no less"
        )
        return listed(said, [remedy for remedy in remedies if "activation_checkpointing" not in remedy])
    sequences, width = batch.input_ids.shape
    tokens, items = int(batch.attention_mask.sum()), len(set(batch.rows.tolist()))
    said = (
        f"out of memory in the {phase} of a micro-batch of {sequences} sequences of up to {width} tokens, {tokens} "
        f"tokens or {sequences * width} padded, with micro_tokens {settings.micro_tokens}{_figures(memory)}"
    )
    reached = reached_by(error, phase)
    budget, least = (
        fitting(memory, reached, tokens if settings.packed else sequences * width),
        width * sequences // items,
    )
    if items == 1 or budget < least:
        said += (
            f"; it holds {items} item{'s' * (items > 1)}, and there is hardly room for one, however small micro_tokens"
        )
        return listed(said, remedies)
    first = [f"{key_of(settings)}micro_tokens: {budget}"]
    if memory.scattered > memory.wanted:
        first.append("in the environment, PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True: memory is there, in pieces")
    return listed(said, [*first, *remedies])


def listed(said: str, remedies: list[str]) -> str:
    """A sentence, and what to try."""
    return "\n  ".join([f"{said}. What helps, the cheapest first, with the same results:", *remedies])


def _figures(memory: Memory) -> str:
    """What is known of the memory."""
    if not memory.held:
        return ""
    return f"; {memory.before / GB:.1f} GB were held before, {memory.held / GB:.1f} GB in the end"


def fitting(memory: Memory, reached: float | None, counted: int) -> int:
    """Tokens of a micro-batch that there is room for, after one of `counted` did not fit.

    Activations grow with tokens. Where nobody knows how far the forward pass still had to go, half is a guess.
    """
    share = SPARE * memory.share(reached) if reached else min(SPARE * memory.share(), 0.5)
    tokens = int(counted * share)
    return tokens - tokens % (256 if tokens >= 1024 else 16)


def phase_of(error: BaseException) -> str:
    """What the error ended: a look at the functions of torch and DeepSpeed that were running."""
    called = {
        frame.f_code.co_name
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if {"torch", "deepspeed"} & {*PurePath(frame.f_code.co_filename).parts}
    }
    if "backward" in called:
        return "backward pass"
    return "optimiser step" if "step" in called else "forward pass"


def reached_by(error: BaseException, phase: str) -> float | None:
    """How far memory had grown to its height: by the layer that the forward pass was in, if it can be seen.

    The height is where the backward pass begins; a pass without gradients keeps nothing, so any layer is as high.
    """
    if phase == "backward pass" or not torch.is_grad_enabled():
        return 1.0
    running = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__)]
    for outer, inner in pairwise(module for module in running if isinstance(module, nn.Module)):
        for layers in outer.children():
            if isinstance(layers, nn.ModuleList) and len(layers) > 1 and inner in (found := list(layers)):
                return (found.index(inner) + 0.5) / len(found)
    return None


def other_remedies(settings: StageSpec, on_gpu: bool) -> list[str]:
    """Beside a smaller micro-batch, what is left to be tried."""
    key = key_of(settings)
    found = (
        [] if settings.activation_checkpointing else [f"{key}activation_checkpointing: true (takes a third more time)"]
    )
    if not on_gpu:
        return [*found, "more memory for the job: mem_mb in the profile"]
    if settings.ranks == 1:
        found.append(f"{key}ranks: 2 or more, with zero: {max(settings.zero, 2)}, which shares the states out")
    elif settings.zero < 3:
        found.append(f"{key}zero: {settings.zero + 1} or more, or more ranks than {settings.ranks}")
    else:
        found.append(f"{key}ranks: more than {settings.ranks}")
    return found if settings.offload else [*found, f"{key}offload: true{'' if settings.zero else ', with zero: 1'}"]


def key_of(settings: StageSpec) -> str:
    """Where a world's configuration says how this stage is carried out, up to the last point.

    A node's last part is its stage, without the options that follow `~`; a block of stages pretrains a base.
    """
    *above, last = settings.name.split("/")
    return f"stages.{last.partition('~')[0]}." if above else f"stages.<what bases.{last}.pretrain names>."


def state_bytes(weights: int, settings: StageSpec) -> int:
    """What weights, gradients and AdamW take of a rank's device, about: DeepSpeed's buffers come on top."""
    states = model_states(weights, settings.zero, settings.ranks, settings.precision, settings.offload)
    return states.weights + states.gradients + states.optimizer - states.host
