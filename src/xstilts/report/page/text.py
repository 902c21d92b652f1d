"""How figures and names are written on the page."""

from __future__ import annotations

import math

from xstilts.report.findings import Effect
from xstilts.report.writing import DASH, language, listed, score, signed, span

__all__ = ["DASH", "count", "hours", "judgement", "language", "listed", "plural", "probability", "score", "signed",
           "span", "sureness"]  # fmt: skip
SMALLEST_P = 0.001


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
