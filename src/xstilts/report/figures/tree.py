"""The tree of checkpoints, from the base to what was read for every target; seeds are told together."""

from __future__ import annotations

from collections import Counter

from xstilts.report.branches import Branch, tree_of
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


def tree(findings: Findings, found: BaseFindings) -> Drawing:
    """The base at the left; what is trained from a checkpoint to its right."""
    root = tree_of(found)
    widths: dict[int, float] = {}
    for branch in root.flat:
        longest = max(text_width(cut(label(branch), SMALL, LONGEST), SMALL, bool(branch.children)),
                      *(text_width(line, NOTE) for line in below(branch)), 0.0)  # fmt: skip
        if not branch.children and told(branch):
            longest += 0.06 + text_width(told(branch), NOTE)
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
    sheet.y += height(root) + 0.04
    sheet.legend([Key(state, colour, shape, filled) for state, (shape, colour, filled) in MARKS.items()])
    notes = ["Degenerate: it learned nothing. A mark is that of the worst seed."]
    return Drawing(
        sheet.finish([*notes, origin(findings, found)]),
        _says(found),
        COLUMNS,
        [_record(branch) for branch in root.flat],
    )


def told(branch: Branch) -> str:
    """Its state in words; "" where all is well."""
    states = ((state, branch.count(state)) for state in ("missing", "degenerate"))
    return ", ".join(share(count, len(branch.nodes), state) for state, count in states if count)


def below(branch: Branch) -> list[str]:
    """What stands below its name where other checkpoints hang on it, line by line."""
    return [line for line in (told(branch), *branch.targets) if line] if branch.children else []


def label(branch: Branch) -> str:
    """Its name; of a leaf with the targets that the name does not say."""
    if branch.children or not branch.targets or [title.lower() for title in branch.targets] == [branch.stage]:
        return branch.stage
    return f"{branch.stage}: {', '.join(branch.targets)}"


def height(branch: Branch) -> float:
    """Of it and all that hangs on it, in inches."""
    return max(ROW + LINE_OF_TEXT * len(below(branch)), sum(map(height, branch.children)))


def _branch(sheet: Sheet, branch: Branch, lefts: dict[int, float], top: float) -> None:
    x, y = lefts[branch.depth], top + ROW / 2
    name = cut(label(branch), SMALL, LONGEST)
    end = x + 0.09 + text_width(name, SMALL, bool(branch.children))
    at = top
    for i, child in enumerate(branch.children):
        turn, there = lefts[child.depth] - 0.14, at + ROW / 2
        start = [end + 0.04, y] if i == 0 else [turn, y]
        sheet.line([start[0], turn, turn, lefts[child.depth]], [start[1], y, there, there], LINE, 0.9)
        _branch(sheet, child, lefts, at)
        at += height(child)
    shape, colour, filled = MARKS[branch.state]
    sheet.mark(x, y, shape, colour, filled, 4.5, id=f"{branch.state}-{_safe(branch.path)}")
    sheet.text(x + 0.09, y, name, SMALL, INK, bold=bool(branch.children))
    state = told(branch)
    if not branch.children and state:
        sheet.text(end + 0.06, y, state, NOTE, DOWN if "degenerate" in state else SOFT)
    for i, line in enumerate(below(branch)):
        tint = DOWN if line == state and "degenerate" in line else SOFT
        sheet.text(x + 0.09, y + LINE_OF_TEXT * (i + 1), line, NOTE, tint)


def _safe(path: str) -> str:
    """A path as part of an id: what XML and references do not take is written as a point."""
    return "".join(char if char.isalnum() or char in ".-" else "." for char in path)


def _record(branch: Branch) -> list[object]:
    counts = [branch.count(state) for state in MARKS]
    return [branch.path, branch.depth, branch.stage, ", ".join(branch.targets), sum(counts), *counts, branch.dev]


def _says(found: BaseFindings) -> str:
    states = Counter[str](node.state for node in found.nodes)
    counted = ", ".join(f"{states[state]} {state}" for state in MARKS if states[state]) or "nothing made yet"
    return f"The tree of {len(found.nodes)} checkpoints on {found.base}, seeds counted one by one: {counted}."
