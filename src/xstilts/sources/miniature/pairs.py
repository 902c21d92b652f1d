"""Sentences of two languages, some of which mean the same."""

from collections.abc import Callable, Iterator
from random import Random

from xstilts.sources.miniature.grammar import ENGLISH
from xstilts.sources.miniature.meanings import Frame
from xstilts.sources.miniature.sampling import Sampler
from xstilts.sources.miniature.world import Record, Request, World

Side = list[tuple[Frame, int | None]]
"""One language's sentences, each with the number of its translation on the other side."""


def distinct(request: Request, rng: Random, sampler: Sampler, count: int, taken: set[Frame]) -> list[Frame]:
    """Meanings of the split that are not yet among `taken`; they are added to it."""
    frames: list[Frame] = []
    while len(frames) < count:
        frame = sampler.frame_in(request.split, rng, lambda frame: frame not in taken)
        taken.add(frame)
        frames.append(frame)
    return frames


def tell_sides(world: World, request: Request, draw: Callable[[Random], tuple[Side, Side]]) -> Iterator[Record]:
    """Both sides for each language but English; meanings, order and ids are the same in all languages."""
    foreign, english = draw(request.rng("meanings"))
    for code in request.languages:
        if code == ENGLISH:
            continue
        for side, speaker, meanings in (("foreign", code, foreign), ("english", ENGLISH, english)):
            rng, language = request.rng(speaker), world.languages[speaker]
            for number, (frame, other) in enumerate(meanings):
                yield {
                    "id": request.name(number),
                    "language": code,
                    "side": side,
                    "text": language.text(language.say(frame, rng)),
                    "pair": None if other is None else request.name(other),
                }
