"""Test sets whose labels were taken away, as XTREME publishes them, are refused with advice: never a record."""

import json

import pytest
from reading import put, put_hub, source, written

from xstilts.errors import UserError

ADVICE = "XTREME takes the labels of its test sets away"


def refused(tmp_path, *args, **named):
    """The message with which a source is refused; nothing is written."""
    with pytest.raises(UserError) as error:
        written(source(*args, **named), tmp_path / "out/test.parquet")
    assert list((tmp_path / "out").iterdir()) == []
    return str(error.value)


PAIRS = {
    "xnli": "Der Kessel war heiß.\tDer Kessel war kalt.\nEr schrieb.\tEr schwieg.\n",
    "pawsx": "Der Fluss fließt nach Ost.\tNach Ost fließt der Fluss.\n",
}


@pytest.mark.parametrize("task", PAIRS)
def test_pairs_without_a_column_of_labels(tmp_path, task):
    put(tmp_path, {"test-de.tsv": PAIRS[task]})
    message = refused(tmp_path, task, "test", "de", tmp_path)
    assert f"{tmp_path / 'test-de.tsv'}, line 1: field 'label': is not there; {ADVICE}" in message


@pytest.mark.parametrize("task", PAIRS)
def test_pairs_with_an_empty_column_of_labels(tmp_path, task):
    put(tmp_path, {"test-de.tsv": PAIRS[task].replace("\n", "\t\n")})
    assert f"line 1: field 'label': is empty; {ADVICE}" in refused(tmp_path, task, "test", "de", tmp_path)


@pytest.mark.parametrize("end", ["", "\t"], ids=["no column", "empty column"])
@pytest.mark.parametrize("task", ["panx", "udpos"])
def test_words_without_tags(tmp_path, task, end):
    put(tmp_path, {"test-de.tsv": "".join(f"{word}{end}\n" for word in ("Ada", "wohnt", "in", "Skarn")) + "\n"})
    message = refused(tmp_path, task, "test", "de", tmp_path)
    assert "test-de.tsv, line 1: field 'tag'" in message and ADVICE in message


@pytest.mark.parametrize("answers", [[{"text": "", "answer_start": 0}], []], ids=["empty at 0", "none"])
@pytest.mark.parametrize("task, file", [("xquad", "xquad.de.json"), ("mlqa", "test-context-de-question-de.json")])
def test_questions_without_answers(tmp_path, task, file, answers):
    question = {"id": "q7", "question": "Wann?", "answers": answers}
    data = [{"title": "Turm", "paragraphs": [{"context": "Der Turm steht seit 1871.", "qas": [question]}]}]
    put(tmp_path, {file: json.dumps({"data": data})})
    message = refused(tmp_path, task, "test", "de", tmp_path)
    assert f"{file}, article 1 (title 'Turm', id q7): field 'answers': is empty; {ADVICE}" in message


def test_sentences_to_mine_without_gold_pairs(tmp_path):
    put(tmp_path, {"de-en.training.de": "de-1\tEin Turm.\n", "de-en.training.en": "en-1\tA tower.\n"})
    message = refused(tmp_path, "bucc", "test", "de", tmp_path)
    assert "needs three files, .de, .en and .gold; there are de-en.training.de, de-en.training.en" in message
    assert "without the gold pairs nothing can be scored" in message


def test_class_minus_one_of_the_hub(tmp_path):
    rows = [{"premise": "Ein Turm.", "hypothesis": "Ein Haus.", "label": label} for label in (0, -1)]
    names = ["entailment", "neutral", "contradiction"]
    put_hub(tmp_path, "xnli", "de/test-00000-of-00001.parquet", rows, label=names)
    message = refused(tmp_path, "xnli", "test", "de", tmp_path, hub=True)
    assert "test-00000-of-00001.parquet, row 2: field 'label': is empty" in message and ADVICE in message


def test_tags_of_class_minus_one(tmp_path):
    rows = [{"tokens": ["Ada", "wohnt"], "ner_tags": [-1, -1]}]
    put_hub(tmp_path, "panx", "PAN-X.de/test-00000-of-00001.parquet", rows, ner_tags=["O", "B-PER"])
    message = refused(tmp_path, "panx", "test", "de", tmp_path, hub=True)
    assert "row 1: field 'tag': is empty" in message and ADVICE in message


def test_answer_keys_that_are_empty(tmp_path):
    endings = ["waits.", "sings.", "sleeps.", "leaves."]
    row = {"ind": 1, "ctx_a": "A man sits.", "ctx_b": "he", "endings": endings, "label": ""}
    put(tmp_path, {"hellaswag_val.jsonl": json.dumps(row)})
    message = refused(tmp_path, "hellaswag", "dev", folder=tmp_path)
    assert "hellaswag_val.jsonl, line 1: field 'label': is empty" in message and ADVICE in message

    choices = [{"label": key, "text": f"answer {key}"} for key in "ABCDE"]
    for i, key in enumerate(({"answerKey": ""}, {})):  # the test file has no key at all
        row = {"id": "q1", "question": {"stem": "Why?", "choices": choices}, **key}
        put(tmp_path / str(i), {"dev_rand_split.jsonl": json.dumps(row)})
        message = refused(tmp_path, "csqa", "dev", folder=tmp_path / str(i))
        assert "dev_rand_split.jsonl, line 1: field 'answerKey': is empty" in message and ADVICE in message
