"""Multiple choice in CSV and in JSON lines."""

import csv
import io
import json

from damage import AGAIN, MEND, RIGHT, Case

COSMOS, CSV = ("cosmosqa", "dev", "en"), "valid.csv"
COLUMNS = ["id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label"]


def table(name, edit, *says):
    """A CSV of two rows, whose text is edited."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [COLUMNS, *([f"c{i}", "Rain, again.", "Why?", "a", "b", "c", "d", "0"] for i in range(2))]
    )
    return Case(name, COSMOS, {CSV: edit(out.getvalue())}, (f"{CSV}, line ", *says))


def line(name, source, row, *says):
    """One line of JSON."""
    *asked, file = source
    return Case(name, tuple(asked), {file: json.dumps(row) + "\n"}, (f"{file}, line 1", *says))


COPA = {"premise": "It rained.", "choice1": "a", "choice2": "b", "question": "cause", "label": 0}
SIQA = {"context": "c", "question": "q", "answerA": "a", "answerB": "b", "answerC": "c", "correct": "A"}
SWAG = {"ctx_a": "A man", "ctx_b": "he", "endings": ["a", "b"], "label": 1}
CSQA = {"id": "q", "answerKey": "A", "question": {"stem": "?", "choices": [{"label": "A", "text": "a"}] * 2}}
NESTED = {"label": ["A", "B"], "text": ["a", "b"]}
XCOPA = ("xcopa", "test", "et", "test.et.jsonl")
SIQA_DEV = ("siqa", "dev", "en", "socialIQa_v1.4_dev.jsonl")
SWAG_DEV = ("hellaswag", "dev", "en", "hellaswag_val.jsonl")
CSQA_DEV = ("csqa", "dev", "en", "dev_rand_split.jsonl")
CHOICES = [
    table("an open quote", lambda text: text.replace('again."', "again.", 1), "2: is no CSV", "close the quotes"),
    table("an open quote in the last row", lambda text: text[:-5] + '"open\n', "3: is no CSV: unexpected end", "close"),
    table("cut csv", lambda text: text[:-7], "3: 6 columns where 8 are expected (id, context", AGAIN),
    table("a column too many", lambda text: text.replace("Why?", "Why,?"), "2: 9 columns where 8 are expected", RIGHT),
    table("a renamed column", lambda text: text.replace("answer2", "answer_2"), "2: field 'answer2'", "no such", RIGHT),
    table("a label too high", lambda text: text[:-3] + "4\r\n", "3: field 'label': '4' is none of 0 to 3", MEND),
    table("a label in words", lambda text: text[:-3] + "two\r\n", "3: field 'label': 'two' is none of", MEND),
    line("neither cause nor effect", XCOPA, COPA | {"question": "why"}, "'question'", "neither cause nor effect", MEND),
    line("a third choice", XCOPA, COPA | {"label": 2}, "field 'label': 2 is none of 0 to 1", MEND),
    line("true for 1", XCOPA, COPA | {"label": True}, "field 'label': True is none of 0 to 1", MEND),
    line("a negative label", XCOPA, COPA | {"label": -2}, "field 'label': -2 is none of 0 to 1", MEND),
    line("no label of COPA", XCOPA, COPA | {"label": -1}, "field 'label': is empty", "use the original release"),
    line("a key outside", SIQA_DEV, SIQA | {"correct": "D"}, "field 'correct': 'D' is none of A, B, C", MEND),
    line("endings in words", SWAG_DEV, SWAG | {"endings": "a b"}, "field 'endings': 'a b' is no list", RIGHT),
    line("an ending in numbers", SWAG_DEV, SWAG | {"endings": ["a", 2]}, "'endings': ['a', 2] is no list of", RIGHT),
    line("one ending", SWAG_DEV, SWAG | {"endings": ["a"], "label": 0}, "id 1): fewer than two choices", MEND),
    line("no choices", CSQA_DEV, CSQA | {"choices": None, "question": "?"}, "'choices': None is no list", RIGHT),
    line(
        "a choice that is no pair", CSQA_DEV, CSQA | {"question": "?", "choices": ["a"]}, "is looked for in 'a'", RIGHT
    ),
    line(
        "a question in numbers", CSQA_DEV, CSQA | {"question": 5, "choices": NESTED}, "'question': 5 is no text", RIGHT
    ),
    line(
        "more labels than choices",
        CSQA_DEV,
        CSQA | {"question": "?", "choices": NESTED | {"text": ["a"]}},
        "field 'choices': 2 labels for 1 texts",
        AGAIN,
    ),
]
