"""Figures as people read them."""

from __future__ import annotations

SIZES = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
NOTHING = "–"


def size(count: float) -> str:
    """31.4 GB: in powers of ten, as disks are sold and this project's settings are written."""
    for unit, worth in SIZES:
        if count >= 0.9995 * worth:
            return f"{count / worth:.{0 if count >= 99.95 * worth else 1}f} {unit}"
    return f"{count:.0f} B" if count else NOTHING


def hours(count: float) -> str:
    """1,204 or 31.4 or 0.05 hours; what is less than that is not nothing, but <0.01."""
    if 0 < count < 0.01:
        return "<0.01"
    if count < 1:
        return f"{count:.2f}" if count else NOTHING
    return f"{count:.1f}" if count < 99.95 else f"{count:,.0f}"


def span(seconds: float) -> str:
    """2 d 14 h, 3 h 05 min, 4 min 10 s, 12 s: the two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    full = round(seconds / 3600)
    return f"{full // 24} d {full % 24} h"


def count(number: int, one: str, many: str | None = None) -> str:
    """1 job, 1,106 jobs."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
