"""LAReQA (XQuAD-R): questions, and the sentences of all paragraphs as candidates to answer them.

A question's pair is the sentence of its own language in which the answer begins. A question is asked under the same
name in every language, and all their sentences answer each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.place import AGAIN, STRIPPED, Place
from xstilts.sources.readers import Ask, Sourced, many, shown, string, value
from xstilts.sources.streamed import items


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Paragraph by paragraph, its sentences and then its questions."""
    number = 0
    for path in files:
        for article, item in enumerate(items(path, "data.item"), start=1):
            place = Place(path, article, "article")
            for paragraph in many(place, item, "paragraphs"):
                number += 1
                context = string(place, paragraph, "context")
                breaks = [ends(place, one, len(context)) for one in many(place, paragraph, "sentence_breaks")]
                names = [f"{ask.language}-{number}-{i}" for i in range(len(breaks))]
                for name, (begin, end) in zip(names, breaks, strict=True):
                    yield ask.sentence(place, "candidate", name, context[begin:end], None, context=context)
                for question in many(place, paragraph, "qas"):
                    asked = string(place, question, "id")
                    answers = many(place, question, "answers")
                    if not answers or not string(place, answers[0], "text"):
                        raise place.wrong("answers", f"of question {asked} is empty", STRIPPED)
                    start = value(place, answers[0], "answer_start")
                    if type(start) is not int:
                        what = f"of question {asked}: {shown(start)} is no whole number"
                        raise place.wrong("answers.answer_start", what, AGAIN)
                    found = [name for name, (begin, end) in zip(names, breaks, strict=True) if begin <= start < end]
                    if found:
                        yield ask.sentence(place, "query", asked, string(place, question, "question"), found[0])
                    else:
                        ask.left_out["the answer begins in no sentence"] += 1


def ends(place: Place, one: Any, length: int) -> tuple[int, int]:
    """Where a sentence begins and ends in its paragraph."""
    match one:
        case [int(begin), int(end)] if 0 <= begin < end <= length:
            return begin, end
    what = f"{shown(one)} is no place of a sentence in a text of {length} characters"
    raise place.wrong("sentence_breaks", what, AGAIN)
