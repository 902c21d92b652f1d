"""Questions about a context in one JSON."""

import json

from damage import AGAIN, MEND, RIGHT, UTF8, Case

XQUAD, JSON = ("xquad", "test", "de"), "xquad.de.json"
CONTEXT = "Der Turm steht seit 1871."
ASKED = {"id": "q1", "question": "Seit wann?", "answers": [{"text": "1871", "answer_start": 20}]}
IN_FULL = "xquad.de.json, article 1 (title 'Turm', id q1)"


def squad(*questions, title="Turm", context=CONTEXT):
    return {"data": [{"title": title, "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def answer(name, text, start, *says):
    """One question, whose answer is wrong."""
    asked = ASKED | {"answers": [{"text": text, "answer_start": start}]}
    return Case(name, XQUAD, {JSON: json.dumps(squad(asked))}, (IN_FULL, *says))


def spans(name, content, *says):
    return Case(name, XQUAD, {JSON: content if isinstance(content, bytes | str) else json.dumps(content)}, says)


PRETTY = json.dumps(squad(ASKED), indent=1)
STANDS = "does not stand at character"
ANSWERS = [
    answer("an answer that stands elsewhere", "1871", 19, f"answer '1871' {STANDS} 19", "' 187' does", MEND),
    answer("an offset beyond the text", "1871", 999, f"{STANDS} 999", MEND),
    answer("an offset beyond any text", "1871", 10**12, f"{STANDS} {10**12}", MEND),
    answer("a negative offset", "1871", -5, f"{STANDS} -5", MEND),
    answer("an offset in letters", "1871", "20", "field 'answers.answer_start': '20' is no whole number", MEND),
    answer("half an offset", "1871", 20.5, "field 'answers.answer_start': 20.5 is no whole number", MEND),
    answer("true for an offset", "er", True, "field 'answers.answer_start': True is no whole number", MEND),
    answer("no offset", "1871", None, "field 'answers.answer_start': None is no whole number", MEND),
    answer("an answer that is a number", 1871, 20, "field 'text': 1871 is no text", RIGHT),
    spans("an id twice", squad(ASKED, ASKED), f"{IN_FULL} (de, id q1): the id stands in an earlier record too", MEND),
    spans("cut JSON", PRETTY[:-30], f"{JSON}, line 1", "is no JSON", AGAIN),
    spans("bad JSON in line 5", PRETTY.replace('"paragraphs":', '"paragraphs"'), f"{JSON}, line 5", "column", AGAIN),
    spans("a list of articles", squad(ASKED)["data"], JSON, "field 'data': there is no such list", RIGHT),
    spans("no article", {"data": []}, JSON, "field 'data': there is no such list, or nothing in it", RIGHT),
    spans("an empty file", "", f"{JSON}, line 1: is no JSON", AGAIN),
    spans(
        "Latin-1 in JSON", PRETTY.replace("Turm", "Türm").encode("latin-1"), f"{JSON}, line 4: 0xfc is not UTF-8", UTF8
    ),
    spans("half a pair in JSON", PRETTY.replace("Turm", "\\udc00"), JSON, "half of a surrogate pair (\\udc00)", MEND),
    spans("articles in words", {"data": ["Turm"]}, "article 1", "field 'paragraphs': is looked for in 'Turm'", RIGHT),
    spans("paragraphs in words", {"data": [{"paragraphs": "p"}]}, "article 1", "'paragraphs': 'p' is no list", RIGHT),
    spans(
        "no question", squad({"id": "q2", "answers": ASKED["answers"]}), "id q2", "field 'question'", "no such", RIGHT
    ),
    spans(
        "no answers", squad({"id": "q2", "question": "?"}), "id q2", "field 'answers': there is no such column", RIGHT
    ),
    spans("answers in words", squad(ASKED | {"answers": "1871"}), "id q1", "field 'answers': '1871' is no list", RIGHT),
    spans("a context that is null", squad(ASKED, context=None), "article 1", "field 'context': None is no text", RIGHT),
    Case(
        "answers that are said to be impossible",
        ("squad2", "dev", "en"),
        {"dev-v2.0.json": json.dumps(squad(ASKED | {"is_impossible": True}))},
        ("dev-v2.0.json, article 1", "field 'answers'", "is_impossible says that there is none", MEND),
    ),
    Case(
        "an id without a language",
        ("tydiqa", "test", "en"),
        {"tydiqa-goldp-v1.1-dev.json": json.dumps(squad(ASKED | {"id": "klingon-1"}))},
        ("article 1", "id klingon-1", "field 'id': begins with none of arabic", "the language is read from the id"),
    ),
]
