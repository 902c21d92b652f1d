"""Parts of speech: the universal tag of each word, of statements and questions."""

from collections.abc import Iterator
from random import Random

from xstilts.sources.miniature.changes import enquire, slots
from xstilts.sources.miniature.concepts import UPOS
from xstilts.sources.miniature.meanings import Frame, Question
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each

QUESTIONS = 0.2


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with words and tags."""

    def draw(rng: Random, number: int) -> Frame | Question:
        frame = world.sampler.frame_in(request.split, rng)
        return enquire(frame, rng.choice(slots(frame)), rng) if rng.random() < QUESTIONS else frame

    return tell_in_each(world, request, draw, tell)


def tell(meaning: Frame | Question, language: Language, rng: Random) -> Record:
    """The sentence in one language; where it is written without spaces, cut into its words."""
    words = language.say(meaning, rng) if isinstance(meaning, Frame) else language.ask(meaning, rng)
    return {"words": [word.form for word in words], "tags": [UPOS[word.concept] for word in words]}
