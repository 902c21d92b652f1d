"""The checkpoints of a study, each with what has become of it."""

from __future__ import annotations

from pathlib import Path

from xstilts.report.findings import Node
from xstilts.report.made import lineage, read_made
from xstilts.specs import ReportSpec


def read_nodes(spec: ReportSpec, base: str, checkpoints: Path) -> tuple[Node, ...]:
    """Every checkpoint of the study on one base, parents before children. Costs two small files each."""
    return tuple(read_node(path, checkpoints / path) for path in tree_of(spec, base))


def tree_of(spec: ReportSpec, base: str) -> list[str]:
    """Paths of all that the study reads on a base, and of what that descends from, in the study's order by depth."""
    read = dict.fromkeys(cell.node for cell in spec.cells if cell.base == base)
    found = dict.fromkeys(path for node in read for path in lineage(node))
    return sorted(found, key=lambda path: path.count("/"))


def read_node(path: str, folder: Path) -> Node:
    """One checkpoint; what is torn counts as missing, and is made again by the workflow."""
    made = read_made(folder)
    if made is None:
        return Node(path=path, state="missing")
    step, steps = made.record.get("best_step"), made.record.get("steps")
    return Node(
        path=path,
        state="degenerate" if made.sign else "made",
        digest=made.digest,
        step=step if isinstance(step, int) else None,
        steps=steps if isinstance(steps, int) else None,
        dev=made.dev,
    )
