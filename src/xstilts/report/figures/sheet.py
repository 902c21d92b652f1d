"""What all figures share: the palette, the type, and a sheet that is drawn on in inches from its upper left corner.

Everything is placed here and not by matplotlib's axes: a figure is as tall as its rows need, text stays text at a size
that a phone shows as it is, and the SVG holds nothing but what is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import matplotlib
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

from xstilts.report.findings import Effect
from xstilts.report.writing import number

# The page's style sheet has these by name, and `theme.py` puts the names back; pairs are apart for every kind of sight.
INK, SOFT, LINE, PAPER = "#1d1f21", "#5c6166", "#dcdedf", "#fdfdfc"
UP, DOWN = "#0b5fa5", "#a8480a"

FONT = "DejaVu Sans"  # comes with matplotlib, so PNGs are the same everywhere; wide, so other fonts find room
WIDTH = 3.6  # inches: 346 CSS pixels, so that a phone of 390 shows it unscaled
MARGIN = 0.04
TITLE, TEXT, SMALL, NOTE = 9.0, 7.5, 6.5, 6.0  # points
STYLE: dict[Any, Any] = {
    "font.family": FONT,
    "text.parse_math": False,  # names are the users' own
    "svg.fonttype": "none",
    "svg.hashsalt": "xstilts",  # else ids are random
    "hatch.linewidth": 0.6,
}
Shape = Literal["o", "D", "s", "^"]
Side = Literal["left", "center", "right"]


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib as it is out of the box, whatever the reader's own settings, with ours on top."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


@dataclass(frozen=True)
class Drawing:
    """A figure that is ready to be written, and the data behind it."""

    figure: Figure
    says: str
    """What it shows, with its main number, in a sentence or two: read out to those who do not see it."""
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Scale:
    """Where values lie between two places on the sheet."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)

    def ticks(self, most: int) -> list[float]:
        """Round values on the scale, about so many at most."""
        found = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        slack = 1e-9 * (self.high - self.low)
        return [float(tick) + 0.0 for tick in found if self.low - slack <= tick <= self.high + slack]


@dataclass(frozen=True)
class Key:
    """One entry of a legend: a mark and what it means; without a shape, a patch of colour."""

    means: str
    colour: str
    shape: Shape | None = None
    filled: bool = True
    hatch: str = ""


