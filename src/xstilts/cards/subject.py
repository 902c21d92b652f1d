"""What a card is about: a checkpoint, what it descends from, and the data behind both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from xstilts.cards.scored import Scored
from xstilts.cards.studied import Studied
from xstilts.report.made import lineage, named, parts_of
from xstilts.report.reads import Read, Shelf, Source, reads_of
from xstilts.report.writing import listed
from xstilts.tasks import TASKS


@dataclass(frozen=True)
class Subject:
    """A checkpoint that was trained here, and what else is known."""

    record: Mapping[str, Any]
    """Its training.json."""
    folder: Path
    shelf: Shelf
    """Of its world; where the folder lies elsewhere, of its parent's."""
    weights: bool = True
    """False: they were thinned out, once its predictions stood."""
    scored: tuple[Scored, ...] = ()
    studied: Studied | None = None

    @classmethod
    def trained(cls, record: Mapping[str, Any], folder: Path, parent: Path) -> Self:
        """As training knows it, whose record is not on disk yet. A folder made by hand may lie anywhere."""
        path = str(record.get("node", ""))
        above = lineage(path)[-2] if "/" in path else path
        found = (_root(folder, "checkpoints", path), _root(parent, "checkpoints", above), _root(parent, "drawn", path))
        return cls(record, folder, Shelf(next(filter(None, found), None)))

    @property
    def node(self) -> str:
        return str(self.record["node"])

    @property
    def base(self) -> str:
        return self.node.split("/")[0]

    @property
    def parent(self) -> str | None:
        """The checkpoint that it was trained from; None for a base."""
        return lineage(self.node)[-2] if "/" in self.node else None

    @property
    def at_home(self) -> bool:
        """Whether it lies in its place among the results, so that paths to others lead there."""
        return self.shelf.results is not None and self.shelf.folder(self.node) == self.folder

    @property
    def formats(self) -> list[str]:
        return [part["format"] for part in parts_of(self.record)]

    # what it descends from --------------------------------------------------------------------------------------------
    @cached_property
    def path(self) -> dict[str, Mapping[str, Any] | None]:
        """Records from the base to this checkpoint, by node; None where one is not there."""
        above = {node: self.shelf.made(node) for node in lineage(self.node)[:-1]}
        return {**{node: made.record if made else None for node, made in above.items()}, self.node: self.record}

    @property
    def origin(self) -> Mapping[str, Any]:
        """Where the base was fetched from: its `hub` and `revision`, or its `path`; empty for one made here."""
        told = (self.path[self.base] or {}).get("spec", {})
        return told if "hub" in told else {}

    @property
    def words(self) -> str:
        """How it came about, in words: `MNLI, then on XNLI`."""
        stages = [stage_words(node, record) for node, record in self.path.items() if "/" in node]
        return ", then on ".join(stages)

    # data -------------------------------------------------------------------------------------------------------------
    @cached_property
    def data(self) -> tuple[tuple[Read, Source], ...]:
        """What was read on the way here, in its order, each once."""
        return tuple((read, self.shelf.sources.of(read)) for read in dict.fromkeys(self._reads()))

    def _reads(self) -> Iterator[Read]:
        for record in self.path.values():
            yield from reads_of(parts_of(record) if record else ())

    @property
    def untold(self) -> list[str]:
        """Checkpoints on the way whose data nobody knows here: there is no record of them, or they were fetched."""
        return [node for node, record in self.path.items() if not (record and parts_of(record))]

    @property
    def generated(self) -> bool:
        """Whether some of it was trained in an invented world."""
        return any(source.generated for _, source in self.data)

    @property
    def languages(self) -> list[str]:
        """Of training, and of what was scored."""
        trained = [code for read, _ in self.data for code in read.languages]
        return list(dict.fromkeys([*trained, *(row.language for one in self.scored for row in one.rows)]))


def _root(folder: Path, kind: str, node: str) -> Path | None:
    """Where a world's results lie, if a folder is a node's among them."""
    names = Path(kind, node).parts
    return Path(*folder.parts[: -len(names)]) if node and folder.parts[-len(names) :] == names else None


def title(name: str) -> str:
    """A part of a stage as the paper writes it."""
    task, _, variant = name.partition("@")
    shown = TASKS[task].title if task in TASKS else task
    return f"{shown} ({variant})" if variant else shown


def stage_words(node: str, record: Mapping[str, Any] | None) -> str:
    """What the last stage of a node trains on. An alias says what it stands for where there is a record."""
    mixture, *options = node.split("/")[-1].split("~")
    names = [named(part) for part in parts_of(record)] if record else mixture.split("+")
    mixed = " mixed" if len(names) > 1 else ""
    return listed([title(name) for name in names]) + mixed + (f" ({', '.join(options)})" if options else "")
