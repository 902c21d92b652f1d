"""Where a killed run goes on: all that a training run has, saved now and then, so that the next run ends alike.

A state is a folder, written under a hidden name and renamed once it is whole:

    <folder>/<digest of the key>/state-<count>-step-<n>/
        model-<rank>.safetensors      parameters and buffers as the rank holds them
        optimizer-<rank>.safetensors  the weights that its optimiser moves, and the optimiser's figures of each
        best.safetensors              the best weights so far
        state.json                    key, notes, and size and sha256 of each file
    <folder>/<digest of the key>/finished/   a finished run's outputs, as hard links, and state.json

Ranks that hold equal tensors share one file: without ZeRO there is one of each, with ZeRO 1 and 2 one model. All ranks
call all methods alike, between two optimiser steps.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import torch.distributed as dist
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from xstilts.engine import held, sealed
from xstilts.engine.held import Tensors
from xstilts.errors import UserError
from xstilts.files import digest_of, whole

logger = logging.getLogger(__name__)

BEST, FINISHED = "best.safetensors", "finished"
KEPT = 2  # states: the last may prove torn
PATIENCE = 60  # seconds in which a run that was told to end may do so
DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, SafetensorError)


@dataclass(frozen=True)
class Loaded:
    """What the loop had beside the engine, on all ranks. `best` lies in its file, not in memory, until it is used."""

    notes: dict[str, Any]
    best: Tensors | None


class States:
    """The saved states of one run. `key` holds all that its result follows from: no state of another key is used."""

    def __init__(self, folder: Path, key: Mapping[str, Any]) -> None:
        self.key: dict[str, Any] = json.loads(json.dumps(key))
        self.root, self.folder = folder, folder / sealed.digest(self.key)[:16]
        self.first = dist.get_rank() == 0
        self.whole: list[Path] = []  # states that are known to be so, the oldest first
        self.best: Tensors | None = None  # as in the last of them, and below what its record says of it
        self.best_said: dict[str, Any] | None = None
        self.lock: TextIO | None = None
        holder = self._from_first(self._take_lock)
        if holder:
            raise UserError(f"{folder} is in use by {holder}: end that process, or wait until it has ended")
        if self.first:
            sealed.remove(folder.glob("*/.*.draft"))  # of runs that were killed while they saved
        self.count: int = self._from_first(lambda: max(map(_count, self._states()), default=0))

    def save(self, engine: Any, notes: Mapping[str, Any], best: Tensors | None) -> bool:
        """Save what the run has after a step, `notes["step"]`; whether that went well. A full disk ends nothing.

        `best` counts by identity: the dictionary of the last state is linked, not written again. Costs two passes over
        what the rank holds, one tensor of it at a time in the CPU's memory.
        """
        rank, self.count = dist.get_rank(), self.count + 1
        path = self.folder / f"state-{self.count:06}-step-{notes['step']}"
        draft = path.with_name(f".{path.name}.draft")
        own = {"model": held.model_tensors(engine), "optimizer": held.optimizer_tensors(engine)}
        sums = _gathered({part: sealed.sum_of(tensors) for part, tensors in own.items()})
        owners = [{part: [one[part] for one in sums].index(said[part]) for part in own} for said in sums]
        parts = [{part: f"{part}-{owner}.safetensors" for part, owner in one.items()} for one in owners]
        files = {name: sums[r][part] for r, one in enumerate(parts) for part, name in one.items()}
        numbers = _gathered(held.numbers(engine))
        record = {"key": self.key, "notes": notes, "parts": parts, "numbers": numbers, "files": files}
        mine = {draft / parts[rank][part]: own[part] for part in own if owners[rank][part] == rank}
        trouble = _any(_trouble(partial(sealed.write_all, mine)))
        if trouble is None:
            trouble = self._from_first(partial(_trouble, partial(self._close, draft, path, record, best)))
        if trouble is None:
            self.whole = [*self.whole, path][-KEPT:]
        elif self.first:
            safe = f"{self.whole[-1].name} is safe" if self.whole else "nothing is saved yet"
            logger.warning("step %s could not be saved: %s. Training goes on; %s", notes["step"], trouble, safe)
        if self.first:
            sealed.remove([draft] if trouble else set(self._states()) - set(self.whole))
        return trouble is None

    def load(self, engine: Any) -> Loaded | None:
        """Put the last whole state into a newly made engine; None where there is none. Reads the rank's files twice."""
        self.whole, self.best, self.best_said = [], None, None
        for path in reversed(self._from_first(self._states)):
            flaw = _any(_trouble(partial(self._check, path, engine), DAMAGE))
            if flaw is None:
                record, rank = sealed.record_of(path), dist.get_rank()
                files = {part: path / name for part, name in record["parts"][rank].items()}
                held.restore(engine, files["model"], files["optimizer"], record["numbers"][rank])
                self.whole, self.best_said = [path], record["best"]
                if self.best_said is not None:
                    kept = load_file(path / BEST)
                    self.best = {name: kept[first] for name, first in self.best_said["names"].items()}
                return Loaded(record["notes"], self.best)
            if self.first:
                logger.warning("%s is not used: %s", path, flaw)
        for path in sorted(self.root.glob("*/state-*")) if self.first else ():
            if path.parent != self.folder:
                logger.info("%s is left alone: %s", path, _trouble(partial(sealed.check, path, self.key, ()), DAMAGE))
        return None

    def finish(self, files: Sequence[Path]) -> None:
        """Replace the states by links to a finished run's outputs, since Snakemake deletes those where it was told to
        stop, even if the job ended well. Reads them once. They are published in the order in which they are given."""

        def keep() -> None:
            draft.mkdir(parents=True, exist_ok=True)
            for file in files:
                sealed.link(file, draft / file.name)
            sums = {file.name: {"bytes": file.stat().st_size, "sha256": digest_of([file])} for file in files}
            sealed.seal(draft, self.folder / FINISHED, {"key": self.key, "files": sums})

        draft = self.folder / f".{FINISHED}.draft"
        if self.first:
            trouble = _trouble(keep)
            sealed.remove([draft] if trouble else self._states())
            if trouble:
                logger.warning("the outputs could not be kept a second time: %s", trouble)

    def publish(self, folder: Path) -> bool:
        """Put a finished run's outputs into `folder` once more; False where there are none, or not as they were."""

        def place() -> None:
            for name in sealed.record_of(kept)["files"]:
                with whole(folder / name) as draft:
                    sealed.link(kept / name, draft)
                    draft.touch()  # with its old date, Snakemake would have it made again

        kept = self.folder / FINISHED
        if not self._from_first(kept.exists):
            return False
        flaw = self._from_first(partial(_trouble, partial(sealed.check, kept, self.key), DAMAGE))
        if flaw and self.first:
            logger.warning("%s is not used: %s", kept, flaw)
            sealed.remove([kept])
        trouble = None if flaw else self._from_first(partial(_trouble, place))
        if trouble:
            raise UserError(f"what a finished run left in {kept} cannot be put into {folder}: {trouble}")
        if not flaw:
            logger.info("taken from %s, where a finished run left it", kept)
        return not flaw

    def _states(self) -> list[Path]:
        """This run's states, the oldest first."""
        return sorted(self.folder.glob("state-*"), key=_count)

    def _from_first(self, value: Callable[[], Any]) -> Any:
        """What rank 0 finds, on all ranks."""
        return _gathered(value() if self.first else None)[0]

    def _take_lock(self) -> str | None:
        """Keep other runs out while this process lives; who keeps this one out, if anyone."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.lock = (self.root / ".lock").open("a+", encoding="utf-8")
            for _ in range(PATIENCE):
                try:
                    fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(1)
                    continue
                self.lock.truncate(0)
                print(f"process {os.getpid()} on {socket.gethostname()}", end="", file=self.lock, flush=True)
                return None
            self.lock.seek(0)
            return self.lock.read()
        except OSError:  # a full disk, or a file system without locks: the run does without
            return None

    def _close(self, draft: Path, path: Path, record: dict[str, Any], best: Tensors | None) -> None:
        """Rank 0's end of a state: the best weights, the record, and its name."""
        said = self.best_said if best is self.best else None
        if best is not None and said is not None:
            sealed.link(self.whole[-1] / BEST, draft / BEST)
        elif best is not None:
            first = {id(tensor): name for name, tensor in reversed(best.items())}  # tied ones have several names
            distinct = {first[id(tensor)]: tensor for tensor in best.values()}
            sealed.write_all({draft / BEST: distinct})
            said = {"names": {n: first[id(tensor)] for n, tensor in best.items()}, "file": sealed.sum_of(distinct)}
        files = record["files"] | ({BEST: said["file"]} if said else {})
        sealed.seal(draft, path, record | {"best": said, "files": files})
        self.best, self.best_said = best, said

    def _check(self, path: Path, engine: Any) -> None:
        """Raise unless a state is this run's, as it was written, and fits the engine."""
        record, rank = sealed.record_of(path), dist.get_rank()
        names = record["parts"][rank]
        sealed.check(path, self.key, [*names.values(), *([BEST] if self.first and record["best"] else [])])
        if len(record["parts"]) != dist.get_world_size():
            raise ValueError(f"it is of {len(record['parts'])} ranks")
        for part, tensors in (("model", held.model_tensors(engine)), ("optimizer", held.optimizer_tensors(engine))):
            with safe_open(path / names[part], framework="pt") as file:
                for name, tensor in tensors.items():
                    kept, wanted = file.get_slice(name), (sealed.DTYPES[tensor.dtype], list(tensor.shape))
                    if (kept.get_dtype(), kept.get_shape()) != wanted:
                        raise ValueError(f"{name} is {kept.get_dtype()} {kept.get_shape()}, not {wanted}")


def _count(state: Path) -> int:
    return int(state.name.split("-")[1])


def _trouble(action: Callable[[], object], kinds: tuple[type[Exception], ...] = (OSError,)) -> str | None:
    """What goes wrong with an action, in words."""
    try:
        action()
    except kinds as error:
        plain = isinstance(error, OSError | ValueError) and str(error)
        return plain or f"{type(error).__name__}: {error}"
    return None


def _gathered(value: Any) -> list[Any]:
    """The values of all ranks, on all ranks."""
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values


def _any(trouble: str | None) -> str | None:
    """The trouble of the first rank that has any, on all ranks."""
    return next(filter(None, _gathered(trouble)), None)
