"""What training a stage takes, in amounts: steps, arithmetic, messages, memory, disk."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

from xstilts.config.spec import PartSpec, StageSpec
from xstilts.config.training import Precision
from xstilts.cost.data import Data, DataSizes
from xstilts.cost.devices import CORE, GB, Device
from xstilts.cost.estimate import Memory
from xstilts.cost.shapes import Shape
from xstilts.cost.work import Work
from xstilts.engine.mixture import rates
from xstilts.flops import NOTHING, TRAINING, Amount
from xstilts.memory import FP32, MOMENTS, WIDTH, States, activations, logits, model_states
from xstilts.tasks import TASKS

PADDED = 1.3
"""Tokens computed for each real one where batches are padded, sorted by length as ours are (assumed)."""
FULLER = 1.25
"""Tokens of the fullest of many steps, in means (assumed: steps are draws of some dozen sequences)."""
STEP = 10
"""What a step does besides, in calls of a layer: clipping, the optimiser, looking after the loss."""
EVALUATED = 0.35
"""What a forward pass alone takes in calls, of one forward and back."""
MOVED = 28
"""Bytes of memory that Adam reads and writes for each number: weight, gradient and both moments, fp32."""
BETWEEN_NODES, TO_CPU, TO_DISK = 12 * GB, 12 * GB, 1 * GB
"""Bytes a second: a network of 100 Gbit/s, PCIe 3, a shared file system. Assumed."""
CONTEXT = 1.2 * GB
"""Of CUDA, NCCL and cuBLAS on each GPU, and what the allocator scatters of little (recalled: 0.5 to 1.5 GB)."""
SCATTERED = 0.05
"""Of the activations, that the allocator loses besides (assumed)."""
PIECE = 68  # bytes of a tokenizer.json for each piece (measured: 800 pieces of the miniature, 54,690 bytes)
KEPT = 2  # saved states, see engine/state.py
MASKED = "mlm"


@dataclass(frozen=True)
class Portion:
    """One part of a stage, and the share of the steps that it has."""

    part: PartSpec
    train: Data
    dev: Data
    share: float
    outputs: int

    @property
    def is_text(self) -> bool:
        return self.part.format == MASKED


@dataclass(frozen=True)
class Training:
    """One stage on one base."""

    stage: StageSpec
    shape: Shape
    portions: tuple[Portion, ...]
    device: Device
    steps: int

    # arithmetic -------------------------------------------------------------------------------------------------------
    def batch(self, portion: Portion, of: Data, items: float) -> Amount:
        """What passes through the model with so many items."""
        amount = of.item.times(items)
        terms = self.stage.mlm_probability * amount.tokens if portion.is_text else amount.sequences
        return replace(amount, terms=terms)

    @cached_property
    def step(self) -> Amount:
        """A step, on an average."""
        found = NOTHING
        for portion in self.portions:
            found = found.plus(self.batch(portion, portion.train, self.stage.batch).times(portion.share))
        return found

    @cached_property
    def step_flops(self) -> float:
        """Operations of a step, all ranks together."""
        passes = self.shape.passes(*(self.shape.head(p.part.format, p.outputs) for p in self.portions))
        forward = sum(
            portion.share * passes.forward(self.batch(portion, portion.train, self.stage.batch), i)
            for i, portion in enumerate(self.portions)
        )
        again = 1.0 if self.stage.activation_checkpointing else 0.0
        return (TRAINING + again) * forward * (1.0 if self.stage.packed else PADDED)

    @property
    def judged(self) -> list[Portion]:
        """The parts that English dev is looked at of: masked LM only where there is nothing else."""
        return [portion for portion in self.portions if not portion.is_text] or list(self.portions)

    @property
    def evaluations(self) -> int:
        return math.ceil(self.steps / self.stage.evaluate_every)

    @cached_property
    def looked_at(self) -> Amount:
        """Dev data of one evaluation; every rank passes over all of it."""
        found = NOTHING
        for portion in self.judged:
            items = min(self.stage.dev_examples, portion.dev.items)
            found = found.plus(self.batch(portion, portion.dev, items))
        return found

    @cached_property
    def flops(self) -> float:
        """Operations of one rank, from the first step to the last."""
        passes = self.shape.passes()
        return self.steps * self.step_flops / self.stage.ranks + self.evaluations * passes.forward(self.looked_at)

    # cutting ----------------------------------------------------------------------------------------------------------
    @cached_property
    def cuts(self) -> float:
        """Micro-batches of a rank in a step, on an average over parts."""
        return sum(p.share * math.ceil(self._tokens(p) / self.stage.micro_tokens) for p in self.portions)

    def _tokens(self, portion: Portion) -> float:
        """Tokens of a rank in a step, as they count against micro_tokens."""
        tokens = self.batch(portion, portion.train, self.stage.batch).tokens / self.stage.ranks
        return tokens if self.stage.packed else tokens * PADDED

    @property
    def micro_batch(self) -> float:
        """Tokens of the fullest micro-batch."""
        return min(self.stage.micro_tokens, FULLER * max(self._tokens(portion) for portion in self.portions))

    @cached_property
    def calls(self) -> float:
        """Of a layer: what a device is asked to do, however little it is."""
        layers = self.shape.layers
        own = self.steps * (self.cuts * layers * (4 / 3 if self.stage.activation_checkpointing else 1) + STEP)
        batches = math.ceil(self.looked_at.tokens * PADDED / self.stage.micro_tokens)
        return own + self.evaluations * batches * layers * EVALUATED

    @cached_property
    def traffic(self) -> float:
        """Seconds that bytes take at the device's published rates, beside the arithmetic."""
        stage, numbers = self.stage, self.shape.parameters
        sharded = stage.ranks if stage.zero else 1
        device = MOVED * numbers / sharded / (TO_CPU if stage.offload else self.device.bandwidth)
        messages = 0.0
        if stage.ranks > 1:
            times = 3 if stage.zero == 3 else 2
            wire = self.device.link if stage.nodes == 1 else min(self.device.link, BETWEEN_NODES)
            messages = times * WIDTH[stage.precision] * numbers / wire
        return self.steps * (device + messages)

    # memory -----------------------------------------------------------------------------------------------------------
    @cached_property
    def states(self) -> States:
        stage = self.stage
        sizes = {
            "bucket": stage.deepspeed.get("reduce_bucket_size"),
            "prefetch": stage.deepspeed.get("stage3_prefetch_bucket_size"),
        }
        said = {name: int(value) for name, value in sizes.items() if value is not None}
        return model_states(
            self.shape.parameters,
            stage.zero,
            stage.ranks,
            stage.precision,
            stage.offload,
            self.shape.tensors,
            **said,
        )

    @cached_property
    def activations(self) -> float:
        """Bytes that the fullest micro-batch of a rank keeps for its way back, and its head's outputs."""
        stage, shape, tokens = self.stage, self.shape, self.micro_batch
        dropout = shape.dropout if stage.dropout is None else stage.dropout
        kept = activations(
            tokens,
            shape.hidden_size,
            shape.layers,
            shape.intermediate_size,
            stage.precision,
            stage.activation_checkpointing,
            dropout > 0,
        )
        terms = stage.mlm_probability * tokens
        heads = [
            logits(terms, shape.vocabulary, stage.precision)
            if portion.is_text
            else logits(tokens, portion.outputs, stage.precision)
            for portion in self.portions
        ]
        return kept + max(heads)

    @property
    def on_device(self) -> Memory:
        """Bytes of the fullest rank's device."""
        states, kept = self.states, self.activations
        held = states.held - states.host
        gradients = min(states.gradients, max(0, held - states.weights - states.aside))
        optimizer = max(0, held - states.weights - states.aside - gradients)
        moment = max(kept + states.buffers, states.step) - kept  # DeepSpeed's buffers, or what a step takes instead
        other = states.aside + max(0.0, moment) + SCATTERED * kept + CONTEXT
        return Memory(states.weights, gradients, optimizer, round(kept), round(other))

    @property
    def local_ranks(self) -> int:
        """Ranks on a node."""
        return math.ceil(self.stage.ranks / self.stage.nodes)

    @property
    def host_memory(self) -> dict[str, float]:
        """Amounts of a node's main memory."""
        stage, ranks, whole = self.stage, self.local_ranks, FP32 * self.shape.parameters
        if self.device.is_gpu:  # every rank reads the weights before they go to its GPU; rank 0 keeps the best
            states = ranks * (whole + self.states.host) + whole
        else:
            states = ranks * self.states.peak() + whole
        files = sum(FP32 * (portion.train.tokens + portion.dev.tokens) for portion in self.portions)
        return {
            "processes": ranks,
            "launchers": float(stage.ranks > 1),
            "states": states,
            "activations": ranks * self.activations,
            "tokens": files,
        }

    # disk -------------------------------------------------------------------------------------------------------------
    @property
    def weights(self) -> float:
        """Bytes of a checkpoint's weights, which are fp32."""
        return FP32 * float(self.shape.parameters)

    @property
    def state(self) -> float:
        """Bytes of one saved state: weights as computed with, what the optimiser moves, and the best weights."""
        model = WIDTH[self.stage.precision]
        masters = FP32 if model != FP32 or self.stage.zero else 0
        return (model + masters + MOMENTS + FP32) * float(self.shape.parameters)

    @property
    def work(self) -> Work:
        """All of it."""
        stage, gpu = self.stage, self.device.is_gpu
        written = 0.0 if stage.save_minutes else self.steps * self.state
        files = self.weights * (self.local_ranks + 2) + written
        peak = self.device.rate(stage.precision) * (1 if gpu else stage.threads)
        notes = []
        if gpu and self.device.lacks(stage.precision):
            notes.append(f"{self.device.name} has no {stage.precision} in hardware: set precision: fp16, or fp32")
        return Work(
            kind="train on GPU" if gpu else "train on CPU",
            time={
                "start": 1.0,
                "files": files / GB,
                "calls": self.calls,
                computed(self.device, stage.precision): self.flops / peak,
                "traffic": self.traffic,
            },
            memory=self.host_memory,
            cores=stage.ranks * (1 if gpu else stage.threads),
            disk=self.weights + PIECE * self.shape.vocabulary,
            scratch=KEPT * self.state,
            gpus=stage.ranks if gpu else 0,
            nodes=stage.nodes,
            gpu_memory=self.on_device if gpu else None,
            saves=(60 * stage.save_minutes, self.state / stage.ranks / TO_DISK),
            notes=tuple(notes),
        )


