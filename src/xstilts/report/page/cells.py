"""What a cell of a table shows, and how strongly it is coloured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from xstilts.report.findings import BaseFindings, Effect, Estimate, LanguageOutcome, Outcome
from xstilts.report.writing import DASH, score, signed

OPAQUE = 0.42  # at the end of a heat map's scale: more would hide the figure
MISSING = "missing"
Figure = Literal["score", "gain", "gap"]


@dataclass(frozen=True)
class Cell:
    """One figure in a table; `kind` is of CSS classes."""

    figure: Figure
    value: float | None
    """Unrounded, so that it can be traced; None: missing."""
    text: str
    kind: str = ""
    heat: str = ""
    """How opaque its colour is; "": it has none."""
    small: str = ""
    """Below the figure."""


def gain_scale(found: BaseFindings) -> int:
    """The difference in whole points that has the full colour: no mean over languages lies beyond it."""
    return max(1, math.ceil(max((abs(one.gain.value) for one in found.outcomes if one.gain), default=1.0)))


def language_scale(found: BaseFindings) -> int:
    """The same for differences in single languages: one in fifty may lie beyond it, and has the full colour too."""
    sizes = sorted(abs(one.gain.value) for one in found.languages if one.gain)
    return max(1, math.ceil(sizes[int(0.98 * (len(sizes) - 1))])) if sizes else 1


def mark(effect: Effect) -> str:
    """Classes of the arrow: filled where the difference holds, hollow where only its own interval excludes 0."""
    if effect.significant:
        return "up sure" if effect.significant > 0 else "down sure"
    if effect.sign:
        return "up maybe" if effect.sign > 0 else "down maybe"
    return "up" if effect.value > 0 else "down"


def gain_cell(effect: Effect, scale: int, small: str = "") -> Cell:
    """A difference to the baseline."""
    opaque = OPAQUE * min(1.0, abs(effect.value) / scale)
    return Cell("gain", effect.value, signed(effect), mark(effect), f"{opaque:.3f}", small)


def score_cell(figure: Estimate | None, heat: bool = False, small: str = "") -> Cell:
    """A score; coloured by its size, if at all."""
    if figure is None:
        return Cell("score", None, MISSING, "gone")
    return Cell("score", figure.value, score(figure), "", f"{OPAQUE * figure.value / 100:.3f}" if heat else "", small)


def main_cell(outcome: Outcome, baseline: bool, scale: int, seeds: int, lost: int) -> Cell:
    """One of the main table: the difference with the score below it; the score alone in the row of the baseline."""
    if outcome.score is None:
        return Cell("score" if baseline else "gain", None, MISSING, "gone")
    notes = ("‡" if lost else "") + (f" {len(outcome.seeds)} of {seeds} seeds" if len(outcome.seeds) < seeds else "")
    if outcome.gain is None:
        below = "" if baseline else "no baseline"
        return score_cell(outcome.score, small=f"{below}{notes}".strip())
    return gain_cell(outcome.gain, scale, score(outcome.score) + notes)


def language_cells(one: LanguageOutcome, baseline: bool, scale: int) -> tuple[Cell, Cell]:
    """Score and difference in one language."""
    level = score_cell(one.score, heat=True)
    if one.gain:
        return level, gain_cell(one.gain, scale)
    lacking = level if baseline or one.score is None else Cell("gain", None, DASH, "gone")
    return level, lacking


def gap_cell(outcome: Outcome) -> Cell:
    """English less the others, and how that changed."""
    if outcome.gap is None:
        return Cell("gap", None, MISSING if outcome.score is None else DASH, "gone")
    change = outcome.gap_change
    return Cell(
        "gap",
        outcome.gap.value,
        score(outcome.gap),
        mark(change) if change else "",
        small=signed(change) if change else "",
    )
