"""The miniature: a small multilingual world from which the data of every task fall out, labelled right by rule.

Meanings (`meanings.py`) are drawn (`sampling.py`), changed in known ways (`changes.py`) and said in six languages
(`grammar.py`, `lexicon.py`, `speech.py`). Each module of `makers` turns that into the records of one kind of task.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from xstilts.errors import UserError
from xstilts.sources.miniature.grammar import ENGLISH, GRAMMARS, LANGUAGES
from xstilts.sources.miniature.grammar import distance as _distance
from xstilts.sources.miniature.lexicon import SYLLABLES, lexicons
from xstilts.sources.miniature.meanings import SPLITS
from xstilts.sources.miniature.world import Record, Request, Settings, world

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "LANGUAGE_NAMES",
    "MAKERS",
    "SPLITS",
    "Settings",
    "Vocabulary",
    "distance",
    "make",
    "vocabulary",
]

LANGUAGE_NAMES: Mapping[str, str] = {code: grammar.name for code, grammar in GRAMMARS.items()}

MAKERS: Mapping[str, str] = {
    name: f"xstilts.sources.miniature.makers.{name}"
    for name in (
        *("nli", "paraphrase", "qa", "qa2", "completion", "reading", "commonsense", "cause"),
        *("supertag", "pos", "ner", "tatoeba", "bucc", "text"),
    )
}
"""The modules that make records, by name. They are imported when first used: each is the root of its own code."""


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of which one language's text is made, for a tokenizer that need not be trained."""

    words: tuple[str, ...]  # without suffixes
    suffixes: tuple[str, ...]
    syllables: tuple[str, ...]  # of names that no list has
    spaced: bool


def make(
    maker: str, settings: Settings, *, task: str, split: str, languages: Sequence[str], rows: int
) -> Iterator[dict[str, object]]:
    """The records of one split of one task, language by language, `rows` in each.

    The same arguments give the same records. Row n of one language means what row n of another means, except in
    `text`. No split speaks of a meaning that another split speaks of, whatever the maker and the task.
    """
    _known("maker", maker, MAKERS)
    _known("split", split, SPLITS)
    for language in languages:
        _known("language", language, LANGUAGES)
    if rows < 0:
        raise UserError(f"The miniature was asked for {rows} rows; that must be 0 or more.")
    request = Request(maker, task, split, tuple(languages), rows, settings.seed)
    records: Iterator[Record] = import_module(MAKERS[maker]).make(world(settings), request)
    return records


def distance(language: str) -> float:
    """How far a language is from English in words and grammar, from 0 to 2."""
    _known("language", language, LANGUAGES)
    return _distance(language)


def vocabulary(settings: Settings, language: str) -> Vocabulary:
    """The pieces of which the text of one language is made."""
    _known("language", language, LANGUAGES)
    lexicon, syllables = lexicons(settings.seed)[language], SYLLABLES[language]
    return Vocabulary(
        lexicon.words,
        lexicon.suffixes,
        tuple(dict.fromkeys((*syllables.first, *syllables.inner))),
        lexicon.grammar.spaced,
    )


def _known(what: str, name: str, names: Iterable[str]) -> None:
    known = list(names)
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(known)}."
        raise UserError(f"The miniature has no {what} {name!r}. {hint}")
