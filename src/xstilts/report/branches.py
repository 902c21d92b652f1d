"""The tree of checkpoints with its seeds folded together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from xstilts.report.findings import BaseFindings, Node

Path = tuple[str, ...]  # the base, and stages without the seed


@dataclass(frozen=True)
class Branch:
    """One stage on one parent, with all seeds, and what hangs below it."""

    stage: str
    """The base's name at the root."""
    path: str
    """Without the seed."""
    depth: int
    nodes: tuple[Node, ...]
    targets: tuple[str, ...]
    """Titles of those that are read with it."""
    children: tuple[Branch, ...]

    def count(self, state: str) -> int:
        """Seeds in a state."""
        return sum(node.state == state for node in self.nodes)

    @property
    def made(self) -> int:
        """Seeds that are there, degenerate or not."""
        return len(self.nodes) - self.count("missing")

    @property
    def degenerate(self) -> int:
        return self.count("degenerate")

    @property
    def state(self) -> str:
        """The worst of its seeds'."""
        if not self.nodes or self.made < len(self.nodes):
            return "missing"
        return "degenerate" if self.degenerate else "made"

    @property
    def dev(self) -> float | None:
        """English dev score, mean over seeds."""
        scores = [node.dev for node in self.nodes if node.dev is not None]
        return fmean(scores) if scores else None

    @property
    def size(self) -> int:
        """Branches in it, itself included."""
        return len(self.flat)

    @property
    def flat(self) -> list[Branch]:
        """Itself and all that hangs on it, from top to bottom."""
        return [self, *(one for child in self.children for one in child.flat)]


def tree_of(found: BaseFindings) -> Branch:
    """All checkpoints of a base: stages below the stages that they were trained on."""
    nodes: dict[Path, list[Node]] = {}
    for node in found.nodes:
        nodes.setdefault(_folded(node.path), []).append(node)
    titles, targets = {one.name: one.title for one in found.targets}, dict[Path, dict[str, None]]()
    for run in found.runs:
        targets.setdefault(_folded(run.node), {})[titles[run.target]] = None
    return _branch((found.base,), nodes, targets)


def _folded(node: str) -> Path:
    base, *stages = node.split("/")
    return (base, *stages[1:])  # the first of them is the seed


def _branch(path: Path, nodes: Mapping[Path, list[Node]], targets: Mapping[Path, dict[str, None]]) -> Branch:
    length = len(path)
    children = dict.fromkeys(other[: length + 1] for other in nodes if len(other) > length and other[:length] == path)
    below = [_branch(child, nodes, targets) for child in children]
    return Branch(
        path[-1],
        "/".join(path),
        length - 1,
        tuple(nodes.get(path, ())),
        tuple(targets.get(path, ())),
        # What leads on comes before what ends here: intermediates before targets.
        tuple(sorted(below, key=lambda one: not one.children)),
    )
