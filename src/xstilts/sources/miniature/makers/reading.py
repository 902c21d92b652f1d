"""Who will do what the text does not say, but what follows from it? A text of two sentences and four to choose from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.changes import follow
from xstilts.sources.miniature.choosing import Choices, shuffled
from xstilts.sources.miniature.meanings import Frame, Phrase, Question
from xstilts.sources.miniature.sampling import Sampler, until
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each


@dataclass(frozen=True, slots=True)
class Story:
    """Two meanings, a question about what follows from one of them, and who may be the answer."""

    frames: tuple[Frame, Frame]
    question: Question
    choices: Choices[Phrase]


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with prompt (text and question), four choices and label."""

    def draw(rng: Random, number: int) -> Story:
        return until(lambda: story(request.split, rng, world.sampler))

    return tell_in_each(world, request, draw, tell)


def story(split: str, rng: Random, sampler: Sampler) -> Story | None:
    """One attempt at a story whose meanings belong to the split."""

    def named(frame: Frame) -> bool:
        return not frame.negated and frame.subject.head not in c.HYPERNYMS

    frame = sampler.frame_in(split, rng, named)
    effect = c.EFFECTS[frame.verb]
    person = frame.subject.head in c.PERSONS

    def beside(other: Frame) -> bool:
        # Its subject answers the same question word, and neither does what is asked for nor what leads to it.
        head, verb = other.subject.head, other.verb
        alike = (head in c.PERSONS) == person and head != frame.subject.head
        return named(other) and alike and verb not in (frame.verb, effect)

    other = sampler.frame_in(split, rng, beside)
    present = {frame.subject.head, other.subject.head}
    absent: list[Phrase] = []
    while len(absent) < 2:
        head = sampler.subject(rng)
        if (head in c.PERSONS) == person and head not in present:
            present.add(head)
            # As fully described as the others, so that no length tells who is in the text.
            absent.append(replace(sampler.phrase(head, rng), head=head))
    bare = follow(frame, effect, rng, sampler)
    wrong = [other.subject, *absent]
    rng.shuffle(wrong)
    return Story(
        (frame, other) if rng.random() < 0.5 else (other, frame),
        Question(Frame(bare.subject, bare.verb, bare.object), "subject"),
        shuffled(frame.subject, wrong, rng),
    )


def tell(story: Story, language: Language, rng: Random) -> Record:
    """The story in one language."""
    sentences = [language.say(frame, rng) for frame in story.frames]
    prompt = language.join(language.text(words) for words in (*sentences, language.ask(story.question, rng)))
    choices = [language.text(language.phrase(phrase, "subject", rng)) for phrase in story.choices.options]
    return {"prompt": prompt, "choices": choices, "label": story.choices.label}
