"""Noise on what a model reads, at a rate: the share of tokens, or of letters, that it touches, on average.

What is drawn follows from language, sentence, operator and rate alone: every checkpoint with the same tokenizer reads
the same noise, in whatever order and company a sentence comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from xstilts.alignment.typos import misspelt

Draws = np.random.Generator


def draws_of(language: str, sentence: str, operator: str, rate: float) -> Draws:
    """The random numbers of one sentence under one operator at one rate."""
    name = "\0".join((language, sentence, operator, f"{rate:g}"))
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest()))


def touched(count: int, rate: float, draws: Draws) -> np.ndarray:
    """Which of so many tokens are touched, each with probability `rate`; one at least is left alone."""
    hit: np.ndarray = draws.random(count) < rate
    if count and hit.all():
        hit[draws.integers(count)] = False
    return hit


def drop(tokens: np.ndarray, rate: float, draws: Draws, mask: int) -> np.ndarray:
    """Some tokens are missing, never all."""
    left: np.ndarray = tokens[~touched(len(tokens), rate, draws)]
    return left


def masked(tokens: np.ndarray, rate: float, draws: Draws, mask: int) -> np.ndarray:
    """Some tokens are the mask, never all."""
    return np.where(touched(len(tokens), rate, draws), mask, tokens).astype(tokens.dtype)


def swap(tokens: np.ndarray, rate: float, draws: Draws, mask: int) -> np.ndarray:
    """Some pairs of neighbours have changed places; a token changes its place once at most."""
    hit = draws.random(len(tokens)) < rate / (2 - rate)  # a hit moves two tokens: so `rate` of them are moved
    found, place = tokens.copy(), 0
    while place < len(tokens) - 1:
        if hit[place]:
            found[[place, place + 1]] = found[[place + 1, place]]
        place += 2 if hit[place] else 1
    return found


ON_TOKENS: dict[str, Callable[[np.ndarray, float, Draws, int], np.ndarray]] = {
    "drop": drop,
    "mask": masked,
    "swap": swap,
}
"""By name, from the tokens of a sentence without special ones, rate, draws and the mask's id to other tokens."""
ON_TEXT: dict[str, Callable[[str, float, Draws], str]] = {"typo": misspelt}
"""By name, from a text, rate and draws to another text."""
