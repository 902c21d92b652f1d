"""What goes wrong with sentences to be found: line ends of copies, gold pairs, sentence breaks, mentions."""

import json

import pytest
from reading import put, put_hub, records

from xstilts.errors import UserError


def test_line_n_translates_line_n():
    found = records("tatoeba", "test", "de")
    assert [(r["side"], r["id"], r["pair"]) for r in found[:4]] == [
        ("foreign", "1", "1"),
        ("english", "1", "1"),
        ("foreign", "2", "2"),
        ("english", "2", "2"),
    ]
    assert [r["text"] for r in found[2:4]] == ["Wo ist der Schlüssel?", "Where is the key?"]


def test_the_hubs_rows_of_tatoeba_end_without_newlines(tmp_path):
    rows = [{"source_sentence": "Es schneit.\n", "target_sentence": "It is snowing.\r\n", "source_lang": "deu"}]
    put_hub(tmp_path, "tatoeba", "tatoeba.deu/validation-00000-of-00001.parquet", rows)
    assert [r["text"] for r in records("tatoeba", "test", "de", tmp_path, hub=True)] == [
        "Es schneit.",
        "It is snowing.",
    ]


def test_all_sentences_of_buccs_three_files_and_which_of_them_are_pairs():
    found = records("bucc", "test", "zh")
    assert [(r["side"], r["id"], r["pair"]) for r in found] == [
        ("foreign", "zh-000000001", "en-000000002"),
        ("foreign", "zh-000000002", None),
        ("foreign", "zh-000000003", "en-000000003"),
        ("english", "en-000000001", None),
        ("english", "en-000000002", None),
        ("english", "en-000000003", None),
    ]


def test_further_translations_of_a_buccs_sentence_are_kept(tmp_path):
    """The first in the gold file is the pair; one that stands there twice is one translation."""
    gold = "de-1\ten-2\nde-2\ten-1\nde-1\ten-3\nde-1\ten-2\nde-1\ten-1\n"
    files = {"gold": gold, "de": "de-1\tEins.\nde-2\tZwei.\nde-3\tDrei.\n"}
    files["en"] = "".join(f"en-{i}\tSentence {i}.\n" for i in (1, 2, 3))
    put(tmp_path, {f"de-en/de-en.training.{kind}": text for kind, text in files.items()})
    found = records("bucc", "test", "de", tmp_path)
    assert [(r["id"], r["pair"], r.get("more")) for r in found if r["side"] == "foreign"] == [
        ("de-1", "en-2", ["en-3", "en-1"]),
        ("de-2", "en-1", None),
        ("de-3", None, None),
    ]
    assert not any(r["pair"] or r.get("more") for r in found if r["side"] == "english")


@pytest.mark.parametrize("odd", ["de-1\ten-9", "de-9\ten-1"])
def test_a_further_translation_must_be_a_sentence_too(tmp_path, odd):
    files = {"gold": f"de-1\ten-1\n{odd}\n", "de": "de-1\tEins.\n", "en": "en-1\tOne.\n"}
    put(tmp_path, {f"de-en/de-en.training.{kind}": text for kind, text in files.items()})
    with pytest.raises(UserError, match=r"gold, line 2: .*-9' is no sentence of de-en\.training"):
        records("bucc", "test", "de", tmp_path)


def test_sentence_breaks_of_lareqa_are_offsets_in_characters():
    for language, sentences in {
        "en": ["The lighthouse was lit in 1871.", "Its keeper was Ada Quill."],
        "zh": ["灯塔💡于1871年点亮。", "守塔人是阿达·奎尔。"],
    }.items():
        found = records("lareqa", "test", language)
        assert [r["text"] for r in found if r["side"] == "candidate"] == sentences
        asked = {r["id"]: r["pair"] for r in found if r["side"] == "query"}
        assert asked == {"a1": f"{language}-1-0", "a2": f"{language}-1-1"}


def test_an_answer_that_begins_between_sentences_is_left_out_and_counted(tmp_path):
    from reading import source

    text = "One. ( Two."
    asked = [
        {"id": f"q{i}", "question": "?", "answers": [{"text": a, "answer_start": text.index(a)}]}
        for i, a in enumerate("O(")
    ]
    paragraph = {"context": text, "sentence_breaks": [[0, 4], [7, 11]], "qas": asked}
    put(tmp_path, {"xquad-r/de.json": json.dumps({"data": [{"paragraphs": [paragraph]}]})})
    read = source("lareqa", "test", "de", tmp_path)
    assert [record["id"] for _, record in read] == ["de-1-0", "de-1-1", "q0"]
    assert read.left_out == {"the answer begins in no sentence": 1}


def test_mentions_of_mewsli_x_stand_in_braces_in_their_sentence():
    (query, candidate) = sorted(records("mewslix", "test", "de"), key=lambda r: r["side"], reverse=True)
    assert query["text"] == "In {Skarn} wartete niemand." and query["pair"] == "Q1"
    assert (candidate["id"], candidate["text"]) == ("Q2", "Turm von Marrow: Ein Leuchtturm.")


def test_entities_in_languages_without_mentions_are_listed_once():
    """All entities are candidates: each under the language of its description, others under English."""
    found = {
        language: {r["id"] for r in records("mewslix", "test", language) if r["side"] == "candidate"}
        for language in ("de", "en", "tr")
    }
    assert found == {"de": {"Q2"}, "en": {"Q1", "Q3"}, "tr": set()}
