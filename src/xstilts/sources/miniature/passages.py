"""Passages of two sentences with a question about one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from xstilts.sources.miniature.changes import Change, alter, enquire, slots
from xstilts.sources.miniature.meanings import Frame, Question, Slot, answers, split_of
from xstilts.sources.miniature.sampling import Sampler, until
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each

SLOTS: tuple[Slot, ...] = ("subject", "object", "place")
NEAR = 0.4  # how often the other sentence is nearly what is asked for
NEAR_CHANGES: tuple[Change, ...] = ("subject", "object", "place", "verb")


@dataclass(frozen=True, slots=True)
class Passage:
    """Two meanings and a question; `answer` is the number of the one that answers it, or None."""

    frames: tuple[Frame, Frame]
    question: Question
    answer: int | None


def make_passages(world: World, request: Request, *, unanswerable: bool) -> Iterator[Record]:
    """Records with question, context and answers; every third has no answer if `unanswerable`."""

    def draw(rng: Random, number: int) -> Passage:
        asked = SLOTS[number // 3 % len(SLOTS)]
        answered = not (unanswerable and number % 3 == 2)
        near = (
            rng.random() < NEAR
        )  # drawn here, not in the attempts, of which those with a near sentence fail more often
        return until(lambda: passage(asked, answered, near, request.split, rng, world.sampler))

    return tell_in_each(world, request, draw, tell)


def passage(asked: Slot, answered: bool, near: bool, split: str, rng: Random, sampler: Sampler) -> Passage | None:
    """One attempt at a passage whose meanings all belong to the split."""
    frame = sampler.frame_in(split, rng, lambda frame: not frame.negated and asked in slots(frame))
    if near:
        other = alter(frame, rng.choice(NEAR_CHANGES), rng, sampler)
    else:
        other = sampler.frame_in(split, rng, lambda frame: not frame.negated)
    if other is None or split_of(other) != split:
        return None
    place = rng.randrange(2)
    frames = (frame, other) if place == 0 else (other, frame)
    source = frame
    if not answered:
        # What is asked is nearly what the first sentence says: something else than the answer is changed.
        altered = alter(frame, rng.choice([change for change in NEAR_CHANGES if change != asked]), rng, sampler)
        if altered is None or split_of(altered) != split:
            return None
        source = altered
    question = enquire(source, asked, rng)
    if [answers(one, question) for one in frames] != [answered and one is frame for one in frames]:
        return None
    return Passage(frames, question, place if answered else None)


def tell(passage: Passage, language: Language, rng: Random) -> Record:
    """The passage in one language; the answer is the whole phrase, with its adposition or case."""
    sentences = [language.say(frame, rng) for frame in passage.frames]
    texts = [language.text(words) for words in sentences]
    found: list[dict[str, object]] = []
    if passage.answer is not None:
        start, text = language.span(sentences[passage.answer], passage.question.asked)
        before = len(language.join([texts[0], ""])) if passage.answer else 0
        found = [{"text": text, "start": before + start}]
    question = language.text(language.ask(passage.question, rng))
    return {"question": question, "context": language.join(texts), "answers": found}
