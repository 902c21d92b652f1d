"""DeepSpeed: its configuration made from a stage's settings, the engine around a model, and whole weights out of it."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from xstilts.config.deepspeed import DEFAULTS
from xstilts.config.spec import StageSpec
from xstilts.engine.held import forget_gradients
from xstilts.errors import UserError
from xstilts.names import suggest

HALF = ("bf16", "fp16")
LOW = (torch.bfloat16, torch.float16)


def zero_stage(settings: StageSpec) -> int:
    """The stage that DeepSpeed is told. Its stage 0 adds gradients of half precision up in half precision; stage 1
    has fp32 sums for them. It shares the optimiser out among the ranks, and on a single one it is the same thing."""
    return max(settings.zero, 1) if settings.precision in HALF else settings.zero


def deepspeed_config(settings: StageSpec, on_gpu: bool = False) -> dict[str, Any]:
    """DeepSpeed's own configuration. It ignores keys that it doesn't know, so it is written here and nowhere else."""
    precision, stage = settings.precision, zero_stage(settings)
    sizes: dict[str, Any] = {"stage": stage, **(DEFAULTS if stage else {}), **settings.deepspeed}
    if settings.offload:
        sizes["offload_optimizer"] = {"device": "cpu", "pin_memory": on_gpu}
    config: dict[str, Any] = {
        # Micro-batches are cut by tokens and their boundaries set by hand, so DeepSpeed's own count stays at one.
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": settings.clip,
        "zero_optimization": sizes,
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # see `start_engine`
        "steps_per_print": 10**9,
    }
    if precision in HALF:
        # Sums over micro-batches and over ranks are of fp32: how a step is cut must not show in its gradient.
        config |= {"data_types": {"grad_accum_dtype": "fp32"}, "communication_data_type": "fp32"}
        # In ZeRO 1, a gradient of half precision goes as soon as it is added to its sum.
        config |= {"bf16": {"enabled": True, "immediate_grad_update": True}} if precision == "bf16" else {}
        config |= {"fp16": {"enabled": True, "loss_scale": 0}} if precision == "fp16" else {}  # 0: as large as it goes
    if precision == "autocast-bf16":
        # DeepSpeed would also send the gradients of the modules that it is told here in bf16: none.
        config["torch_autocast"] = {"enabled": True, "dtype": "bfloat16", "lower_precision_safe_modules": []}
    return config


def check_config(config: Mapping[str, Any]) -> None:
    """Hold a configuration against what the installed DeepSpeed knows: what it doesn't know it would ignore."""
    from deepspeed.runtime import config as module
    from deepspeed.runtime import constants
    from deepspeed.runtime.precision_config import DeepSpeedBF16Config, DeepSpeedFP16Config
    from deepspeed.runtime.zero.config import DeepSpeedZeroConfig
    from pydantic import ValidationError

    words = {word for place in (module, constants) for word in vars(place).values() if isinstance(word, str)}
    words |= {"zero_optimization", "bf16", "fp16"}
    blocks = {"zero_optimization": DeepSpeedZeroConfig, "bf16": DeepSpeedBF16Config, "fp16": DeepSpeedFP16Config}
    import deepspeed

    def unknown(place: str, key: str, known: set[str]) -> UserError:
        return UserError(f"deepspeed {deepspeed.__version__} knows no {place}{key}{suggest(key, sorted(known))}")

    for key, value in config.items():
        if key not in words:
            raise unknown("", key, words)
        if key in blocks:
            fields = blocks[key].model_fields
            known = {name for field in fields for name in (field, fields[field].alias) if name}
            for inner in value:
                if inner not in known:
                    raise unknown(f"{key}.", inner, known)
            try:
                blocks[key](**value)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join([key, *map(str, first["loc"])])
                raise UserError(f"deepspeed {deepspeed.__version__} refuses {place}: {first['msg']}") from None
        elif isinstance(value, dict):
            for inner in value:
                if inner not in words:
                    raise unknown(f"{key}.", inner, words)


