"""What goes wrong with questions about a context: languages in one file, scripts without spaces, offsets, no answer."""

import json

import pytest
from reading import DATA, put, put_hub, records

RELEASED = DATA / "tydiqa_goldp/tydiqa-goldp-v1.1-train.json"


def squad(context, *answers, **more):
    """A file of one question."""
    found = [{"text": text, "answer_start": start} for text, start in answers]
    question = {"id": "q1", "question": "?", "answers": found, **more}
    return {"data": [{"paragraphs": [{"context": context, "qas": [question]}]}]}


def told(record):
    """What stands in the context where the answers are said to be."""
    return [record["context"][one["start"] : one["start"] + len(one["text"])] for one in record["answers"]]


def test_training_on_tydiqa_is_english_alone():
    """Ids begin with the language and one hyphen or two; a file of all languages must not leak into training."""
    found = {record["id"] for record in records("tydiqa", "train")}
    assert found == {"english-1001-0", "english--1002-3", "english-1003-0", "english-1004-0", "english-1005-0"}
    asked = {
        q["id"] for a in json.loads(RELEASED.read_text("utf-8"))["data"] for p in a["paragraphs"] for q in p["qas"]
    }
    assert len(asked) == 8  # the file has three more, in other languages


@pytest.mark.parametrize(
    "language, name", [("en", "english-6006-0"), ("bn", "bengali--7007-0"), ("te", "telugu-8008-1")]
)
def test_a_language_of_tydiqa_is_the_first_word_of_the_id(language, name):
    assert [record["id"] for record in records("tydiqa", "test", language)] == [name]


def test_tydiqa_of_the_hub_is_filtered_too(tmp_path):
    answers = {"text": ["dawn"], "start_byte": [3], "answer_start": [3]}
    rows = [
        {"id": name, "title": "t", "context": "At dawn.", "question": "When?", "answers": answers}
        for name in ("english-1-0", "arabic--2-0", "english--3-0")
    ]
    put_hub(tmp_path, "tydiqa_goldp", "tydiqa/train-00000-of-00001.parquet", rows)
    found = records("tydiqa", "train", "en", tmp_path, hub=True)
    assert [record["id"] for record in found] == ["english-1-0", "english--3-0"]


@pytest.mark.parametrize(
    "language, answers",
    [
        ("zh", ["1871年", "阿达·奎尔", "绿色"]),  # after a lamp and 𠮷, which take two units in UTF-16
        ("th", ["พ.ศ. 2414", "เอดา ควิลล์", "สีเขียว"]),  # after vowel and tone marks
        ("vi", ["1871", "ba\u0300 Ada Quill", "xanh lu\u0323c"]),  # after decomposed letters
    ],
)
def test_answers_stand_at_offsets_in_characters(language, answers):
    found = records("xquad", "test", language)
    assert [told(record)[0] for record in found] == answers == [r["answers"][0]["text"] for r in found]


@pytest.mark.parametrize(
    "context, answer",
    [
        ("灯台は1871年に点灯した。", "1871年"),
        ("𩸽と🐟を売る店は港にある。", "港"),
        ("か\u3099く年祭は五月だ。", "五月"),  # a letter and its voicing mark apart
    ],
)
@pytest.mark.parametrize("escaped", [True, False])
def test_japanese_answers_are_not_moved_by_what_stands_before(tmp_path, context, answer, escaped):
    content = json.dumps(squad(context, (answer, context.index(answer))), ensure_ascii=escaped)
    put(tmp_path, {"dev-v1.1.json": content})
    (record,) = records("squad", "dev", folder=tmp_path)
    assert record["context"] == context and told(record) == [answer]


def test_unanswerable_questions_of_squad_2_have_no_answers():
    rye, king = records("squad2", "train")
    assert told(rye) == ["rye"] and king["answers"] == []


def test_all_gold_answers_are_kept():
    assert [told(record) for record in records("squad", "dev")] == [["at noon", "noon"], ["at dusk", "dusk", "at dusk"]]


def test_answers_of_the_hub_come_in_parallel_lists(tmp_path):
    answers = {"text": ["noon", "at noon"], "answer_start": [11, 8]}
    rows = [{"id": "q1", "context": "We left at noon.", "question": "When?", "answers": answers}]
    put_hub(tmp_path, "xquad", "xquad.de/validation-00000-of-00001.parquet", rows)
    (record,) = records("xquad", "test", "de", tmp_path, hub=True)
    assert told(record) == ["noon", "at noon"]


def test_a_question_in_one_language_about_a_context_in_another():
    for record in records("mlqa-cross", "test", "de-en"):
        assert record["language"] == "de-en" and record["context"].startswith("Der Leuchtturm")
        assert record["question"].split()[0] in ("When", "Who")
