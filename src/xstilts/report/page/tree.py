"""The tree of checkpoints with its seeds folded together: what the page lists, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from xstilts.report.findings import BaseFindings, Node


@dataclass(frozen=True)
class Branch:
    """One stage on one parent, with all seeds, and what hangs below it."""

    stage: str
    """The base's name at the root."""
    path: str
    """Without the seed."""
    nodes: tuple[Node, ...]
    children: tuple[Branch, ...]

    @property
    def made(self) -> int:
        return sum(node.state != "missing" for node in self.nodes)

    @property
    def degenerate(self) -> int:
        return sum(node.state == "degenerate" for node in self.nodes)

    @property
    def state(self) -> str:
        """That of the node with the worst one."""
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
        return 1 + sum(child.size for child in self.children)


def tree_of(found: BaseFindings) -> Branch:
    """All checkpoints of a base: stages below the stages that they were trained on."""
    by_path: dict[tuple[str, ...], list[Node]] = {}
    for node in found.nodes:
        base, *stages = node.path.split("/")
        by_path.setdefault((base, *stages[1:]), []).append(node)  # the first of them is the seed
    return _branch((found.base,), by_path)


def _branch(path: tuple[str, ...], nodes: dict[tuple[str, ...], list[Node]]) -> Branch:
    children = dict.fromkeys(
        other[: len(path) + 1] for other in nodes if len(other) > len(path) and _below(other, path)
    )
    below = tuple(_branch(child, nodes) for child in children)
    # What leads on comes before what ends here: intermediates before targets.
    return Branch(
        path[-1], "/".join(path), tuple(nodes.get(path, ())), tuple(sorted(below, key=lambda one: not one.children))
    )


def _below(path: Sequence[str], parent: tuple[str, ...]) -> bool:
    return tuple(path[: len(parent)]) == parent
