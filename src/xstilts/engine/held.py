"""What a DeepSpeed engine holds after a step, on this rank and beyond its configuration; and its way back.

Whatever the ZeRO stage, that is the module's own tensors, those that the inner optimiser moves, what it keeps of each,
and fp16's loss scale. Generators are not needed, for the loop seeds each step anew, nor are gradients: see
`forget_gradients`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

Tensors = dict[str, torch.Tensor]
Numbers = dict[str, dict[str, float]]


def moved(engine: Any) -> list[torch.Tensor]:
    """The tensors that the inner optimiser moves: the parameters, or fp32 copies of them, or of the rank's share."""
    flat = getattr(engine.optimizer, "fp32_partitioned_groups_flat", None)  # ZeRO 3 lends its optimiser one at a time
    return [p for group in engine.basic_optimizer.param_groups for p in group["params"]] if flat is None else list(flat)


def model_tensors(engine: Any) -> Tensors:
    """Parameters and buffers as this rank holds them, but for those that lie in the optimiser's own tensors."""
    theirs = {tensor.untyped_storage().data_ptr() for tensor in moved(engine)}
    every = [*engine.module.named_parameters(), *engine.module.named_buffers()]  # tied ones under one name
    own = {name: getattr(tensor, "ds_tensor", tensor).data for name, tensor in every}  # ZeRO 3 keeps shares aside
    return {name: tensor for name, tensor in own.items() if tensor.untyped_storage().data_ptr() not in theirs}


def optimizer_tensors(engine: Any) -> Tensors:
    """What the optimiser moves, and what it keeps of each: nothing before its first step."""
    found = {f"weight.{i}": tensor.data for i, tensor in enumerate(moved(engine))}
    for i, tensor in enumerate(moved(engine)):
        kept = engine.basic_optimizer.state.get(tensor, {})
        found |= {f"{name}.{i}": value for name, value in kept.items() if isinstance(value, torch.Tensor)}
    return found


def numbers(engine: Any) -> Numbers:
    """What is no tensor: fp16's loss scale with what moves it, and the steps that some optimisers count."""
    every = {str(i): engine.basic_optimizer.state.get(tensor, {}) for i, tensor in enumerate(moved(engine))}
    scaler = getattr(engine.optimizer, "loss_scaler", None)
    every["scaler"] = vars(scaler) if scaler else {}
    return {key: {n: x for n, x in values.items() if isinstance(x, int | float)} for key, values in every.items()}


def restore(engine: Any, model: Path, optimizer: Path, figures: Mapping[str, Mapping[str, float]]) -> None:
    """Copy saved tensors and numbers into a newly made engine, which they must fit."""
    state, tensors = engine.basic_optimizer.state, moved(engine)
    on_device = any(group.get("fused") or group.get("capturable") for group in engine.basic_optimizer.param_groups)
    with safe_open(model, framework="pt") as file:
        for name, tensor in model_tensors(engine).items():
            tensor.copy_(file.get_tensor(name))
    with safe_open(optimizer, framework="pt") as file:
        for i, tensor in enumerate(tensors):
            tensor.data.copy_(file.get_tensor(f"weight.{i}"))
            state[tensor] = dict(figures[str(i)])
        for key in file.keys():  # noqa: SIM118 - no dictionary
            name, _, i = key.rpartition(".")
            if name != "weight":
                # torch counts steps on the CPU, unless its kernel is to read the count.
                device = tensors[int(i)].device if name != "step" or on_device else "cpu"
                state[tensors[int(i)]][name] = file.get_tensor(key).to(device, copy=True)
    for name, number in figures["scaler"].items():
        setattr(engine.optimizer.loss_scaler, name, number)
    if hasattr(engine.optimizer, "checkpoint_event_prologue"):
        engine.optimizer.checkpoint_event_prologue()  # whatever ZeRO 3 had gathered is of the past


def forget_gradients(engine: Any) -> None:
    """Zero the gradients that ZeRO 3 and offloading keep from one step to the next; to be called after each.

    They only overwrite those of the weights that a step uses, so the idle heads of a mixture would be moved by their
    last gradient again and again: a model that no other ZeRO stage trains, and a gradient that no resumed run has.
    """
    buffer = getattr(engine.optimizer, "grad_partitions_flat_buffer", None)
    for gradient in (buffer, *(tensor.grad for tensor in moved(engine))):
        if gradient is not None:
            gradient.zero_()