def start_engine(model: nn.Module, groups: list[dict[str, Any]], settings: StageSpec) -> Any:
    """The DeepSpeed engine around `model`, with torch's fused AdamW.

    Where the optimiser is offloaded, that runs on the CPU: DeepSpeed's own CPU Adam is 12 % faster there (24 against
    27 ms for 20 million weights), but has to be compiled at first use, for minutes, by a compiler that must be there.
    """
    deepspeed = quiet_deepspeed()
    from deepspeed.runtime import torch_autocast
    from deepspeed.runtime.bf16_optimizer import BF16_Optimizer

    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    config = deepspeed_config(settings, on_gpu)
    check_config(config)
    if settings.precision == "fp16" and not deepspeed.accelerator.get_accelerator().is_fp16_supported():
        raise UserError("precision: fp16 needs a GPU, or a CPU with AVX512-FP16; bf16 and autocast-bf16 run anywhere")
    # What another engine of this process was told; without it bf16's gradients would go over the wire as such.
    torch_autocast.TORCH_AUTOCAST_INITIALIZED = False
    model.to(device)
    optimizer = torch.optim.AdamW(groups, lr=settings.lr, betas=settings.betas, eps=settings.eps, fused=True)
    engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=config)
    if settings.offload or settings.zero == 3:
        _step_without_remains(engine, idle=len(settings.parts) != 1)
    plain = engine.optimizer is optimizer
    if dist.get_world_size() == 1 and (plain or isinstance(engine.optimizer, BF16_Optimizer)):
        # Nothing is to be summed over ranks; DeepSpeed would copy all gradients to and fro, 4 to 6 % of a small step.
        engine.enable_backward_allreduce = False
    if plain:
        optimizer.register_step_pre_hook(_idle_heads_have_zeros)
    return engine


def _step_without_remains(engine: Any, idle: bool) -> None:
    """Take away what a step of ZeRO 3 or of an offloaded optimiser leaves behind, and what the next one would use.

    idle  steps leave some weights out, as those of a mixture use one of its heads; see `forget_gradients`

    Done here, so that no loop can omit it. After an overflow, stages 1 and 2 would add to the infinite sum for ever.
    """
    optimizer, inner = engine.optimizer, engine.optimizer.step

    def step(*args: Any, **kwargs: Any) -> None:
        inner(*args, **kwargs)
        if idle:
            forget_gradients(engine)
        if optimizer.overflow:
            optimizer.averaged_gradients.update(dict.fromkeys(optimizer.averaged_gradients))

    optimizer.step = step


def _idle_heads_have_zeros(optimizer: torch.optim.Optimizer, *_: Any) -> None:
    """A head that a step did not use has a gradient of zero, as in all other stages and on several ranks."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)


def quiet_deepspeed() -> Any:
    """DeepSpeed, its warnings and errors in this program's log, without those that say nothing about a run."""
    log = logging.getLogger("DeepSpeed")
    if not log.handlers:
        log.addFilter(lambda record: not record.getMessage().startswith("Setting accelerator to CPU"))
    import deepspeed
    from deepspeed.runtime import bf16_optimizer

    # It collects garbage six times, a second or two in all, to print how much memory there is.
    bf16_optimizer.see_memory_usage = lambda *_, **__: None
    log.handlers.clear()  # it wrote to stdout
    log.propagate = True
    # On CPU ranks DeepSpeed would compile a shared-memory collective at its first use, with a compiler
    # that must be there, for what gloo does at our sizes too.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    # Else ZeRO 3 counts a CPU's NUMA nodes at each reduction, by a program, and makes no use of their number.
    os.environ.setdefault("LOCAL_SIZE", "1")
    # torch tells DeepSpeed to call its collectives by new names.
    warnings.filterwarnings("ignore", r"`torch\.distributed\.\w+` is deprecated", FutureWarning)
    return deepspeed


def set_rate(engine: Any, rate: float) -> None:
    """Learning rate of the step to come."""
    for group in engine.optimizer.param_groups:
        group["lr"] = rate


def whole_weights(model: nn.Module, stage: int) -> dict[str, torch.Tensor]:
    """All that a checkpoint holds, in fp32 in rank 0's memory: gathered where ZeRO-3 has sharded it, and of half
    precision the fp32 weights behind it. All ranks must call it; the others keep nothing.

    Tied weights stand under each of their names, as one tensor: which of the names is kept is for transformers to say.
    Costs one more copy of the weights on rank 0, and the largest of them on the others for a moment.
    """
    first = not dist.is_initialized() or dist.get_rank() == 0
    copies: dict[int, torch.Tensor] = {}
    found: dict[str, torch.Tensor] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in copies:
            copies[id(tensor)] = _whole(tensor, first)
        found[name] = copies[id(tensor)]
    return found if first else {}


def _whole(tensor: torch.Tensor, keep: bool) -> torch.Tensor:
    """A copy on the CPU, where it is to be kept, of a parameter or buffer that ranks may hold parts of."""
    import deepspeed

    master = deepspeed.utils.safe_get_full_fp32_param(tensor) if tensor.dtype in LOW and tensor.requires_grad else None
    sharded = master is None and isinstance(tensor, nn.Parameter)
    with deepspeed.zero.GatheredParameters([tensor], enabled=sharded):  # nothing happens to one that is not
        whole = tensor.detach() if master is None else master
        copy = whole.to("cpu", copy=True).contiguous() if keep else torch.empty(0)
    return copy.float() if copy.is_floating_point() else copy
