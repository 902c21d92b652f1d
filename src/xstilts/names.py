"""Names: which are safe as parts of paths, and which one was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

NAME = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*")
NAME_RULE = "lower-case letters, digits, '-' and single '.', beginning with a letter or digit"


def is_name(text: str) -> bool:
    """Whether `text` can be part of a path without leading anywhere else."""
    return len(text) <= 64 and NAME.fullmatch(text) is not None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be."""
    candidates = list(known)
    lowered = name.lower()
    if lowered in candidates:
        return lowered
    swapped = [known for known in candidates if sorted(known) == sorted(lowered)]
    found = swapped or difflib.get_close_matches(lowered, candidates, n=1, cutoff=0.55)
    return found[0] if found else None


def suggest(name: str, known: Iterable[str]) -> str:
    """' (did you mean ...?)', or nothing when no known name is near."""
    near = nearest(name, known)
    return f" (did you mean {near!r}?)" if near else ""
