"""Questions about a context, with spans of it as answers: SQuAD's JSON in all its users, and the hub's flat rows.

Answers stand at offsets in characters (code points), whatever the script.

Options
    unanswerable  true: a question may have no answer (SQuAD 2.0); else an empty one is a stripped label, and refused
    prefixes      the word before the first '-' of an id, by language: {en: english, …}; other languages are passed over
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.lines import kind
from xstilts.sources.place import AGAIN, STRIPPED, Place
from xstilts.sources.readers import Ask, Sourced, many, shown, string, value
from xstilts.sources.rows import rows
from xstilts.sources.streamed import items

MEND = "mend it in the source, or leave the question out there"


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Questions in the order of their files, under their own names."""
    prefixes: Mapping[str, str] = ask.options.get("prefixes", {})
    for path in files:
        for place, context, row in questions(path):
            name = string(place, row, "id")
            place = Place(place.file, place.line, place.unit, f"{place.detail}, id {name}" if place.detail else name)
            if prefixes:
                prefix = name.split("-")[0]
                if prefix not in prefixes.values():
                    known = ", ".join(prefixes.values())
                    raise place.wrong("id", f"begins with none of {known}", "the language is read from the id")
                if prefix != prefixes[ask.language]:
                    continue
            yield ask.row(
                place, name, question=string(place, row, "question"), context=context, answers=spans(place, row, ask)
            )


def questions(path: Path) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
    """Each question with its context: from nested JSON, article by article, or from flat rows."""
    if kind(path) == ".parquet":
        for place, row in rows(path):
            yield place, string(place, row, "context"), row
        return
    for number, article in enumerate(items(path, "data.item"), start=1):
        titled = isinstance(article, Mapping) and article.get("title")
        place = Place(path, number, "article", f"title {shown(article['title'])}" if titled else "")
        for paragraph in many(place, article, "paragraphs"):
            context = string(place, paragraph, "context")
            for question in many(place, paragraph, "qas"):
                yield place, context, question


def spans(place: Place, row: Mapping[str, Any], ask: Ask) -> list[dict[str, Any]]:
    """The gold answers: a list of pairs in the original, a pair of lists on the hub."""
    answers = value(place, row, "answers")
    if isinstance(answers, Mapping):
        texts, starts = many(place, answers, "text"), many(place, answers, "answer_start", "start")
        if len(texts) != len(starts):
            raise place.wrong("answers", f"{len(starts)} offsets for {len(texts)} texts", AGAIN)
        answers = [{"text": a, "answer_start": b} for a, b in zip(texts, starts, strict=True)]
    elif not isinstance(answers, list):
        raise place.wrong("answers", f"{shown(answers)} is no list", "is it the right file?")
    found = [{"text": string(place, one, "text"), "start": value(place, one, "answer_start")} for one in answers]
    if any(not one["text"] for one in found) or not (found or ask.options.get("unanswerable")):
        raise place.wrong("answers", "is empty", STRIPPED)
    if row.get("is_impossible") and found:
        raise place.wrong("answers", "has answers, and is_impossible says that there is none", MEND)
    for one in found:
        if type(one["start"]) is not int:
            raise place.wrong("answers.answer_start", f"{shown(one['start'])} is no whole number", MEND)
    return found
