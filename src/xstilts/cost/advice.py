"""What does not fit on a GPU, and which change of how a stage is carried out would make it fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from xstilts.config.spec import StageSpec, conflict
from xstilts.cost.devices import GB, Device
from xstilts.cost.training import Training

LEAST_MICRO_TOKENS = 512


def misfit(need: float, gpu: Device) -> str | None:
    """What to say of a job that needs so many bytes of a GPU; None where it fits."""
    if need <= gpu.memory:
        return None
    over = (need - gpu.memory) / GB
    return f"needs {need / GB:.1f} GB of a GPU's memory, {over:.1f} GB more than {gpu.name} has"


def fitting(training: Training, factor: float = 1.0) -> str | None:
    """The cheapest change by which a stage fits, as it would be written; None where none of those tried does.

    factor  what the model's activations are really multiplied by, as finished jobs tell
    """
    for changes in _changes(training.stage):
        stage = replace(training.stage, **changes)
        if conflict(stage) is None and peak(replace(training, stage=stage), factor) <= training.device.memory:
            return ", ".join(f"{name}: {str(value).lower()}" for name, value in changes.items())
    return None


def peak(training: Training, factor: float = 1.0) -> float:
    """Bytes of the fullest GPU."""
    memory = training.on_device
    return memory.peak + (factor - 1.0) * memory.activations


def _changes(stage: StageSpec) -> Iterator[dict[str, Any]]:
    """From the cheapest: a ZeRO stage, activations computed twice, smaller micro-batches, more ranks, offload."""
    zeros = range(stage.zero, 4) if stage.ranks > 1 else [stage.zero]
    again = [False] if stage.activation_checkpointing else [False, True]
    smaller = [stage.micro_tokens]
    while smaller[-1] > LEAST_MICRO_TOKENS:
        smaller.append(max(LEAST_MICRO_TOKENS, smaller[-1] // 2))
    for ranks in (stage.ranks, 2 * stage.ranks, 4 * stage.ranks, 8 * stage.ranks):
        for micro in smaller:
            for checkpointing in again:
                for zero in zeros if ranks == stage.ranks else range(max(2, stage.zero), 4):
                    found: dict[str, Any] = {}
                    found |= {"zero": zero} if zero != stage.zero else {}
                    found |= {"activation_checkpointing": True} if checkpointing else {}
                    found |= {"micro_tokens": micro} if micro != stage.micro_tokens else {}
                    found |= {"ranks": ranks} if ranks != stage.ranks else {}
                    if found:
                        yield found
    for zero in range(max(2, stage.zero), 4):
        yield {"zero": zero, "offload": True, "activation_checkpointing": True, "micro_tokens": smaller[-1]}
