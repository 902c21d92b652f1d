"""One node of the tree: open what it is made from, train it, write the checkpoint with its record."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch.distributed as dist

from xstilts.command import versions
from xstilts.config.spec import StageSpec
from xstilts.engine import checkpoint
from xstilts.engine.train import Part, train
from xstilts.features import Features
from xstilts.files import read_digest
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.mlm import MaskedLM
from xstilts.layout import DIGEST
from xstilts.specs import TrainSpec

logger = logging.getLogger(__name__)


def train_node(
    spec: TrainSpec,
    running: dict[str, int],
    parent: Path,
    base: Path,
    train_files: list[Path],
    dev_files: list[Path],
    out: Path,
    code: str,
) -> None:
    """Train the stage that `spec` describes; rank 0 writes the checkpoint into `out`."""
    stage = StageSpec.from_dict({**spec.stage, **running, "name": spec.node})
    parts = []
    for part, train_file, dev_file in zip(stage.parts, train_files, dev_files, strict=True):
        features = Features.open(train_file)
        form = format_named(part.format)
        if isinstance(form, MaskedLM):
            form = MaskedLM(stage.mlm_probability)
        special = Special(**features.meta["special"])
        parts.append(Part(part.task, form, tuple(features.meta["labels"]), special, features, Features.open(dev_file)))
    done = train(parts, parent, base, stage, spec.seed)
    if dist.get_rank() == 0:
        record: dict[str, Any] = {
            "node": spec.node,
            "spec": spec.model_dump(mode="json"),
            "code": code,
            "parent": read_digest(parent / DIGEST),
            "data": {str(file.parent.name): read_digest(file.with_suffix(".digest")) for file in train_files},
            "best_step": done.best_step,
            "best_score": done.best_score,
            "steps": done.steps,
            "tokens": done.tokens,
            "seconds": round(done.seconds, 1),
            "running": {**running, "ranks": dist.get_world_size()},
            "curve": done.curve,
            "versions": versions(),
        }
        checkpoint.save(out, done.model, done.weights, parent, record)
        logger.info("%s: step %d of %d kept, English dev %.4f", spec.node, done.best_step, done.steps, done.best_score)
    dist.barrier()
    dist.destroy_process_group()
