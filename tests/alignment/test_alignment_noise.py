"""Noise: its rate, what it leaves alone, and that it follows from a sentence's name alone."""

import unicodedata
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.alignment import OPERATORS
from xstilts.alignment.noise import ON_TEXT, ON_TOKENS, draws_of
from xstilts.alignment.typos import letters, misspelt, words_of

RATES = [0.1, 0.3, 0.9]
MASK = 999
COUNT = 20_000
TOKENS = np.arange(COUNT, dtype=np.int32)
SLACK = 4 * np.sqrt(0.25 / COUNT)  # four standard errors of a share, at the most


def under(operator: str, tokens: np.ndarray, rate: float, name: str = "s1") -> np.ndarray:
    return ON_TOKENS[operator](tokens, rate, draws_of("qla", name, operator, rate), MASK)


def test_every_kind_of_noise_has_an_operator():
    assert set(OPERATORS) == ON_TOKENS.keys() | ON_TEXT.keys()


@pytest.mark.parametrize("rate", RATES)
def test_the_rate_is_the_share_of_tokens_that_are_touched(rate):
    dropped, masked, swapped = (under(operator, TOKENS, rate) for operator in ("drop", "mask", "swap"))
    assert 1 - len(dropped) / COUNT == pytest.approx(rate, abs=SLACK)
    assert set(dropped) <= set(TOKENS) and (np.diff(dropped) > 0).all()
    assert (masked == MASK).mean() == pytest.approx(rate, abs=SLACK)
    assert (masked[masked != MASK] == TOKENS[masked != MASK]).all()
    assert (swapped != TOKENS).mean() == pytest.approx(rate, abs=2 * SLACK)  # which moves two at a time
    assert sorted(swapped) == TOKENS.tolist() and abs(swapped - TOKENS).max() == 1


@pytest.mark.parametrize("rate", RATES)
def test_the_rate_is_the_share_of_letters_that_are_touched(rate):
    """Each word is the letters of the alphabet in their order, so what happened to them can be read off."""
    word, words = "abcdefghijklmnopqrstuvwxyz", 1000
    found = misspelt(" ".join([word] * words), rate, draws_of("qla", "s1", "typo", rate)).split(" ")
    assert len(found) == words
    kinds: Counter[str] = Counter()
    for one in found:
        counted = Counter(one)
        kinds["doubled"] += sum(count == 2 for count in counted.values())
        kinds["left out"] += len(word) - len(counted)
        once = "".join(dict.fromkeys(one))
        kinds["swapped"] += 2 * sum(a > b for a, b in pairwise(once))
    touched = sum(kinds.values()) / (words * len(word))
    assert touched == pytest.approx(rate, abs=0.02 + 0.05 * rate)
    assert all(kinds[kind] > 0 for kind in ("doubled", "left out", "swapped"))


@given(st.lists(st.integers(0, 50), max_size=30), st.sampled_from(["drop", "mask", "swap"]), st.text(max_size=5))
def test_noise_follows_from_the_name_alone_and_leaves_something(tokens, operator, name):
    tokens = np.array(tokens, dtype=np.int32)
    before = tokens.copy()
    found = under(operator, tokens, 0.9, name)
    assert (tokens == before).all(), "what is read stays as it is"
    assert found.dtype == tokens.dtype
    under(operator, TOKENS[:100], 0.9, "another sentence, in between")
    assert (under(operator, tokens, 0.9, name) == found).all()
    assert (under(operator, tokens, 0.0, name) == tokens).all()
    assert not len(tokens) or (len(found) and (found != MASK).any())


def test_language_sentence_operator_and_rate_each_draw_anew():
    names = [("qla", "1", "drop", 0.1), ("qlb", "1", "drop", 0.1), ("qla", "2", "drop", 0.1), ("qla", "1", "mask", 0.1)]
    names += [("qla", "1", "drop", 0.2), ("qla1", "", "drop", 0.1)]
    assert len({draws_of(*name).random() for name in names}) == len(names)
    assert draws_of(*names[0]).random() == draws_of(*names[0]).random()


TEXTS = st.text(st.sampled_from("abcdeñ éüß Жид שלום ہے नमस्ते  ไทยนี้ 日本語 12-,.\u200c\u0301"), max_size=40)


@given(TEXTS, st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 2**32))
def test_typing_errors_stay_inside_words_in_any_script(text, rate, seed):
    found = misspelt(text, rate, np.random.default_rng(seed))
    units, after = letters(text), letters(found)
    others = [unit for unit, word in zip(units, words_of(units), strict=True) if word < 0]
    assert [unit for unit in after if not unit[0].isalpha()] == others, "what is no letter stays, in its order"
    assert words_of(after).max(initial=-1) == words_of(units).max(initial=-1), "no word is lost, none is split"
    assert set(after) <= set(units), "no mark is parted from its letter"
    assert misspelt(text, 0.0, np.random.default_rng(seed)) == text
    assert misspelt(text, rate, np.random.default_rng(seed)) == found


def test_marks_belong_to_their_letters():
    assert letters("né\u0301 नि") == ["n", "é\u0301", " ", "नि"]
    assert unicodedata.category("ि") == "Mc"
    assert words_of(letters("ab 1 cd-e")).tolist() == [0, 0, -1, -1, -1, 1, 1, -1, 2]
