"""Mewsli-X: mentions of entities in news, and descriptions of all entities as candidates.

Two kinds of JSON lines, as Mewsli-X's own tools write them: mentions (context, mentions) and entities (entity_id,
description). A mention's text is its sentence with the mention in braces; its pair is the entity.

Options
    home  the language under which entities are listed whose language has no mentions ("en")
    languages  those that have mentions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.sources.place import AGAIN, Place
from xstilts.sources.readers import Ask, Sourced, many, shown, string, value
from xstilts.sources.rows import rows


def read(files: Sequence[Path], ask: Ask) -> Iterator[Sourced]:
    """Mentions and entities of one language, in the order of their files."""
    home = ask.options.get("home", "en")
    spoken = ask.options.get("languages", ())
    for path in files:
        for place, row in rows(path):
            if "entity_id" in row and "description" in row:
                language = row.get("description_language", home)
                if (language if language in spoken else home) == ask.language:
                    described = f"{string(place, row, 'title')}: {string(place, row, 'description')}"
                    yield ask.sentence(place, "candidate", string(place, row, "entity_id"), described, None)
            else:
                context = value(place, row, "context")
                if string(place, context, "language") == ask.language:
                    mentions = many(place, row, "mentions") if "mentions" in row else [value(place, row, "mention")]
                    for mention in mentions:
                        name, entity = string(place, mention, "example_id"), string(place, mention, "entity_id")
                        yield ask.sentence(place, "query", name, marked(place, context, mention), entity)


def marked(place: Place, context: Mapping[str, Any], mention: Mapping[str, Any]) -> str:
    """The sentence around a mention, with the mention in braces."""
    whole = string(place, context, "text").replace("{", "(").replace("}", ")")
    start, end = ends(place, "mention_span", value(place, mention, "mention_span"), len(whole))
    spans = many(place, context, "sentence_spans")
    sentences = [ends(place, "sentence_spans", one, len(whole)) for one in spans]
    begin, stop = next(((a, b) for a, b in sentences if a <= start and end <= b), (0, len(whole)))
    return f"{whole[begin:start]}{{{whole[start:end]}}}{whole[end:stop]}"


def ends(place: Place, name: str, span: Any, length: int) -> tuple[int, int]:
    """Start and end of a span, which must lie inside the text."""
    match span:
        case {"start": int(start), "end": int(end)} if 0 <= start <= end <= length:
            return start, end
    raise place.wrong(name, f"{shown(span)} is no span of a text of {length} characters", AGAIN)
