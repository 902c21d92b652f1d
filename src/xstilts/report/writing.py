"""How figures and names are written for people: on the page, in figures, tables, cards and verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.languages import LANGUAGES
from xstilts.report.findings import Estimate

DASH = "–"
"""In place of what is not there."""


def number(value: float, form: str = ".1f") -> str:
    """With a typographic minus, which is as wide as a digit; what rounds to nothing has no sign."""
    text = f"{value:{form}}"
    return text.replace("-", "−") if text.strip("+-0.") else text.lstrip("+-")


def score(figure: Estimate | float | None) -> str:
    """A score in per cent, one digit after the point."""
    if figure is None:
        return DASH
    return number(figure.value if isinstance(figure, Estimate) else figure)


def signed(figure: Estimate | float | None) -> str:
    """A difference in points."""
    if figure is None:
        return DASH
    return number(figure.value if isinstance(figure, Estimate) else figure, "+.1f")


def span(figure: Estimate | tuple[float, float] | None) -> str:
    """An interval alone."""
    if figure is None:
        return DASH
    low, high = (figure.low, figure.high) if isinstance(figure, Estimate) else figure
    return f"[{number(low)}, {number(high)}]"


def listed(things: Iterable[object], most: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; of more than `most` the rest is counted: `a, b and 3 more`."""
    named = [str(thing) for thing in things]
    if most is not None and len(named) > most:
        named[most:] = [f"{len(named) - most} more"]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def language(code: str) -> str:
    """A language's name, or both of a pair; the code where the project does not know it."""
    if code in LANGUAGES:
        return LANGUAGES[code].name
    parts = code.split("-", 1)
    return " – ".join(LANGUAGES[part].name for part in parts) if all(part in LANGUAGES for part in parts) else code
