"""The picture of a training, `curve.svg`: its loss and its English dev score by step.

Written as text: 0.2 ms a picture, where matplotlib took 61 (measured: six points, one core), and training, which draws
its own, need not load it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from xstilts.report.made import dev_percent
from xstilts.report.writing import number

CURVE = "curve.svg"
WIDTH, LEFT, RIGHT = 640, 62, 28
PANEL, TOP, GAP = 116, 30, 46
HEIGHT = TOP + 2 * PANEL + GAP + 40
FEW = 60  # points that are marked one by one
BLUE, RED, INK, GRID = "#0b5c8a", "#a8430f", "#333333", "#dddddd"
Points = Sequence[tuple[float, float | None]]


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, drawn from pixel `start` to pixel `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{self.start + share * (self.end - self.start):.1f}"


def curve_svg(record: Mapping[str, Any]) -> str | None:
    """The picture; None where there is nothing to draw, as of a run that diverged at once. Equal records, equal text.

    A light background of its own keeps it readable on a dark page.
    """
    if not drawable(record):
        return None
    points = evaluated(record)
    losses = [(point["step"], point.get("loss")) for point in points]
    share = any(dev_percent(record, point.get("dev")) is not None for point in points)
    devs = [(point["step"], dev_percent(record, point.get("dev")) if share else point.get("dev")) for point in points]
    name = escape(str(record["node"]))
    unit = "English dev score, %" if share else "English dev log-likelihood"
    steps = Axis(0, max(step for step, _ in losses), LEFT, WIDTH - RIGHT)
    lower = TOP + PANEL + GAP
    body = [
        *panel("training loss", losses, steps, TOP, BLUE),
        *panel(unit, devs, steps, lower, RED),
        *kept(record, steps),
        *(text(steps.at(tick), lower + PANEL + 16, figure(tick), "middle") for tick in ticks(0, steps.high)),
        text(str((LEFT + WIDTH - RIGHT) / 2), lower + PANEL + 34, "step", "middle"),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img">',
            f"<title>{name}: training loss and {unit} by step</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            '<g font-family="sans-serif" font-size="12">',
            *body,
            "</g>",
            "</svg>\n",
        ]
    )


def evaluated(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The points of the curve: one an evaluation."""
    return [point for point in record.get("curve", ()) if point.get("step")]


def drawable(record: Mapping[str, Any]) -> bool:
    """Whether there is anything to draw."""
    return any(point.get(name) is not None for point in evaluated(record) for name in ("loss", "dev"))


def panel(title: str, points: Points, steps: Axis, top: float, colour: str) -> list[str]:
    """One curve with its axis and its title."""
    values = [value for _, value in points if value is not None]
    drawn = [text(str(LEFT), top - 10, title, "start", colour)]
    if not values:
        return [*drawn, text(str(LEFT + 8), top + PANEL / 2, "no finite value", "start")]
    room = 0.06 * (max(values) - min(values)) or 0.05 * abs(values[0]) or 1.0
    axis = Axis(min(values) - room, max(values) + room, top + PANEL, top)
    for tick in ticks(axis.low, axis.high):
        y = axis.at(tick)
        drawn.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="{GRID}"/>')
        drawn.append(text(str(LEFT - 8), float(y) + 4, figure(tick), "end"))
    places = [[(steps.at(step), axis.at(value)) for step, value in run] for run in unbroken(points)]
    for run in places:
        line = " ".join(f"{x},{y}" for x, y in run)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    if len(values) <= FEW:
        drawn += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for run in places for x, y in run]
    return drawn


def kept(record: Mapping[str, Any], steps: Axis) -> list[str]:
    """A line at the step whose weights were kept."""
    step = record.get("best_step")
    if not step:
        return []
    x, bottom = steps.at(step), TOP + 2 * PANEL + GAP
    return [
        f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}" stroke="{INK}" stroke-dasharray="4 3"/>',
        text(str(WIDTH - RIGHT), TOP - 10, f"dashed: step {step:,}, which was kept", "end"),
    ]


def unbroken(points: Points) -> list[list[tuple[float, float]]]:
    """The curve in pieces, where some values are no numbers."""
    runs: list[list[tuple[float, float]]] = [[]]
    for step, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((step, value))
    return [run for run in runs if run]


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, `most` at most."""
    raw = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    width = next(power * times for times in (1, 2, 2.5, 5, 10, 20) if power * times >= raw)
    return [n * width for n in range(math.ceil(low / width), math.floor(high / width) + 1)]


def figure(value: float) -> str:
    """A number on an axis, as short as it is exact; a typographic minus."""
    return number(round(value, 6), ",.6g")


def text(x: str, y: float, said: str, anchor: str, colour: str = INK) -> str:
    """One line of writing."""
    return f'<text x="{x}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'
