"""DeepSpeed: its configuration made from a stage's settings, its ranks, and whole weights out of sharded ones."""

from __future__ import annotations

import logging
import os
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from xstilts.config.spec import StageSpec
from xstilts.errors import UserError


def start_ranks() -> None:
    """Join the process group that the launcher describes; alone, form a group of one. NCCL on GPUs, gloo on CPUs."""
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    if "RANK" not in os.environ:
        os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}
        dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)  # type: ignore[attr-defined]
    else:
        dist.init_process_group(backend)
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if dist.get_rank():
        logging.getLogger("xstilts").setLevel(logging.WARNING)  # one rank speaks for all


def deepspeed_config(settings: StageSpec) -> dict[str, Any]:
    """DeepSpeed's own configuration. It ignores keys that it doesn't know, so it is written here and nowhere else."""
    precision = settings.precision
    return {
        # Micro-batches are cut by tokens and their boundaries set by hand, so DeepSpeed's own count stays at one.
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": settings.clip,
        "zero_optimization": {"stage": settings.zero},
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": precision == "bf16"},
        "fp16": {"enabled": precision == "fp16"},
        "torch_autocast": {"enabled": precision == "autocast-bf16", "dtype": "bfloat16"},
        "steps_per_print": 10**9,
    }


def start_engine(model: nn.Module, groups: list[dict[str, Any]], settings: StageSpec) -> Any:
    """The DeepSpeed engine around `model`, with torch's AdamW (fused where the device has it)."""
    import deepspeed

    # On CPU ranks DeepSpeed would compile a shared-memory collective at its first use, with a compiler
    # that must be there, for what gloo does at our sizes too.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    device = torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
    model.to(device)
    optimizer = torch.optim.AdamW(
        groups, lr=settings.lr, betas=settings.betas, eps=settings.eps, fused=device.type == "cuda"
    )
    engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=deepspeed_config(settings))
    return engine


def set_rate(engine: Any, rate: float) -> None:
    """Learning rate of the step to come."""
    for group in engine.optimizer.param_groups:
        group["lr"] = rate


def whole_weights(model: nn.Module, stage: int) -> dict[str, torch.Tensor]:
    """All that a checkpoint holds, in fp32 on the CPU, gathered where ZeRO-3 has sharded it. All ranks must call it.

    Tied weights stand under each of their names, as one tensor: which of the names is kept is for transformers to say.
    """
    import deepspeed

    copies: dict[int, torch.Tensor] = {}
    found: dict[str, torch.Tensor] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in copies:
            with deepspeed.zero.GatheredParameters([tensor], enabled=stage == 3 and isinstance(tensor, nn.Parameter)):
                copy = tensor.detach().to("cpu", copy=True).contiguous()
            copies[id(tensor)] = copy.float() if copy.is_floating_point() else copy
        found[name] = copies[id(tensor)]
    return found


def total_over_ranks(*numbers: float) -> list[float]:
    """Sums over all ranks."""
    if dist.get_world_size() == 1:
        return list(numbers)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tensor = torch.tensor(numbers, dtype=torch.float64, device=device)
    dist.all_reduce(tensor)
    return [float(x) for x in tensor]


def from_rank_0(number: float) -> float:
    """Rank 0's number, on all ranks."""
    tensor = torch.tensor(number, dtype=torch.float64, device="cuda" if torch.cuda.is_available() else "cpu")
    dist.broadcast(tensor, src=0)
    return float(tensor)


def agree_on(what: str, value: str) -> None:
    """Stop where ranks hold different values: they would train different models and call them one."""
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    if len(set(values)) > 1:
        raise UserError(f"ranks disagree on {what}: {values}; start them all from one checkout and one results folder")
