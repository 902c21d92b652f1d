"""Pretraining text: documents of two sentences, from which words, grammar and the world's rules can be learnt."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from xstilts.sources.miniature import changes
from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.grammar import ENGLISH, LANGUAGES
from xstilts.sources.miniature.meanings import Frame, Question, split_of
from xstilts.sources.miniature.sampling import Sampler
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World

QUESTIONS = 0.15
RESTATEMENTS = 0.45
EFFECTS = 0.5  # of the continuations
WITH_ENGLISH = 0.5  # of the bilingual documents: as on the web, a text that changes language mostly changes to English
TRIES = 12


@dataclass(frozen=True, slots=True)
class Document:
    """Two sentences that belong together."""

    first: Frame | Question
    second: Frame
    restated: bool = False


def make(world: World, request: Request) -> Iterator[Record]:
    """Documents, per language as many as its share of text allows; the languages' documents are unrelated."""
    for code in request.languages:
        rng = request.rng(code)
        speaker = world.languages[code]
        others = [world.languages[other] for other in LANGUAGES if other not in (code, ENGLISH)]
        for number in range(round(request.rows * speaker.grammar.text)):
            document = draw(request.split, rng, world.sampler)
            second = speaker
            if document.restated and code != ENGLISH and rng.random() < 2 * world.settings.beta:
                second = world.languages[ENGLISH] if rng.random() < WITH_ENGLISH else rng.choice(others)
            yield {"id": request.name(number), "language": code, "text": _text(document, speaker, second, rng)}


def draw(split: str, rng: Random, sampler: Sampler) -> Document:
    """A document of one split: question and answer, restatement, or what the same subject does next."""
    frame = sampler.frame_in(split, rng)
    kind = rng.random()
    if kind < QUESTIONS:
        return Document(changes.enquire(frame, rng.choice(changes.slots(frame)), rng), frame)
    if kind < QUESTIONS + RESTATEMENTS:
        weaker = _first_in(split, (changes.weaken(frame, rng) for _ in range(TRIES))) or frame
        return Document(frame, weaker, True) if rng.random() < 0.5 else Document(weaker, frame, True)
    while True:
        verb = c.EFFECTS[frame.verb]
        if frame.negated or rng.random() >= EFFECTS:
            verb = sampler.verb(frame.subject.head, rng, verb, frame.verb)
        following = _first_in(split, (changes.follow(frame, verb, rng, sampler) for _ in range(TRIES)))
        if following:
            return Document(frame, following)
        frame = sampler.frame_in(split, rng)


def _first_in(split: str, frames: Iterator[Frame]) -> Frame | None:
    return next((frame for frame in frames if split_of(frame) == split), None)


def _text(document: Document, speaker: Language, second: Language, rng: Random) -> str:
    first = document.first
    opening = speaker.text(speaker.ask(first, rng) if isinstance(first, Question) else speaker.say(first, rng))
    closing = second.reword(document.second, opening, rng)
    if second is speaker:
        return speaker.join([opening, closing])
    return f"{opening} {closing}"
