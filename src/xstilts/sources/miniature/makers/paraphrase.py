"""Paraphrase: do two sentences mean the same? Those that do not are as alike as those that do."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from xstilts.sources.miniature.changes import Change, alter
from xstilts.sources.miniature.meanings import Frame, split_of
from xstilts.sources.miniature.sampling import until
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each

LABELS = ("different", "paraphrase")
CHANGES: tuple[Change, ...] = ("roles", "quality", "verb")
TRIES = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """Two meanings, the same or nearly."""

    one: Frame
    other: Frame


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with text_a, text_b and label; the labels take turns."""

    def draw(rng: Random, number: int) -> Pair:
        # Paraphrases too are made of meanings that this change could alter, so that no sentence shows its label alone.
        change = CHANGES[number // len(LABELS) % len(CHANGES)]
        pair = until(lambda: attempt(change, rng))
        return pair if LABELS[number % len(LABELS)] == "different" else Pair(pair.one, pair.one)

    def attempt(change: Change, rng: Random) -> Pair | None:
        frame = world.sampler.frame_in(request.split, rng)
        for _ in range(TRIES):
            other = alter(frame, change, rng, world.sampler)
            if other is None:
                return None
            if split_of(other) == request.split and other != frame:
                return Pair(frame, other)
        return None

    return tell_in_each(world, request, draw, tell)


def tell(pair: Pair, language: Language, rng: Random) -> Record:
    """The pair in one language, in other words or in another order where the language has these."""
    text_a = language.text(language.say(pair.one, rng))
    text_b = language.reword(pair.other, text_a, rng)
    return {"text_a": text_a, "text_b": text_b, "label": LABELS[pair.one == pair.other]}
