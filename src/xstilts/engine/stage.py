"""One node of the tree: open what it is made from, train it, write the checkpoint with its record."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from xstilts.command import versions
from xstilts.config.spec import RUNNING, StageSpec, running_of
from xstilts.engine import checkpoint, ranks
from xstilts.engine.health import check_health
from xstilts.engine.history import finite
from xstilts.engine.journal import Journal
from xstilts.engine.parts import open_parts
from xstilts.engine.signals import listen
from xstilts.engine.state import States
from xstilts.engine.trackers import check_installed
from xstilts.engine.train import Trained, train
from xstilts.environment import log_environment
from xstilts.files import read_digest
from xstilts.layout import DIGEST, degenerate_in
from xstilts.specs import TrainSpec

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Node:
    """A node to be trained: what it is, and where everything lies."""

    spec: TrainSpec
    code: str
    running: str
    parent: Path
    base: Path
    train: tuple[Path, ...]
    dev: tuple[Path, ...]
    out: Path
    state: Path | None = None
    """Where a killed run leaves what the next one goes on from; None: nowhere."""
    curves: Path | None = None

    @cached_property
    def settings(self) -> StageSpec:
        return StageSpec.from_dict({**self.spec.stage, **running_of(self.running), "name": self.spec.node})

    @cached_property
    def origin(self) -> dict[str, Any]:
        """All that the weights follow from."""
        return {
            "node": self.spec.node,
            "spec": self.spec.model_dump(mode="json"),
            "code": self.code,
            "parent": read_digest(self.parent / DIGEST),
            "data": {file.parent.name: read_digest(file.with_suffix(".digest")) for file in self.train},
        }

    @property
    def seen(self) -> dict[str, str]:
        """What every rank must have read alike, of its environment and of the disk."""
        said = {name: str(version) for name, version in versions().items()}
        read = {"parent": self.origin["parent"], **{f"tokens of {name}": d for name, d in self.origin["data"].items()}}
        return {**said, **{f"the digest of {name}": digest[:16] for name, digest in read.items()}}

    @property
    def trackers(self) -> list[str]:
        """Where the curves go besides."""
        return list(filter(None, str(running_of(self.running).get("trackers", "")).split("+")))

    def journal(self, start: int, attempt: int) -> Journal:
        """Where the curves of an attempt go; rank 0 alone writes them."""
        config = {**self.spec.stage, "running": running_of(self.running)}
        folder = self.curves if dist.get_rank() == 0 else None
        return Journal.of(folder, self.spec.node, config, self.trackers, start, attempt)

    @property
    def states(self) -> States | None:
        """Saved states of this training; of another spec, parent, code, or sharding they would be none."""
        if self.state is None:
            return None
        dev = {file.parent.name: read_digest(file.with_suffix(".digest")) for file in self.dev}
        sharding = {name: getattr(self.settings, name) for name in ("ranks", "zero", "offload")}
        key = {**self.origin, "base": read_digest(self.base / DIGEST), "dev": dev, "versions": versions(), **sharding}
        return States(self.state, key)

    def record(self, done: Trained) -> dict[str, Any]:
        """What is kept with the checkpoint."""
        history = done.history
        above = degenerate_in(self.parent)
        return {
            **self.origin,
            "best_step": history.best_step,
            "best_score": finite(history.best_score),
            "steps": history.step,
            "seed": history.seed,
            "degenerate": [*above, self.spec.node] if history.sign else above,
            "sign": history.sign,
            "attempts": history.former,
            "tokens": history.tokens,
            "seconds": round(history.seconds, 1),
            "running": {name: getattr(self.settings, name) for name in RUNNING},
            "curve": history.curve,
            "versions": versions(),
        }


def train_node(node: Node) -> None:
    """Train a node on all ranks; rank 0 writes the checkpoint."""
    torch.set_num_threads(node.settings.threads)
    ranks.start(node.settings, node.out)
    listen()
    check_installed(node.trackers)
    check_health(ranks.device(), node.state, node.seen)
    if dist.get_rank() == 0:
        log_environment(ranks.device())
    states = node.states
    if states is None or not states.publish(node.out):
        parts = open_parts(node.settings, node.train, node.dev)
        done = train(parts, node.parent, node.base, node.settings, node.spec.seed, states, node.journal)
        written = write(node, done) if dist.get_rank() == 0 else []
        if states is not None:
            states.finish(written)
    dist.barrier()
    dist.destroy_process_group()


def write(node: Node, done: Trained) -> list[Path]:
    """The checkpoint; returns its files."""
    history = done.history
    if history.sign:
        logger.warning("degenerate after %d attempts: %s", history.attempt + 1, history.sign)
    name, best, steps, score = node.spec.node, history.best_step, history.step, finite(history.best_score)
    logger.info("%s: step %d of %d kept, English dev %s", name, best, steps, score)
    return checkpoint.save(node.out, done.model, done.weights, node.parent, node.record(done))