class Sheet:
    """A figure that grows downwards: `y` is where the next thing goes."""

    def __init__(self, title: str, subtitle: str, width: float = WIDTH) -> None:
        self.width = width
        self.figure = Figure(figsize=(width, 1), facecolor=PAPER)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, width)
        self.y = MARGIN
        self.paragraph(title, TITLE, INK, bold=True)
        self.paragraph(subtitle, SMALL, SOFT)
        self.y += 0.08

    def finish(self, notes: Iterable[str]) -> Figure:
        """The figure, with its notes below it and cut to what was drawn."""
        self.y += 0.06
        for note in notes:
            self.paragraph(note, NOTE, SOFT)
        height = self.y + MARGIN
        self.figure.set_size_inches(self.width, height)
        self.axes.set_ylim(height, 0)
        return self.figure

    def paragraph(self, text: str, size: float, colour: str, bold: bool = False) -> None:
        """Text over the whole width, in as many lines as it takes."""
        for line in wrapped(text, size, self.width - 2 * MARGIN, bold):
            self.text(MARGIN, self.y + 0.7 * size / 72, line, size, colour, bold=bold)
            self.y += 1.3 * size / 72

    def empty(self, why: str) -> None:
        """A frame in place of a figure that has no data."""
        lines = wrapped(why, TEXT, self.width - 0.5)
        height = 0.5 + 0.15 * len(lines)
        self.box(MARGIN, self.y, self.width - 2 * MARGIN, height, edge=LINE, id="empty")
        for i, line in enumerate(lines):
            self.text(self.width / 2, self.y + 0.325 + 0.15 * i, line, TEXT, SOFT, "center")
        self.y += height

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = TEXT,
        colour: str = INK,
        side: Side = "left",
        bold: bool = False,
        upright: bool = False,
        id: str | None = None,
    ) -> None:
        """One line whose middle is at `y`; `upright`: from there upwards."""
        shift = 0.36 * size / 72  # half the height of a capital
        x, y = (x + shift, y) if upright else (x, y + shift)
        weight = "bold" if bold else "normal"
        font = FontProperties(family=FONT, size=size, weight=weight)
        self._add(
            Text(x, y, text, color=colour, ha=side, va="baseline", fontproperties=font, gid=id,
                 rotation=90 if upright else 0, rotation_mode="anchor")
        )  # fmt: skip

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str, width: float = 0.8, id: str | None = None,
             dashed: bool = False) -> None:  # fmt: skip
        """A line through some places; its width is in points."""
        line = Line2D(xs, ys, color=colour, linewidth=width, solid_capstyle="butt", gid=id)
        if dashed:
            line.set_linestyle((0.0, (3.0, 2.0)))
        self._add(line)

    def mark(self, x: float, y: float, shape: Shape, colour: str, filled: bool = True, size: float = 5.0,
             id: str | None = None) -> None:  # fmt: skip
        """One mark; a hollow one hides what lies below it."""
        face = colour if filled else PAPER
        self._add(Line2D([x], [y], marker=shape, markersize=size, markerfacecolor=face, markeredgecolor=colour,
                         markeredgewidth=0.9, linestyle="none", gid=id))  # fmt: skip

    def box(self, x: float, y: float, width: float, height: float, fill: str | None = None, opacity: float = 1.0,
            edge: str | None = None, hatch: str = "", id: str | None = None) -> None:  # fmt: skip
        """A rectangle from its upper left corner."""
        face = matplotlib.colors.to_rgba(fill, opacity) if fill else "none"
        self._add(Rectangle((x, y), width, height, facecolor=face, edgecolor=edge or "none", hatch=hatch or None,
                            hatchcolor=SOFT, linewidth=0.6 if edge else 0, gid=id))  # fmt: skip

    def axis(self, scale: Scale, top: float, bottom: float, most: int, id: str) -> None:
        """Hair lines at round values, and the values below them."""
        for tick in scale.ticks(most):
            x = scale(tick)
            self.line([x, x], [top, bottom], LINE, 0.6)
            self.text(x, bottom + 0.09, number(tick, ".10g"), NOTE, SOFT, "center", id=f"{id}{tick:g}")

    def legend(self, keys: Iterable[Key]) -> None:
        """Entries side by side, in as many lines as they take."""
        x, self.y = MARGIN, self.y + 0.08
        for key in keys:
            wide = 0.16 + text_width(key.means, SMALL)
            if x > MARGIN and x + wide > self.width - MARGIN:
                x, self.y = MARGIN, self.y + 0.14
            if key.shape:
                self.mark(x + 0.05, self.y, key.shape, key.colour, key.filled, 4.5)
            else:
                self.box(x, self.y - 0.04, 0.11, 0.08, key.colour, hatch=key.hatch)
            self.text(x + 0.15, self.y, key.means, SMALL, SOFT)
            x += wide + 0.12
        self.y += 0.08

    def _add(self, artist: Artist) -> None:
        artist.set_clip_on(False)
        self.axes.add_artist(artist)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """In inches."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def wrapped(text: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Lines no wider than `width` inches, but for a word that alone is wider, which is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines.append(cut(word, size, width, bold))
    return lines


def cut(text: str, size: float, width: float, bold: bool = False) -> str:
    """Text that fits, with … in place of its middle, since long names of recipes differ at their ends."""
    kept = len(text)
    shown = text
    while kept > 2 and text_width(shown, size, bold) > width:
        kept -= 1
        shown = text[: (kept + 1) // 2] + "…" + text[len(text) - kept // 2 :]
    return shown


def widest(texts: Iterable[str], size: float, bold: bool = False) -> float:
    """The width of the widest, in inches."""
    return max((text_width(text, size, bold) for text in texts), default=0.0)


def hue(effect: Effect) -> str:
    """The colour of a difference: that of its sign where it holds after the correction."""
    return {1: UP, -1: DOWN, 0: SOFT}[effect.significant]