def training_of(stage: StageSpec, base: str, shape: Shape, sizes: DataSizes, gpu: Device, steps: int = 0) -> Training:
    """A stage on a base; `steps`: as many as it really took, where that is known."""
    found = [
        (
            part,
            sizes.of(base, f"{part.data}@{part.variant}" if part.variant else part.data, "train"),
            sizes.of(base, part.dev, "dev"),
        )
        for part in stage.parts
    ]
    counts = [train.items for _, train, _ in found]
    portions = tuple(
        Portion(part, train, dev, share, max(2, len(TASKS[part.task].labels)))
        for (part, train, dev), share in zip(found, shares(stage, counts), strict=True)
    )
    device = gpu if stage.device == "gpu" else CORE
    return Training(stage, shape, portions, device, steps or steps_of(stage, counts))


def computed(device: Device, precision: Precision) -> str:
    """The name of the amount that arithmetic counts as."""
    return "single" if device.is_gpu and precision == "fp32" else "compute"


def steps_of(stage: StageSpec, counts: list[float]) -> int:
    """Steps of a stage: as given, or from its epochs; see `engine.parts.stage_steps`."""
    if stage.steps is not None:
        return stage.steps
    cap = stage.cap if stage.mix == "capped" and len(counts) > 1 else math.inf
    return max(1, math.ceil(sum(min(count, cap) for count in counts) * (stage.epochs or 1) / stage.batch))


def shares(stage: StageSpec, counts: list[float]) -> list[float]:
    """Share of steps of each part; see `engine.parts.shares`, which these are held against in tests."""
    text = [part.format == MASKED for part in stage.parts]
    if all(text):
        return [count / sum(counts) for count in counts]
    names = [f"{part.task}@{part.variant}" if part.variant else part.task for part in stage.parts]
    own = [i for i, is_text in enumerate(text) if not is_text]
    weights = [stage.weights.get(names[i], 0.0) for i in own]
    found = [stage.mlm_rate / max(sum(text), 1)] * len(counts)
    rest = 1 - stage.mlm_rate if any(text) else 1.0
    mixed = rates([round(counts[i]) for i in own], stage.mix, stage.cap, stage.temperature, weights)
    for i, rate in zip(own, mixed, strict=True):
        found[i] = rest * float(rate)
    return found
