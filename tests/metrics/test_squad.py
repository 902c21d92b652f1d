"""SQuAD 1.1: normalised texts, the best of several answers, characters where words have no spaces."""

import pytest
from scoring import table, values

from xstilts.metrics.squad import METRIC

BOTH = ("em", "f1")


def em_f1(said, gold, language="en"):
    found = values(METRIC, table([said], [gold], language))
    return found["em"], found["f1"]


@pytest.mark.parametrize(
    "said, gold, em, f1",
    [
        ("The Cat!", ["cat"], 100, 100),  # article, case, punctuation
        ("cat\tsat", ["a  cat sat "], 100, 100),
        ("cat sat", ["cat"], 0, 200 / 3),
        ("dog", ["cat"], 0, 0),
        ("cat cat cat", ["cat cat dog"], 0, 200 / 3),  # two of three, and two of three
        ("dog", ["cat", "dog sat", "dog"], 100, 100),  # the best one
        ("dog barks", ["cat", "dog sat"], 0, 50),
        ("", ["cat"], 0, 0),
        ("x-y", ["xy"], 100, 100),
        ("théatre", ["theatre"], 0, 0),
        ("the", ["a"], 100, 0),  # no words: equal, but no word in common, as in the official script
        ("", [], 0, 0),
    ],
)
def test_texts(said, gold, em, f1):
    assert em_f1(said, gold) == (em, pytest.approx(f1))


@pytest.mark.parametrize("said, gold", [("das Haus", "Haus"), ("«Haus»", "Haus"), ("山。", "山")])
def test_articles_and_punctuation_are_english_in_every_language(said, gold):
    assert em_f1(said, [gold], "de")[0] == 0


def test_an_article_goes_from_the_middle_of_other_languages_too():
    """Spanish "a" is no article."""
    assert em_f1("a Madrid", ["Madrid"], "es") == (100, 100)


@pytest.mark.parametrize("language", ["zh", "th", "ja"])
def test_characters_are_a_second_column_where_there_are_no_spaces(language):
    predictions = table(["山水 火", "日"], [["山水火"], ["日月", "月日"]], language)
    found = values(METRIC, predictions)
    assert METRIC.headline == BOTH
    assert found == pytest.approx({"em": 0.0, "f1": 0.0, "character_f1": (100 + 200 / 3) / 2, "score": 0.0})


def test_characters_take_the_best_answer_of_their_own():
    found = values(METRIC, table(["山水火"], [["山水", "木 山水火金土日"]], "zh"))
    assert (found["f1"], found["character_f1"]) == (0.0, pytest.approx(80.0))


@pytest.mark.parametrize("language", ["en", "vi", "ko", "qla"])
def test_other_languages_have_no_such_column(language):
    assert set(values(METRIC, table(["a b"], [["b"]], language))) == {"em", "f1", "score"}


def test_the_language_of_answers_is_the_contexts():
    assert "character_f1" in values(METRIC, table(["山"], [["山"]], "zh-en"))
    assert "character_f1" not in values(METRIC, table(["mountain"], [["mountain"]], "en-zh"))
