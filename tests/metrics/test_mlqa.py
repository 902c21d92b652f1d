"""MLQA's own evaluation: articles and words by language, punctuation of all scripts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import table, values

from xstilts.errors import UserError
from xstilts.metrics.mlqa import METRIC, words_of


def em_f1(said, gold, language):
    found = values(METRIC, table([said], [gold], language))
    return found["em"], found["f1"]


@pytest.mark.parametrize(
    "language, text, words",
    [
        ("en", "The cat's (a) hat", ["cats", "hat"]),
        ("es", "Los años de la casa, un día", ["años", "de", "casa", "día"]),
        ("de", "Das Haus des Einen", ["haus"]),
        ("vi", "những con mèo của tôi là", ["con", "mèo", "tôi"]),
        ("ar", "الكتاب على الطاولة", ["كتاب", "على", "طاولة"]),
        ("ar", "سال الماء", ["س", "ماء"]),  # it goes from within words too, and parts them
        ("hi", "एक किताब", ["एक", "किताब"]),
        ("zh", "北京abc大学", ["北", "京", "abc", "大", "学"]),
        ("zh", "the 2008 年", ["the", "2008", "年"]),
        ("zh", "《红楼梦》，", ["红", "楼", "梦"]),
        ("zh", "㐀㐁山", ["㐀㐁", "山"]),  # rarer characters stay together, as in the official script
        ("zh", "龥龦龧", ["龥", "龦龧"]),
        ("en", "a + b = c$ “quoted” — §5", ["b", "c", "quoted", "5"]),
        ("de", "¿Qué? «ja»", ["qué", "ja"]),
        ("hi", "किताब।", ["किताब"]),
    ],
)
def test_words(language, text, words):
    assert list(words_of(language)(text)) == words


@pytest.mark.parametrize(
    "said, gold, language, em, f1",
    [
        ("das Haus", ["Haus"], "de", 100, 100),
        ("das Haus", ["Haus"], "en", 0, 200 / 3),
        ("北京大学", ["北京"], "zh", 0, 200 / 3),  # characters, where SQuAD's F1 would be 0
        ("الكتاب", ["كتاب"], "ar", 100, 100),
        ("dog", ["cat", "dog sat"], "en", 0, 200 / 3),
        ("", ["cat"], "en", 0, 0),
        ("the", ["a"], "en", 100, 0),
    ],
)
def test_texts(said, gold, language, em, f1):
    assert em_f1(said, gold, language) == (em, pytest.approx(f1))


@given(st.text(alphabet="ال \nس"))
def test_the_arabic_article_is_what_the_scripts_expression_finds(text):
    """Its first half wants a text to begin after three characters of it."""
    found = re.sub("\\sال^|ال", " ", text).split()
    assert list(words_of("ar")(text)) == found


def test_the_language_is_the_contexts():
    assert em_f1("das Haus", ["Haus"], "de-en") == (100, 100)
    assert em_f1("das Haus", ["Haus"], "en-de")[0] == 0


def test_generated_languages_have_no_articles():
    assert em_f1("the kalo", ["kalo"], "qla")[0] == 0
    assert em_f1("kalo mi.", ["kalo  mi"], "qla") == (100, 100)


@pytest.mark.parametrize("language", ["fr", "xx"])
def test_other_languages_are_refused(language):
    with pytest.raises(UserError, match=f"ar, de, en, es, hi, vi, zh.*{language}"):
        METRIC.statistics(table(["x"], [["x"]], language), ())
