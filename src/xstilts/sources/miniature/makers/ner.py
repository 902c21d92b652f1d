"""Names of people and places in sentences. Half of them occur in no other split and in no pretraining text."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.lexicon import COINED_PERSON, COINED_TOWN, coined
from xstilts.sources.miniature.meanings import Frame, Phrase
from xstilts.sources.miniature.speech import Language, Word
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each

NAMED = 0.85  # how many sentences have a name
COINED = 0.5
SURNAMED = 0.3  # of the known names of people: followed by a coined one


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with words and BIO tags of PER and LOC."""

    def draw(rng: Random, number: int) -> Frame:
        named = rng.random() < NAMED
        # The split is that of the meaning with the names as drawn; a coined name has the split of its own.
        frame = world.sampler.frame_in(request.split, rng, lambda frame: has_name(frame) or not named)
        return with_new_names(frame, request.split, rng)

    return tell_in_each(world, request, draw, tell)


def has_name(frame: Frame) -> bool:
    """Whether a person or a town is named."""
    heads = [frame.subject.head, frame.object.head if frame.object else "", frame.site.place if frame.site else ""]
    return any(head in c.NAMES or head in c.TOWNS for head in heads)


def with_new_names(frame: Frame, split: str, rng: Random) -> Frame:
    """The frame with some of its names made new."""

    def renamed(phrase: Phrase) -> Phrase:
        if phrase.head not in c.NAMES:
            return phrase
        if rng.random() < COINED:
            return Phrase(coined(COINED_PERSON, split, rng))
        if rng.random() < SURNAMED:
            return Phrase(f"{phrase.head} {coined(COINED_PERSON, split, rng)}")
        return phrase

    site = frame.site
    if site and site.place in c.TOWNS and rng.random() < COINED:
        site = replace(site, place=coined(COINED_TOWN, split, rng))
    return replace(
        frame, subject=renamed(frame.subject), object=renamed(frame.object) if frame.object else None, site=site
    )


def tell(frame: Frame, language: Language, rng: Random) -> Record:
    """The sentence in one language; where it is written without spaces, cut into its words."""
    words = language.say(frame, rng)
    tags = [tag(word, before) for word, before in zip(words, [None, *words[:-1]], strict=True)]
    return {"words": [word.form for word in words], "tags": tags}


def tag(word: Word, before: Word | None) -> str:
    """The BIO tag of a word, given the one before it."""
    if word.role != "name":
        return "O"
    kind = "LOC" if word.slot == "place" else "PER"
    inside = before is not None and before.role == "name" and before.slot == word.slot
    return f"{'I' if inside else 'B'}-{kind}"
