"""Multiple choice: the right choice among wrong ones, put in a place drawn by chance, the same in all languages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Generic, TypeVar

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.changes import follow
from xstilts.sources.miniature.meanings import Frame, split_of
from xstilts.sources.miniature.sampling import Sampler

T = TypeVar("T")
TRIES = 40


@dataclass(frozen=True, slots=True)
class Choices(Generic[T]):
    """Choices, one of them right."""

    options: tuple[T, ...]
    label: int


def shuffled(right: T, wrong: Sequence[T], rng: Random) -> Choices[T]:
    """The right choice put among the wrong ones."""
    label = rng.randrange(len(wrong) + 1)
    return Choices((*wrong[:label], right, *wrong[label:]), label)


def verbs_beside(right: str, unwanted: frozenset[str], count: int, rng: Random) -> list[str]:
    """Wrong verbs that take as many objects as the right one, so that the form of a choice tells nothing."""
    return rng.sample(sorted(c.same_valency(right) - {right} - unwanted), count)


def continuations(
    frame: Frame, right: str, wrong: Sequence[str], split: str, rng: Random, sampler: Sampler
) -> Choices[Frame] | None:
    """What the subject of `frame` does besides, with the right verb and with the wrong ones, to the same object.

    Each has a place or none by its own chance, as in pretraining text. None if the split has not all of them.
    """
    whom = frame.object or (sampler.object(right, rng, frame.subject.head) if right in c.TRANSITIVE else None)
    source = replace(frame, object=whom)

    def one(verb: str) -> Frame | None:
        attempts = (follow(source, verb, rng, sampler) for _ in range(TRIES))
        return next((following for following in attempts if split_of(following) == split), None)

    first = one(right)
    others = [following for verb in wrong if (following := one(verb))]
    if first is None or len(others) < len(wrong):
        return None
    return shuffled(first, others, rng)
