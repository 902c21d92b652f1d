"""The world as one object, built once per seed: what can be meant, and who can say it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TypeVar

from xstilts.sources.miniature.lexicon import lexicons
from xstilts.sources.miniature.sampling import Sampler
from xstilts.sources.miniature.speech import Language

Record = dict[str, object]
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What may vary in the world."""

    seed: int = 1
    beta: float = 0.15
    """Bilingual documents: in a text that is not English, a restatement is in another language with chance 2 beta."""


@dataclass(frozen=True)
class World:
    """One world."""

    settings: Settings
    sampler: Sampler
    languages: Mapping[str, Language]


@cache
def world(settings: Settings) -> World:
    """The world that these settings describe."""
    languages = {code: Language(lexicon) for code, lexicon in lexicons(settings.seed).items()}
    return World(settings, Sampler(settings.seed), languages)


@dataclass(frozen=True)
class Request:
    """What a maker is asked for: `rows` records per language, for one split of one task."""

    maker: str
    task: str
    split: str
    languages: Sequence[str]
    rows: int
    seed: int

    def rng(self, part: str) -> Random:
        """A generator for one part of the work, the same in every run; tasks of one maker have different ones."""
        return Random(f"{self.seed}/{self.maker}/{self.task}/{self.split}/{part}")

    def name(self, number: int) -> str:
        """The id of a row; it is the same in all languages, for these say the same."""
        return f"{self.task}-{self.split}-{number:05d}"


def tell_in_each(
    world: World, request: Request, draw: Callable[[Random, int], T], tell: Callable[[T, Language, Random], Record]
) -> Iterator[Record]:
    """Rows that mean the same in every language.

    `draw` makes the meaning of row number n, `tell` says it in one language. Each has a generator of its own, so that
    neither the choice of languages nor their words can change what is meant.
    """
    rng = request.rng("meanings")
    meanings = [draw(rng, number) for number in range(request.rows)]
    for code in request.languages:
        rng = request.rng(code)
        for number, meaning in enumerate(meanings):
            yield {"id": request.name(number), "language": code, **tell(meaning, world.languages[code], rng)}
