"""Two collections of sentences, a third of which have a translation in the other; many of the rest nearly have."""

from collections.abc import Iterator
from random import Random

from xstilts.sources.miniature.changes import Change, alter
from xstilts.sources.miniature.meanings import Frame, split_of
from xstilts.sources.miniature.pairs import Side, distinct, tell_sides
from xstilts.sources.miniature.world import Record, Request, World

CHANGES: tuple[Change, ...] = ("roles", "quality", "verb", "object", "place", "number", "subject", "negation")
TRIES = 100


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with side, text and pair, for each language but English: `rows` sentences on each side."""
    sampler = world.sampler

    def draw(rng: Random) -> tuple[Side, Side]:
        taken: set[Frame] = set()
        paired = distinct(request, rng, sampler, request.rows // 3, taken)

        def others() -> list[Frame]:
            alone = request.rows - len(paired)
            near: list[Frame] = []
            for _ in range(TRIES * alone if paired else 0):  # few pairs may not have as many neighbours in the split
                if len(near) == alone // 2:
                    break
                changed = alter(rng.choice(paired), rng.choice(CHANGES), rng, sampler)
                if changed and changed not in taken and split_of(changed) == request.split:
                    near.append(changed)
                    taken.add(changed)
            return near + distinct(request, rng, sampler, alone - len(near), taken)

        foreign, english = [[*paired, *others()] for _ in range(2)]
        rng.shuffle(foreign)
        rng.shuffle(english)
        place = [{frame: number for number, frame in enumerate(side)} for side in (foreign, english)]
        return [(frame, place[1].get(frame)) for frame in foreign], [(frame, place[0].get(frame)) for frame in english]

    return tell_sides(world, request, draw)
