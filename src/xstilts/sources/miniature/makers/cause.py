"""Which of two sentences is the effect, or the cause, of the first? The other one is neither."""

from collections.abc import Iterator
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.choosing import continuations, verbs_beside
from xstilts.sources.miniature.makers.completion import Beginning, tell
from xstilts.sources.miniature.sampling import Sampler, until
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with prompt, two choices and label; effects and causes take turns."""

    def draw(rng: Random, number: int) -> Beginning:
        return until(lambda: relative(number % 2 == 0, request.split, rng, world.sampler))

    return tell_in_each(world, request, draw, tell)


def relative(effect: bool, split: str, rng: Random, sampler: Sampler) -> Beginning | None:
    """One attempt at a meaning with its effect or its cause and something unrelated, all of the split."""
    frame = sampler.frame_in(split, rng, lambda frame: not frame.negated)
    after, before = c.EFFECTS[frame.verb], c.CAUSES[frame.verb]
    right = after if effect else before
    wrong = verbs_beside(right, frozenset((frame.verb, after, before)), 1, rng)
    choices = continuations(frame, right, wrong, split, rng, sampler)
    return Beginning(frame, choices) if choices else None
