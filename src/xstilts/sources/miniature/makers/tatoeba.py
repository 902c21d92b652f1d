"""Sentences and their translations, to be found among all others."""

from collections.abc import Iterator
from random import Random

from xstilts.sources.miniature.pairs import Side, distinct, tell_sides
from xstilts.sources.miniature.world import Record, Request, World


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with side, text and pair, for each language but English: `rows` sentences on each side."""

    def draw(rng: Random) -> tuple[Side, Side]:
        frames = distinct(request, rng, world.sampler, request.rows, set())
        side: Side = [(frame, number) for number, frame in enumerate(frames)]
        return side, side

    return tell_sides(world, request, draw)
