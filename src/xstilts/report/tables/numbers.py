"""How figures are written for people, and for programs."""

from __future__ import annotations

from xstilts.report.findings import Effect, Estimate
from xstilts.report.tables.table import Plain

ESTIMATE = ("", "_low", "_high")
EFFECT = (*ESTIMATE, "_p", "_holm", "_significant")


def score(value: float) -> str:
    """A score in per cent, one digit after the point."""
    return _number(value, "")


def signed(value: float) -> str:
    """A difference in points."""
    return _number(value, "+")


def _number(value: float, sign: str) -> str:
    # A typographic minus is as wide as a digit; what rounds to nothing has no sign.
    rounded = round(value, 1)
    return f"{rounded:{sign}.1f}".replace("-", "−") if rounded else "0.0"


def span(low: float, high: float) -> str:
    """An interval."""
    return f"[{score(low)}, {score(high)}]"


def estimate(figure: Estimate | None) -> tuple[Plain, ...]:
    """The fields `ESTIMATE` of a sheet."""
    return (figure.value, figure.low, figure.high) if figure else (None,) * len(ESTIMATE)


def effect(figure: Effect | None) -> tuple[Plain, ...]:
    """The fields `EFFECT` of a sheet."""
    if figure is None:
        return (None,) * len(EFFECT)
    return (*estimate(figure), exact(figure.p), exact(figure.holm), figure.significant)


def exact(p: float | None) -> str | None:
    """A p-value for programs: four digits after the point would make a small one nothing."""
    return None if p is None else f"{p:.6g}"


def under(name: str, endings: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a figure's fields in a sheet."""
    return tuple(name + ending for ending in endings)
