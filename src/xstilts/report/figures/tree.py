"""The tree of checkpoints, from the base to what was read for every target; seeds are told together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from xstilts.report.figures.sheet import (
    DOWN,
    INK,
    LINE,
    MARGIN,
    NOTE,
    SMALL,
    SOFT,
    WIDTH,
    Drawing,
    Key,
    Shape,
    Sheet,
    cut,
    text_width,
)
from xstilts.report.figures.told import origin, share
from xstilts.report.findings import BaseFindings, Findings

ROW, LINE_OF_TEXT, LONGEST = 0.145, 0.12, 1.5
MARKS: dict[str, tuple[Shape, str, bool]] = {
    "made": ("o", INK, True),
    "degenerate": ("^", DOWN, True),
    "missing": ("s", SOFT, False),
}
COLUMNS = ("node", "depth", "stage", "targets", "seeds", "made", "degenerate", "missing", "dev")


@dataclass
class Branch:
    """A checkpoint, all seeds together."""

    path: str
    """Without the seed."""
    stage: str
    depth: int
    states: Counter[str] = field(default_factory=Counter)
    dev: list[float] = field(default_factory=list)
    targets: dict[str, None] = field(default_factory=dict)
    """Titles of those that are read with it, in order."""
    children: dict[str, Branch] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The worst of its seeds'."""
        return next((state for state in ("missing", "degenerate") if self.states[state]), "made")

    @property
    def told(self) -> str:
        """Its state in words; "" where all is well."""
        seeds = self.states.total()
        return ", ".join(share(self.states[s], seeds, s) for s in ("missing", "degenerate") if self.states[s])

    @property
    def below(self) -> list[str]:
        """What stands below its name where other checkpoints hang on it, line by line."""
        return [*([self.told] if self.told else []), *self.targets] if self.children else []

    @property
    def label(self) -> str:
        """Its name; of a leaf with the targets that the name does not say."""
        if self.children or not self.targets or [title.lower() for title in self.targets] == [self.stage]:
            return self.stage
        return f"{self.stage}: {', '.join(self.targets)}"

    @property
    def height(self) -> float:
        """Of it and all that hangs on it, in inches."""
        own = ROW + LINE_OF_TEXT * len(self.below)
        return max(own, sum(child.height for child in self.children.values()))


def tree(findings: Findings, found: BaseFindings) -> Drawing:
    """The base at the left; what is trained from a checkpoint to its right."""
    root = grown(found)
    widths: dict[int, float] = {}
    for branch in flat(root):
        longest = max(text_width(cut(branch.label, SMALL, LONGEST), SMALL, bool(branch.children)),
                      *(text_width(line, NOTE) for line in branch.below), 0.0)  # fmt: skip
        if not branch.children and branch.told:
            longest += 0.06 + text_width(branch.told, NOTE)
        widths[branch.depth] = max(widths.get(branch.depth, 0.0), longest)
    lefts = {0: MARGIN + 0.04}
    for depth in range(1, len(widths)):
        lefts[depth] = lefts[depth - 1] + 0.09 + widths[depth - 1] + 0.26
    last = len(widths) - 1
    sheet = Sheet(
        "The tree of checkpoints",
        "Trained from left to right; below a name: the targets that are read with it as it is.",
        max(WIDTH, lefts[last] + 0.09 + widths[last] + MARGIN),
    )
    _branch(sheet, root, lefts, sheet.y)
    sheet.y += root.height + 0.04
    sheet.legend([Key(state, colour, shape, filled) for state, (shape, colour, filled) in MARKS.items()])
    notes = ["Degenerate: it learned nothing, and stayed so with other seeds. A mark is that of the worst seed."]
    return Drawing(
        sheet.finish([*notes, origin(findings, found)]),
        _says(found),
        COLUMNS,
        [_record(branch) for branch in flat(root)],
    )


def grown(found: BaseFindings) -> Branch:
    """The tree with branches in the study's order."""
    root = Branch(found.base, found.base, 0)
    for run in found.runs:
        branch = _reach(root, run.node)
        branch.targets[next(target.title for target in found.targets if target.name == run.target)] = None
    for node in found.nodes:
        branch = _reach(root, node.path)
        branch.states[node.state] += 1
        if node.dev is not None:
            branch.dev.append(node.dev)
    return root


def flat(branch: Branch) -> list[Branch]:
    """A branch and all that hangs on it, from top to bottom."""
    return [branch, *(one for child in branch.children.values() for one in flat(child))]


def _reach(root: Branch, path: str) -> Branch:
    branch = root
    for stage in path.split("/")[2:]:  # after the base and the seed
        if stage not in branch.children:
            branch.children[stage] = Branch(f"{branch.path}/{stage}", stage, branch.depth + 1)
        branch = branch.children[stage]
    return branch


def _branch(sheet: Sheet, branch: Branch, lefts: dict[int, float], top: float) -> None:
    x, y = lefts[branch.depth], top + ROW / 2
    name = cut(branch.label, SMALL, LONGEST)
    end = x + 0.09 + text_width(name, SMALL, bool(branch.children))
    at = top
    for i, child in enumerate(branch.children.values()):
        turn, there = lefts[child.depth] - 0.14, at + ROW / 2
        start = [end + 0.04, y] if i == 0 else [turn, y]
        sheet.line([start[0], turn, turn, lefts[child.depth]], [start[1], y, there, there], LINE, 0.9)
        _branch(sheet, child, lefts, at)
        at += child.height
    shape, colour, filled = MARKS[branch.state]
    sheet.mark(x, y, shape, colour, filled, 4.5, id=f"{branch.state}-{_safe(branch.path)}")
    sheet.text(x + 0.09, y, name, SMALL, INK, bold=bool(branch.children))
    if not branch.children and branch.told:
        sheet.text(end + 0.06, y, branch.told, NOTE, DOWN if "degenerate" in branch.told else SOFT)
    for i, line in enumerate(branch.below):
        tint = DOWN if line == branch.told and "degenerate" in line else SOFT
        sheet.text(x + 0.09, y + LINE_OF_TEXT * (i + 1), line, NOTE, tint)


def _safe(path: str) -> str:
    """A path as part of an id: what XML and references do not take is written as a point."""
    return "".join(char if char.isalnum() or char in ".-" else "." for char in path)


def _record(branch: Branch) -> list[object]:
    counts = [branch.states[state] for state in MARKS]
    dev = sum(branch.dev) / len(branch.dev) if branch.dev else None
    return [branch.path, branch.depth, branch.stage, ", ".join(branch.targets), sum(counts), *counts, dev]


def _says(found: BaseFindings) -> str:
    states = Counter[str](node.state for node in found.nodes)
    told = ", ".join(f"{states[state]} {state}" for state in MARKS if states[state]) or "nothing made yet"
    return f"The tree of {len(found.nodes)} checkpoints on {found.base}, seeds counted one by one: {told}."
