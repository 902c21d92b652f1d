"""What evaluations take, in amounts: predictions, alignment, scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xstilts.alignment import OPERATORS, RATES
from xstilts.bootstrap import DRAWS
from xstilts.config.training import Precision, Training
from xstilts.cost.data import Data
from xstilts.cost.devices import CORE, GB, Device
from xstilts.cost.estimate import Memory
from xstilts.cost.shapes import Shape
from xstilts.cost.training import CONTEXT, EVALUATED, computed
from xstilts.cost.work import Work
from xstilts.flops import NOTHING, Amount
from xstilts.memory import FP32, logits, working
from xstilts.tasks import Task

PRECISION: Precision = "fp32"  # evaluations compute as checkpoints are stored
MICRO_TOKENS = 4096  # where the world says nothing, see workflow/rules/evaluate.smk
WRITTEN = {"classification": 60, "choice": 60, "span": 300, "tagging": 150, "retrieval": 60, "mlm": 0}
"""Bytes that a record's predictions take (measured: results/mini/predictions), about."""
LOOKED = {"classification": 1.0, "choice": 1.0, "span": 5.0, "tagging": 1.0, "retrieval": 1.0, "mlm": 0.0}
"""What scoring a record takes, in those of a classification: answers are texts, and there are several."""
POOLINGS = 2  # of a sentence's vectors, in alignment
READ = 1 + len(OPERATORS) * len(RATES) + 0.5
"""How often alignment reads a foreign sentence: as it is, under each noise, and half of them again."""


def predicting(task: Task, parts: Sequence[Data], shape: Shape, settings: Training, gpu: Device) -> Work:
    """A target read with a checkpoint; `parts`: its splits."""
    device, micro = device_of(settings, gpu), settings.micro_tokens or MICRO_TOKENS
    amount = _sum(parts)
    records, languages = sum(data.records for data in parts), _languages(parts)
    retrieval = task.format == "retrieval"
    every = task.paired  # all layers are compared
    head = None if retrieval else 0
    passes = shape.passes(*([] if retrieval else [shape.head(task.format, max(2, len(task.labels)))]))
    batch, outputs = min(micro, amount.tokens), max(2, len(task.labels))
    kept = shape.layers + 1 if retrieval else 1
    held = working(batch, shape.hidden_size, shape.intermediate_size, kept)
    held += 0.0 if retrieval else logits(batch, outputs)
    vectors = 0.0
    if retrieval:
        together = records if task.metric == "map20" else max(data.records * data.largest for data in parts)
        vectors = together * (shape.layers + 1 if every else 1) * shape.hidden_size * FP32
    weights, rate = FP32 * shape.parameters, _rate(device, settings)
    return Work(
        kind=f"predict on {_name(device)}",
        time={
            "start": 1.0,
            "files": weights / GB,
            "calls": math.ceil(amount.tokens / micro) * shape.layers * EVALUATED,
            computed(device, PRECISION): passes.forward(amount, head) / rate,
            "items": float(records),
            "search": _searched(task, parts, shape, languages) / rate if retrieval else 0.0,
        },
        memory={
            "processes": 1.0,
            "states": weights,
            "activations": held,
            "items": float(records),
            "vectors": vectors,
        },
        cores=1 if device.is_gpu else settings.threads or 1,
        disk=records * WRITTEN[task.format],
        gpus=int(device.is_gpu),
        gpu_memory=_on_device(weights, held) if device.is_gpu else None,
    )


def aligning(parts: Sequence[Data], shape: Shape, settings: Training, gpu: Device) -> Work:
    """Sentences and their translations, read under noise, and compared in every layer."""
    device, micro = device_of(settings, gpu), settings.micro_tokens or MICRO_TOKENS
    amount, records = _sum(parts), sum(data.records for data in parts)
    languages, weights, rate = _languages(parts), FP32 * shape.parameters, _rate(device, settings)
    pairs = records / 2 / languages
    read = amount.times((READ + 1) / 2)  # one half is English, which is read once
    places = POOLINGS * (shape.layers + 1)
    compared = languages * places * (READ - 0.5) * 2.0 * 2.0 * pairs**2 * shape.hidden_size
    held = working(min(micro, amount.tokens), shape.hidden_size, shape.intermediate_size, shape.layers + 1)
    vectors = 2 * places * pairs * shape.hidden_size * FP32
    return Work(
        kind=f"align on {_name(device)}",
        time={
            "start": 1.0,
            "files": weights / GB,
            "calls": math.ceil(read.tokens / micro) * shape.layers * EVALUATED,
            computed(device, PRECISION): shape.passes().forward(read) / rate,
            "items": records * READ,
            "search": compared / rate,
        },
        memory={
            "processes": 1.0,
            "states": weights,
            "activations": held,
            "items": float(records),
            "vectors": vectors,
        },
        cores=1 if device.is_gpu else settings.threads or 1,
        disk=languages * places * len(OPERATORS) * len(RATES) * 100.0,
        gpus=int(device.is_gpu),
        gpu_memory=_on_device(weights, held + vectors) if device.is_gpu else None,
    )


def scoring(task: Task, parts: Sequence[Data]) -> Work:
    """Predictions to scores, with intervals."""
    asked = 0.5 if task.format == "retrieval" else 1.0  # one side's sentences have answers
    records = asked * sum(data.records for data in parts)
    words = sum(data.tokens for data in parts) if task.format == "tagging" else 0.0
    return Work(
        kind="score",
        time={"start": 1.0, "items": records * LOOKED[task.format], "words": words, "draws": DRAWS * records},
        memory={"processes": 1.0, "items": records * LOOKED[task.format], "words": words},
        disk=records * 20.0,
    )


def device_of(settings: Training, gpu: Device) -> Device:
    """What evaluations run on."""
    return gpu if settings.device == "gpu" else CORE


def _searched(task: Task, parts: Sequence[Data], shape: Shape, languages: float) -> float:
    """Operations of the products that neighbours are found by."""
    if task.metric == "map20":
        each = sum((data.records / 2) ** 2 for data in parts)
        return 2.0 * each * shape.hidden_size
    each = sum(languages * (data.records / 2 / languages) ** 2 for data in parts)
    layers = 2 * (shape.layers + 1) if task.paired else 1  # raw and centred
    return 2.0 * each * shape.hidden_size * layers


def _languages(parts: Sequence[Data]) -> float:
    """How many languages there are, were all as large as the largest."""
    return max(1.0, max(1 / max(data.largest, 1e-9) for data in parts))


def _sum(parts: Sequence[Data]) -> Amount:
    found = NOTHING
    for data in parts:
        found = found.plus(data.amount)
    return found


def _rate(device: Device, settings: Training) -> float:
    return device.rate(PRECISION) * (1 if device.is_gpu else settings.threads or 1)


def _name(device: Device) -> str:
    return "GPU" if device.is_gpu else "CPU"


def _on_device(weights: float, held: float) -> Memory:
    return Memory(weights=round(weights), activations=round(held), other=round(CONTEXT))
