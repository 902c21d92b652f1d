"""Which of four sentences goes on from the first? The one whose verb is the effect of the first one's."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.choosing import Choices, continuations, verbs_beside
from xstilts.sources.miniature.meanings import Frame
from xstilts.sources.miniature.sampling import Sampler, until
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each


@dataclass(frozen=True, slots=True)
class Beginning:
    """A meaning and four that may follow."""

    frame: Frame
    endings: Choices[Frame]


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with prompt, four choices and label."""

    def draw(rng: Random, number: int) -> Beginning:
        return until(lambda: beginning(request.split, rng, world.sampler))

    return tell_in_each(world, request, draw, tell)


def beginning(split: str, rng: Random, sampler: Sampler) -> Beginning | None:
    """One attempt at a beginning with endings that all belong to the split."""
    frame = sampler.frame_in(split, rng, lambda frame: not frame.negated)
    right = c.EFFECTS[frame.verb]
    wrong = verbs_beside(right, frozenset((frame.verb,)), 3, rng)
    endings = continuations(frame, right, wrong, split, rng, sampler)
    return Beginning(frame, endings) if endings else None


def tell(beginning: Beginning, language: Language, rng: Random) -> Record:
    """The beginning and its endings in one language."""
    prompt = language.text(language.say(beginning.frame, rng))
    choices = [language.text(language.say(ending, rng)) for ending in beginning.endings.options]
    return {"prompt": prompt, "choices": choices, "label": beginning.endings.label}
