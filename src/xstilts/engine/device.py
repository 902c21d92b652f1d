"""Where a model that only answers runs."""

from __future__ import annotations

import os

import torch

from xstilts.config.training import Device
from xstilts.errors import UserError


def device_of(wanted: Device) -> torch.device:
    """A GPU if there is one. Where one is demanded and lacking, an error: a large model on a CPU would take months."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if wanted == "gpu":
        seen = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise UserError(
            f"the world has device: gpu, and torch {torch.__version__} sees none (CUDA_VISIBLE_DEVICES is {seen!r}). "
            "`nvidia-smi` should list a GPU, and a job must ask its scheduler for one; device: any makes do with a CPU"
        )
    return torch.device("cpu")
