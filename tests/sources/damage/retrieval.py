"""Sentences to be found."""

import json

from damage import AGAIN, MEND, RIGHT, Case

TATOEBA, BUCC = ("tatoeba", "test", "de"), ("bucc", "test", "de")
SENTENCES = {"de-en.training.de": "de-1\tEin Turm.\n", "de-en.training.en": "en-1\tA tower.\n"}


def mined(name, gold, *says, **change):
    files = SENTENCES | {"de-en.training.gold": gold} | {f"de-en.training.{key}": text for key, text in change.items()}
    return Case(name, BUCC, files, says)


def sentences(name, paragraph, *says):
    content = {
        "data": [{"paragraphs": [{"context": "One. Two.", "sentence_breaks": [[0, 4], [5, 9]], "qas": []} | paragraph]}]
    }
    return Case(name, ("lareqa", "test", "de"), {"xquad-r/de.json": json.dumps(content)}, ("de.json, article 1", *says))


def mention(name, span, *says):
    context = {"language": "de", "text": "In Skarn.", "sentence_spans": [{"start": 0, "end": 9}]}
    row = {"context": context, "mentions": [{"example_id": "m1", "entity_id": "Q1", "mention_span": span}]}
    files = {"wikinews_mentions-test.jsonl": json.dumps(row), "candidate_set_entities.jsonl": ""}
    return Case(name, ("mewslix", "test", "de"), files, ("wikinews_mentions-test.jsonl, line 1", *says))


RETRIEVAL = [
    Case(
        "a translation too few",
        TATOEBA,
        {"tatoeba.deu-eng.deu": "Ein Turm.\nEin Haus.\n", "tatoeba.deu-eng.eng": "A tower.\n"},
        ("tatoeba.deu-eng.deu, line 2", "tatoeba.deu-eng.deu goes on here, and tatoeba.deu-eng.eng has ended", AGAIN),
    ),
    Case(
        "a translation too many",
        TATOEBA,
        {"tatoeba.deu-eng.deu": "Ein Turm.\n", "tatoeba.deu-eng.eng": "A tower.\nA house.\n"},
        ("tatoeba.deu-eng.eng, line 2", "tatoeba.deu-eng.eng goes on here", AGAIN),
    ),
    Case(
        "no translation",
        TATOEBA,
        {"tatoeba.deu-eng.deu": "Ein Turm.\n"},
        ("tatoeba.deu-eng.deu are no file and its translation into English", "there must be two"),
    ),
    Case(
        "an empty line",
        TATOEBA,
        {"tatoeba.deu-eng.deu": "Ein Turm.\n\n", "tatoeba.deu-eng.eng": "A tower.\nA house.\n"},
        ("tatoeba.deu-eng.deu, line 2 (de, id 2): text is empty", MEND),
    ),
    mined(
        "an unknown foreign sentence", "de-9\ten-1\n", "gold, line 1: 'de-9' is no sentence of de-en.training.de", AGAIN
    ),
    mined(
        "an unknown English sentence", "de-1\ten-9\n", "gold, line 1: 'en-9' is no sentence of de-en.training.en", AGAIN
    ),
    mined("gold of one column", "de-1\n", "de-en.training.gold, line 1: two columns with a tab between", AGAIN),
    mined(
        "a sentence without a name",
        "de-1\ten-1\n",
        "training.en, line 2: two columns",
        AGAIN,
        en="en-1\tA.\nA tower.\n",
    ),
    sentences("sentences in words", {"sentence_breaks": "0-4"}, "field 'sentence_breaks': '0-4' is no list", RIGHT),
    sentences("sentences beyond the text", {"sentence_breaks": [[0, 99]]}, "[0, 99] is no place of a sentence", AGAIN),
    sentences(
        "sentences that are numbers", {"sentence_breaks": [4, 9]}, "field 'sentence_breaks': 4 is no place", AGAIN
    ),
    sentences(
        "a question of no text", {"qas": [{"id": "q", "answers": [{"text": 1}]}]}, "field 'text': 1 is no", RIGHT
    ),
    sentences(
        *("an offset of no number", {"qas": [{"id": "q", "answers": [{"text": "One", "answer_start": "0"}]}]}),
        *("field 'answers.answer_start': of question q: '0' is no whole number", AGAIN),
    ),
    mention(
        "a mention beyond the text", {"start": 3, "end": 99}, "field 'mention_span'", "no span of a text of 9", AGAIN
    ),
    mention("a mention in words", "Skarn", "field 'mention_span': 'Skarn' is no span", AGAIN),
]
