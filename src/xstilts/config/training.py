"""Hyper-parameters as configuration files write them: every block may hold some of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from xstilts.config.deepspeed import DeepSpeed
from xstilts.config.types import Count, Listed, Model, Natural, Positive, Real, Share
from xstilts.recipe import Mix

Precision = Literal["fp32", "bf16", "autocast-bf16", "fp16"]
Device = Literal["any", "gpu"]
Inner = Annotated[Real, Field(gt=0, lt=1)]


class Degenerate(Model):
    """What is done about runs that learn nothing: loss flat or not finite, English dev no better than a guess."""

    retries: Natural = Field(default=1, description="times that such a run starts over, each with another seed")
    after: Inner = Field(
        default=0.3, description="share of the steps after which a run, at its next evaluation, is judged"
    )


class Training(Model):
    """Hyper-parameters of stages; what a block leaves out comes from the less specific one."""

    lr: Positive | None = Field(default=None, description="the highest learning rate, reached after the warm-up")
    batch: Count | None = Field(
        default=None, description="examples in an optimiser step, over all ranks and micro-batches"
    )
    steps: Count | None = Field(default=None, description="optimiser steps; either this or epochs")
    epochs: Positive | None = Field(
        default=None, description="times that the training data is seen; either this or steps"
    )
    warmup: Share | None = Field(
        default=None, description="share of the steps in which the learning rate rises; it then falls to 0"
    )
    weight_decay: Annotated[Real, Field(ge=0)] | None = Field(
        default=None, description="of AdamW; not of biases and layer norms"
    )
    clip: Positive | None = Field(default=None, description="the largest norm of a gradient")
    betas: Annotated[Listed[Annotated[Real, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="AdamW's two decay rates, such as [0.9, 0.98]"
    )
    eps: Positive | None = Field(default=None, description="AdamW's epsilon")
    dropout: Annotated[Real, Field(ge=0, lt=1)] | None = Field(
        default=None, description="dropout; left out: the base's own"
    )
    precision: Precision | None = Field(default=None, description="number format of the computation")
    zero: Annotated[int, Field(ge=0, le=3)] | None = Field(default=None, description="DeepSpeed's ZeRO stage, 0 to 3")
    offload: bool | None = Field(
        default=None, description="true: the optimizer's state and step are on the CPU; needs zero 1 or more"
    )
    activation_checkpointing: bool | None = Field(
        default=None, description="true: activations are computed again in the backward pass: less memory, more time"
    )
    packed: bool | None = Field(
        default=None,
        description="true: layers see a micro-batch's tokens in one row without padding, where the model allows it",
    )
    device: Device | None = Field(default=None, description="gpu: refuse to train without one; any: a CPU will do")
    save_minutes: Annotated[Real, Field(ge=0)] | None = Field(
        default=None, description="minutes between two saved states from which a killed run goes on; 0: every step"
    )
    deepspeed: DeepSpeed | None = Field(default=None, description="sizes and switches of DeepSpeed's ZeRO stages")
    ranks: Count | None = Field(
        default=None, description="processes (GPUs) that share the work; changes results by rounding at most"
    )
    nodes: Count | None = Field(
        default=None, description="nodes that the ranks are spread over, on a Slurm cluster; changes nothing in results"
    )
    micro_tokens: Count | None = Field(
        default=None,
        description="tokens in a micro-batch, by what fits into memory; changes results by rounding at most",
    )
    threads: Count | None = Field(
        default=None, description="CPU threads of each rank; changes results by rounding at most"
    )
    evaluate_every: Count | None = Field(default=None, description="steps between two looks at the English dev data")
    dev_examples: Count | None = Field(
        default=None, description="how many examples of the English dev data are looked at"
    )
    patience: Count | None = Field(default=None, description="looks without a better score after which training stops")
    mix: Mix | None = Field(default=None, description="how often each task of a mixture is drawn")
    cap: Count | None = Field(default=None, description="mix: capped takes a task to have at most so many examples")
    temperature: Annotated[Real, Field(ge=1)] | None = Field(
        default=None, description="mix: temperature draws by size to the power of 1/temperature"
    )
    weights: dict[str, Positive] | None = Field(
        default=None, description="mix: weights draws each part by its number here, such as {mnli: 2, squad: 1}"
    )
    mlm_rate: Inner | None = Field(default=None, description="share of masked language modelling in a mixture with it")
    mlm_probability: Inner | None = Field(
        default=None, description="share of the tokens that masked language modelling masks"
    )
    mlm_smoothing: Annotated[Real, Field(ge=0, le=1)] | None = Field(
        default=None,
        description="masked language modelling draws languages by size to this power; 1: by size, 0: all alike",
    )
    degenerate: Degenerate | None = Field(default=None, description="what is done about runs that learn nothing")

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.steps is not None and self.epochs is not None:
            raise ValueError(
                "has both steps and epochs: keep one (where the other comes from a file underneath, set it to null)"
            )
        return self
