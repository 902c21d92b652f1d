"""Meanings: what a sentence says, apart from any language; and the split to which a meaning belongs."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal

from xstilts.sources.miniature.concepts import ANTONYMS, HYPERNYM_OF

Slot = Literal["subject", "object", "place"]
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A name, or [numeral | the] adjective? noun."""

    head: str
    number: str | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Where something happens: in, near, behind, outside … of a place."""

    preposition: str
    place: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Who will do what to whom, and where; or that this will not be."""

    subject: Phrase
    verb: str
    object: Phrase | None = None
    site: Site | None = None
    negated: bool = False

    def phrase(self, slot: Slot) -> Phrase | Site | None:
        """What fills `slot`, or None."""
        return self.subject if slot == "subject" else self.object if slot == "object" else self.site


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for what fills one slot of a frame; the answer stays in the frame and is left unsaid."""

    frame: Frame
    asked: Slot


def key(frame: Frame) -> str:
    """The meaning as a string, the same for all its wordings in all languages."""
    who, whom, site = frame.subject, frame.object, frame.site
    return (
        f"{who.head},{who.number},{who.quality};{frame.verb}{'!' if frame.negated else ''};"
        f"{f'{whom.head},{whom.number},{whom.quality}' if whom else ''};"
        f"{f'{site.preposition},{site.place}' if site else ''}"
    )


def split_of(frame: Frame) -> str:
    """The one split that may speak of this meaning: 70 % train, 10 % dev, 20 % test, by a hash that never changes."""
    bucket = int.from_bytes(blake2b(key(frame).encode(), digest_size=4).digest()) % 10
    return "test" if bucket < 2 else "dev" if bucket == 2 else "train"


def is_a(head: str, kind: str) -> bool:
    """Whether every `head` is a `kind`."""
    return head == kind or HYPERNYM_OF.get(head) == kind


def phrase_entails(one: Phrase, other: Phrase) -> bool:
    """Whether what is said of `one` may be said of `other`: same number, same or wider noun, no further quality."""
    return is_a(one.head, other.head) and one.number == other.number and other.quality in (None, one.quality)


def entails(one: Frame, other: Frame) -> bool:
    """Whether the positive frame `one` says all that the positive frame `other` says."""
    return (
        one.verb == other.verb
        and phrase_entails(one.subject, other.subject)
        and (one.object is None) == (other.object is None)
        and (one.object is None or other.object is None or phrase_entails(one.object, other.object))
        and other.site in (None, one.site)
    )


def excludes(one: Frame, other: Frame) -> bool:
    """Whether two positive frames cannot both hold: they agree but for another place, or for contrary qualities."""
    site = other.site
    if one.site and site and one.site.preposition == site.preposition and one.site.place != site.place:
        site = None
    subject = _without_contrary(one.subject, other.subject)
    whom = _without_contrary(one.object, other.object) if one.object and other.object else other.object
    common = Frame(subject, other.verb, whom, site)
    return common != other and entails(one, common)


def relation(premise: Frame, hypothesis: Frame) -> str:
    """What follows from the first about the second: "entailment", "contradiction" or "neutral"."""
    one, other = replace(premise, negated=False), replace(hypothesis, negated=False)
    match premise.negated, hypothesis.negated:
        case False, False:
            follows, excluded = entails(one, other), excludes(one, other)
        case False, True:
            follows, excluded = excludes(one, other), entails(one, other)
        case True, True:
            follows, excluded = entails(other, one), False
        case _:
            follows, excluded = False, entails(other, one)
    return "entailment" if follows else "contradiction" if excluded else "neutral"


def _without_contrary(one: Phrase, other: Phrase) -> Phrase:
    contrary = other.quality and one.quality == ANTONYMS[other.quality]
    return replace(other, quality=None) if contrary else other


def answers(frame: Frame, question: Question) -> bool:
    """Whether `frame` says what `question` asks for (negated or not, as the question is)."""
    asked, wanted = question.asked, question.frame
    if frame.phrase(asked) is None or frame.negated != wanted.negated:
        return False
    return entails(
        Frame(
            wanted.subject if asked == "subject" else frame.subject,
            frame.verb,
            wanted.object if asked == "object" else frame.object,
            wanted.site if asked == "place" else frame.site,
        ),
        Frame(wanted.subject, wanted.verb, wanted.object, wanted.site),
    )
