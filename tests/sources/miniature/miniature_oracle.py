"""Reads the miniature's English back and judges it by rules of its own, from the tables of concepts alone."""

from __future__ import annotations

from typing import NamedTuple

from xstilts.sources.miniature import concepts as c

FIRST_FORM = {second: first for first, second in c.SYNONYMS.items()}
SINGULAR = {f"{noun}s": noun for noun in (*c.NOUNS, *c.HYPERNYMS)}


class Thing(NamedTuple):
    head: str
    number: str | None = None
    quality: str | None = None


class Said(NamedTuple):
    subject: Thing
    verb: str
    object: Thing | None
    place: tuple[str, str] | None
    negated: bool


def thing(words: list[str]) -> Thing:
    """[the | numeral] adjective? noun, or a name."""
    if len(words) == 1:
        assert words[0] in c.NAMES, words
        return Thing(words[0])
    number = None if words[0] == "the" else words[0]
    assert number is None or number in c.NUMERALS, words
    quality = FIRST_FORM.get(words[1], words[1]) if len(words) == 3 else None
    assert quality is None or quality in c.QUALITIES, words
    noun = words[-1] if number is None else SINGULAR[words[-1]]
    assert noun in c.NOUNS or noun in c.HYPERNYMS, words
    return Thing(noun, number, quality)


def read(sentence: str) -> Said:
    """The meaning of an English statement."""
    *words, stop = sentence.split()
    assert stop == ".", sentence
    place = None
    here = [number for number, word in enumerate(words) if word in c.PREPOSITIONS]
    if here:
        (at,) = here
        size = 3 if words[at + 1] == "the" else 2
        assert at == 0 or at + size == len(words), sentence
        place = (words[at], words[at + size - 1])
        assert place[1] in c.PLACES, sentence
        del words[at : at + size]
    will = words.index("will")
    rest = words[will + 1 :]
    negated = rest[0] == "not"
    verb, *whom = rest[negated:]
    verb = FIRST_FORM.get(verb, verb)
    assert (verb in c.INTRANSITIVE) == (not whom), sentence
    return Said(thing(words[:will]), verb, thing(whom) if whom else None, place, negated)


def statements(text: str) -> list[str]:
    """The English statements of a text that may hold questions too."""
    found, words = [], []
    for word in text.split():
        words.append(word)
        if word in (".", "?"):
            if word == ".":
                found.append(" ".join(words))
            words = []
    return found


def claims(said: Said) -> set[tuple[object, ...]]:
    """All that a positive statement claims, as a set: who says more claims a superset."""
    found: set[tuple[object, ...]] = {("verb", said.verb)}
    for role, one in (("subject", said.subject), ("object", said.object)):
        if one:
            found |= {(role, "is", one.head), (role, "is", c.HYPERNYM_OF.get(one.head, one.head))}
            found.add((role, "number", one.number))
            if one.quality:
                found.add((role, "quality", one.quality))
    if said.place:
        found.add(("place", *said.place))
    return found


def clash(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two claims exclude each other: contrary qualities of one thing, or two places with one preposition."""
    if one[0] == other[0] == "place":
        return one[1] == other[1] and one[2] != other[2]
    return one[:2] == other[:2] and one[1] == "quality" and c.ANTONYMS[str(one[2])] == other[2]


def judge(premise: Said, hypothesis: Said) -> str:
    """entailment, neutral or contradiction."""
    p, h = claims(premise), claims(hypothesis)
    excluded = {claim for claim in h for other in p if clash(other, claim)}
    contrary = bool(excluded) and h - excluded <= p
    if not premise.negated and not hypothesis.negated:
        return "entailment" if h <= p else "contradiction" if contrary else "neutral"
    if not premise.negated:
        return "contradiction" if h <= p else "entailment" if contrary else "neutral"
    if not hypothesis.negated:
        return "contradiction" if p <= h else "neutral"
    return "entailment" if p <= h else "neutral"
