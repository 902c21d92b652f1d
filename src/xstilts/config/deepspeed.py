"""What a configuration may say of DeepSpeed's ZeRO stages beyond their number.

DeepSpeed would ignore a key that it does not know; here it is an error. Names are DeepSpeed's own, below
`zero_optimization`; what follows from a stage's other settings (precision, clipping, offload) is not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from xstilts.config.types import Count, Model, Natural

DEFAULTS: Mapping[str, int] = {
    "reduce_bucket_size": 10_000_000,
    "stage3_prefetch_bucket_size": 10_000_000,
    "stage3_max_live_parameters": 50_000_000,
    "stage3_max_reuse_distance": 0,
}
"""Where DeepSpeed's own defaults do not suit encoders: its buckets of 5e8 numbers take 2 GB, more than all gradients of
XLM-R Base, and with 1e9 live parameters ZeRO 3 would keep each weight that it has gathered, and save nothing."""
Even = Annotated[Count, Field(multiple_of=2)]


class DeepSpeed(Model):
    """Sizes and switches, which change speed and memory, not results. Sizes count numbers, not bytes."""

    # `round_robin_gradients` is none of them: with it, DeepSpeed 0.19 gives out the fp32 weights behind those of half
    # precision in the wrong places.

    reduce_bucket_size: Count | None = Field(
        default=None, description="numbers of a gradient that are reduced at once; left out: 10 million"
    )
    allgather_bucket_size: Even | None = Field(
        default=None, description="numbers of weights that are gathered at once after a step, an even number"
    )
    overlap_comm: bool | None = Field(default=None, description="true: gradients are reduced during the backward pass")
    contiguous_gradients: bool | None = Field(
        default=None, description="true: gradients are copied into one buffer as they come, against fragmentation"
    )
    reduce_scatter: bool | None = Field(default=None, description="false: gradients are reduced by all-reduce")
    sub_group_size: Count | None = Field(
        default=None, description="ZeRO 3: numbers that an optimiser step takes at once"
    )
    stage3_prefetch_bucket_size: Natural | None = Field(
        default=None, description="ZeRO 3: numbers of weights that are fetched ahead; left out: 10 million"
    )
    stage3_param_persistence_threshold: Natural | None = Field(
        default=None, description="ZeRO 3: smaller tensors are not sharded"
    )
    stage3_max_live_parameters: Natural | None = Field(
        default=None,
        description="ZeRO 3: numbers of gathered weights beyond which none are fetched; left out: 50 million",
    )
    stage3_max_reuse_distance: Natural | None = Field(
        default=None, description="ZeRO 3: weights needed again within so many numbers are kept; left out: 0"
    )
