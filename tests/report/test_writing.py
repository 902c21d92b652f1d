"""Figures and names in words: one hand for the page, figures, tables, cards and verdicts."""

import pytest

from xstilts.report.writing import language, listed, number, score, signed, span


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (-1.26, ".1f", "−1.3"),
        (-0.04, ".1f", "0.0"),
        (0.04, "+.1f", "0.0"),
        (100.0, "+g", "+100"),
        (0.0, "+g", "0"),
        (-12500.0, ",.6g", "−12,500"),
        (-0.0004, ".3f", "0.000"),
    ],
)
def test_a_number_has_a_typographic_minus_and_nothing_has_no_sign(value, form, shown):
    assert number(value, form) == shown


def test_what_is_not_there_is_a_dash():
    assert score(None) == signed(None) == span(None) == "–"
    assert (score(-0.04), signed(1.25), span((-1.0, 2.0))) == ("0.0", "+1.2", "[−1.0, 2.0]")


def test_things_are_listed_and_what_is_too_much_is_counted():
    assert [listed("abc"[:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert (listed("abcd", 2), listed("ab", 2)) == ("a, b and 2 more", "a and b")


def test_languages_and_pairs_have_names_and_others_their_code():
    assert [language(code) for code in ("sw", "de-en", "xx", "de-xx")] == ["Swahili", "German – English", "xx", "de-xx"]
