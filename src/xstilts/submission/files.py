"""What a submission's files hold, by the kind of their folder.

All of it is ASCII: XTREME's evaluation opens files in whatever encoding its machine has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """One language's file."""

    text: str
    count: int
    """Of what the folder counts: lines, sentences, questions, pairs."""
    filled: int = 0
    """Lines that stand for rows which nothing was predicted for."""


def lines(rows: list[str], filled: int = 0) -> File:
    """A file with a line each."""
    return File("".join(f"{row}\n" for row in rows), len(rows), filled)
