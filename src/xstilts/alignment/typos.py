"""Typing errors, in any script: letters swapped with the next, left out, or typed twice, inside of words."""

from __future__ import annotations

import unicodedata

import numpy as np

JOINERS = "\u200c\u200d"  # which belong to the letter before, in Persian and in scripts of India
PER_ERROR = 4 / 3  # letters that an error touches on average: a swap two, the others one


def misspelt(text: str, rate: float, draws: np.random.Generator) -> str:
    """The text with errors that touch `rate` of its letters, on average. A word keeps one letter at least.

    Letters at the end of a word have no next one to be swapped with, so in short words it is a little less.
    """
    units = letters(text)
    word = words_of(units)
    chance = rate / (PER_ERROR - rate * (PER_ERROR - 1))
    hit, kind = draws.random(len(units)) < chance, draws.integers(3, size=len(units))
    left = np.bincount(word[word >= 0], minlength=1)  # letters of each word that are still there
    found: list[str] = []
    place = 0
    while place < len(units):
        unit, own = units[place], word[place]
        place += 1
        if own < 0 or not hit[place - 1]:
            found.append(unit)
        elif kind[place - 1] == 0 and place < len(units) and word[place] == own:
            found += [units[place], unit]
            place += 1
        elif kind[place - 1] <= 1 and left[own] > 1:
            left[own] -= 1
        else:
            found += [unit, unit]
    return "".join(found)


def letters(text: str) -> list[str]:
    """Characters, each with the marks that are written on it: a vowel sign never comes to stand without its letter."""
    units: list[str] = []
    for character in text:
        if units and (character in JOINERS or unicodedata.category(character).startswith("M")):
            units[-1] += character
        else:
            units.append(character)
    return units


def words_of(units: list[str]) -> np.ndarray:
    """The number of each letter's word, a run of letters; -1 for what is no letter."""
    alphabetic = np.array([unit[0].isalpha() for unit in units], dtype=bool)
    begins = alphabetic & ~np.concatenate([[False], alphabetic[:-1]])
    return np.where(alphabetic, begins.cumsum() - 1, -1)
