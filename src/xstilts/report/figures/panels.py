"""Small panels, two side by side: recipes as rows, one panel a target, each with an axis of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from xstilts.report.figures.sheet import INK, MARGIN, NOTE, SMALL, SOFT, Scale, Sheet, cut, widest

ROW, HEAD, FOOT, BETWEEN = 0.145, 0.3, 0.26, 0.14


@dataclass(frozen=True)
class Panel:
    """What one panel is about, and the values that its axis must reach."""

    id: str
    title: str
    subtitle: str
    values: Sequence[float]


@dataclass(frozen=True)
class Frame:
    """Where a panel's things go."""

    scale: Scale
    top: float
    bottom: float

    def row(self, i: int) -> float:
        """The middle of a row."""
        return self.top + ROW * (i + 0.5)


def draw_panels(
    sheet: Sheet, panels: Iterable[Panel], recipes: Sequence[str], baseline: str, draw: Callable[[Panel, Frame], None]
) -> None:
    """Draw every panel; `draw` adds what is in it."""
    left = MARGIN + min(widest(recipes, SMALL, bold=True), 0.95) + 0.1
    wide = (sheet.width - left - BETWEEN - 2 * MARGIN) / 2
    tall = ROW * len(recipes)
    for i, panel in enumerate(panels):
        if i and i % 2 == 0:
            sheet.y += HEAD + tall + FOOT
        x, top = left + (i % 2) * (wide + BETWEEN), sheet.y + HEAD
        if i % 2 == 0:
            for k, recipe in enumerate(recipes):
                shown = cut(recipe, SMALL, left - MARGIN - 0.08, recipe == baseline)
                sheet.text(MARGIN, top + ROW * (k + 0.5), shown, SMALL, INK, bold=recipe == baseline)
        sheet.text(x, top - 0.2, cut(panel.title, SMALL, wide, bold=True), SMALL, INK, bold=True)
        sheet.text(x, top - 0.09, cut(panel.subtitle, NOTE, wide), NOTE, SOFT)
        frame = Frame(scale_of(panel.values, x, x + wide), top, top + tall)
        sheet.axis(frame.scale, top, top + tall, 3, f"tick-{panel.id}-")
        draw(panel, frame)
    sheet.y += HEAD + tall + FOOT


def scale_of(values: Sequence[float], left: float, right: float) -> Scale:
    """A scale that holds the values with some room."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(0.06 * (high - low), 0.5)
    return Scale(low - room, high + room, left, right)
