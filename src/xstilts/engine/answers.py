"""What a model has said so far, kept on disk, so that an evaluation that is killed goes on where it was.

A part is an Arrow file that holds the answers of some batches. Batches follow from the data and the token budget, so a
count of them says where to go on. Its name ends with a digest of its content: a damaged part, and all after it, is
asked for again.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from xstilts.files import digest_of, whole

logger = logging.getLogger(__name__)
PAUSE = 60.0  # seconds of work that a kill may cost
DIGITS = 16


@dataclass
class Answers:
    """The answers to one group of items, in a folder of their own; without a folder they are held in memory alone."""

    folder: Path | None = None
    pause: float = PAUSE
    batches: int = 0
    """That have been answered."""
    _parts: list[pa.Table] = field(default_factory=list)
    _fresh: list[pa.Table] = field(default_factory=list)
    _saved: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.folder is not None and self.folder.is_dir():
            for path in sorted(self.folder.glob("*.arrow")):
                first, last, _ = path.stem.split("-")
                if not sound(path):
                    logger.warning("%s is damaged: what it held is asked for again", path)
                elif int(first) == self.batches:  # else it follows a damaged one, or was asked for again since
                    self._parts.append(opened(path))
                    self.batches = int(last)

    def add(self, said: pa.RecordBatch, sequences: np.ndarray) -> None:
        """Take in what was said of some sequences; now and then it is written down."""
        table = pa.Table.from_batches([said])
        self._fresh.append(table.append_column("sequence", pa.array(sequences, pa.int64())))
        self.batches += 1
        if self.folder is not None and time.monotonic() - self._saved >= self.pause:
            self.save()

    def save(self) -> None:
        """Write down what is new. From then on the file stands for it, and no memory is needed."""
        if self.folder is None or not self._fresh:
            return
        name = f"{self.batches - len(self._fresh):06d}-{self.batches:06d}"
        self._parts.append(opened(sealed(pa.concat_tables(self._fresh), self.folder, name)))
        self._fresh.clear()
        self._saved = time.monotonic()

    def table(self) -> pa.Table:
        """All answers, in the order of their sequences."""
        table = pa.concat_tables([*self._parts, *self._fresh])
        order = pa.array(np.argsort(table["sequence"].to_numpy(), kind="stable"))
        return table.drop_columns("sequence").take(order)


def sealed(table: pa.Table, folder: Path, name: str) -> Path:
    """Write a table into a file whose name ends with a digest of its content."""
    content = pa.BufferOutputStream()
    with pa.ipc.new_file(content, table.schema) as writer:
        writer.write_table(table)
    found = content.getvalue()
    path = folder / f"{name}-{hashlib.sha256(found).hexdigest()[:DIGITS]}.arrow"
    with whole(path) as draft:
        draft.write_bytes(found)
    return path


def sound(path: Path) -> bool:
    """Whether a file holds what its name says."""
    return digest_of([path])[:DIGITS] == path.stem.rpartition("-")[2]


def opened(path: Path) -> pa.Table:
    """A part, mapped into memory."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


@dataclass(frozen=True)
class Kept:
    """The undeclared folder of one evaluation: answers of the group at hand, and predictions of groups that are done.

    It is named by what the answers depend on, so that nothing of another checkpoint or data set is ever gone on from.
    """

    root: Path | None
    key: str
    pause: float = PAUSE

    @property
    def folder(self) -> Path | None:
        """Of this evaluation."""
        return self.root / hashlib.sha256(self.key.encode()).hexdigest()[:16] if self.root else None

    def answers(self, name: str) -> Answers:
        """Those to one group, as far as they were kept."""
        return Answers(self.folder / name if self.folder else None, self.pause)

    def done(self, name: str) -> pa.Table | None:
        """The predictions of a group, if it was finished before."""
        if self.folder is None:
            return None
        return next((opened(path) for path in self.folder.glob(f"{name}-*.arrow") if sound(path)), None)

    def finish(self, name: str, predictions: pa.Table) -> None:
        """Keep a group's predictions, and nothing that they were made of."""
        if self.folder is None:
            return
        sealed(predictions, self.folder, name)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def clear(self) -> None:
        """Remove all, once the outputs stand."""
        if self.root:
            shutil.rmtree(self.root, ignore_errors=True)
