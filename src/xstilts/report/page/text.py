"""How figures and names are written on the page."""

from __future__ import annotations

import math
from collections.abc import Iterable

from xstilts.languages import LANGUAGES
from xstilts.report.findings import Effect, Estimate

DASH = "–"
SMALLEST_P = 0.001


def score(figure: Estimate | float | None) -> str:
    """A score in per cent."""
    if figure is None:
        return DASH
    return _number(figure.value if isinstance(figure, Estimate) else figure, "")


def signed(figure: Estimate | float | None) -> str:
    """A difference in points."""
    if figure is None:
        return DASH
    return _number(figure.value if isinstance(figure, Estimate) else figure, "+")


def span(figure: Estimate | tuple[float, float] | None) -> str:
    """The interval alone."""
    if figure is None:
        return DASH
    low, high = (figure.low, figure.high) if isinstance(figure, Estimate) else figure
    return f"[{_number(low, '')}, {_number(high, '')}]"


def _number(value: float, sign: str) -> str:
    # A typographic minus is as wide as a digit; what rounds to nothing has no sign.
    rounded = round(value, 1)
    return f"{rounded:{sign}.1f}".replace("-", "−") if rounded else "0.0"


def probability(p: float) -> str:
    """A p-value, with its relation: `= 0.012`, `< 0.001`."""
    return f"= {p:.3f}" if p >= SMALLEST_P else f"< {SMALLEST_P}"


def sureness(effect: Effect) -> str:
    """What is known of a difference beside its interval."""
    if effect.holm is None or effect.holm == effect.p:
        return f"p {probability(effect.p)}"
    return f"p {probability(effect.p)}, after Holm’s correction {probability(effect.holm)}"


def judgement(effect: Effect) -> str:
    """In words what the marks say: a filled arrow, a hollow one, none."""
    if effect.significant:
        return "a gain" if effect.significant > 0 else "a loss"
    if effect.sign:
        return "not decided: its own interval excludes 0, the corrected p does not hold"
    return "not decided"


def count(number: int) -> str:
    """A whole number, its thousands apart by a narrow space that does not break."""
    return f"{number:,}".replace(",", "\u202f")


def hours(number: float | None) -> str:
    """Hours with as many digits as they are worth."""
    if number is None:
        return DASH
    if number >= 100:
        return count(round(number))
    return f"{number:.1f}" if number >= 1 or number == 0 else f"{number:.{1 - math.floor(math.log10(number))}f}"


def plural(number: int, thing: str) -> str:
    """`1 target`, `2 targets`."""
    return f"{count(number)} {thing}{'' if number == 1 else 's'}"


def language(code: str) -> str:
    """A language's name, or both of a pair; the code where the project does not know it."""
    if code in LANGUAGES:
        return LANGUAGES[code].name
    parts = code.split("-", 1)
    return " – ".join(LANGUAGES[part].name for part in parts) if all(part in LANGUAGES for part in parts) else code


def listed(things: Iterable[object]) -> str:
    """`a, b and c`."""
    *first, last = [str(thing) for thing in things]
    return f"{', '.join(first)} and {last}" if first else last
