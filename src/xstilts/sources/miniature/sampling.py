"""Which meanings are said, and how often.

Concepts meet unevenly: each has a latent vector, and P(verb | subject), P(object | verb), P(adjective | noun) and
P(place | verb) grow with the product of the two. Without this, nouns would be exchangeable, and nothing could tell a
model which word of one language stands for which of another.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from math import exp
from random import Random
from typing import TypeVar

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.meanings import Frame, Phrase, Site, split_of

DIMENSIONS = 6
SHARPNESS = 0.8
SKEW = 0.8

NAME_AS_SUBJECT = 0.4
NAME_AS_OBJECT = 0.3  # weight of a name against a noun, as an object
QUALIFIED = 0.4
COUNTED = 0.2
GENERAL = 0.1  # said of "the animal" rather than of "the dog"
SITED = 0.5
NEGATED = 0.12

T = TypeVar("T")


class Table:
    """A weighted choice among concepts, drawn in well under a microsecond."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        total = sum(weights.values())
        self.items = tuple(weights)
        self.probability = {item: weight / total for item, weight in weights.items()}
        self._sums = list(accumulate(self.probability.values()))
        self._sums[-1] = 1.0  # against rounding: random() stays below 1

    def draw(self, rng: Random) -> str:
        """One concept."""
        return self.items[bisect(self._sums, rng.random())]

    def draw_other(self, rng: Random, *unwanted: str) -> str:
        """One concept that is none of `unwanted`."""
        while (item := self.draw(rng)) in unwanted:
            pass
        return item


class Sampler:
    """Draws meanings. Takes the world's seed; all its choices come from the generators that callers pass in."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"{seed}/latent")
        self._latent = {concept: [rng.gauss(0, 1) for _ in range(DIMENSIONS)] for concept in c.CONCEPTS}
        self._frequency: dict[str, float] = {}
        for group in (c.NOUNS, c.HYPERNYMS, c.NAMES, c.VERBS, c.QUALITIES, c.PLACES, c.PREPOSITIONS, c.NUMERALS):
            ranked = rng.sample(group, len(group))
            self._frequency |= {concept: 1 / rank for rank, concept in enumerate(ranked, start=1)}
        things = (*c.NOUNS, *c.HYPERNYMS)
        self.actors = Table({noun: self._frequency[noun] ** SKEW for noun in c.ACTORS})
        self.names = Table({name: self._frequency[name] ** SKEW for name in c.NAMES})
        self.verbs = {actor: self._given(actor, c.VERBS) for actor in (*c.ACTORS, *c.NAMES, "animal", "worker")}
        self.objects = {verb: self._given(verb, (*c.NOUNS, *c.NAMES)) for verb in c.TRANSITIVE}
        self.places = {verb: self._given(verb, c.PLACES) for verb in c.VERBS}
        self.prepositions = {place: self._given(place, c.PREPOSITIONS) for place in c.PLACES}
        self.qualities = {noun: self._given(noun, c.QUALITIES) for noun in things}
        self.numerals = {noun: self._given(noun, c.NUMERALS) for noun in things}

    def _given(self, condition: str, concepts: Iterable[str]) -> Table:
        here = self._latent[condition]
        return Table(
            {
                concept: (NAME_AS_OBJECT if concept in c.NAMES else 1.0)
                * self._frequency[concept] ** SKEW
                * exp(SHARPNESS * sum(a * b for a, b in zip(here, self._latent[concept], strict=True)))
                for concept in concepts
            }
        )

    def phrase(self, head: str, rng: Random) -> Phrase:
        """`head` with or without a numeral and an adjective, or its hypernym so; a name stays bare."""
        if head in c.NAMES:
            return Phrase(head)
        if head in c.HYPERNYM_OF and rng.random() < GENERAL:
            head = c.HYPERNYM_OF[head]
        number = self.numerals[head].draw(rng) if rng.random() < COUNTED else None
        return Phrase(head, number, self.qualities[head].draw(rng) if rng.random() < QUALIFIED else None)

    def subject(self, rng: Random) -> str:
        """A head for a subject: a name, a worker or an animal."""
        return (self.names if rng.random() < NAME_AS_SUBJECT else self.actors).draw(rng)

    def object(self, verb: str, rng: Random, *unwanted: str) -> Phrase:
        """Something for `verb` to be done to, whose head is none of `unwanted`, nor wider or narrower than these."""
        while True:
            head = self.objects[verb].draw(rng)
            phrase = self.phrase(head, rng)
            related = (head, phrase.head, c.HYPERNYM_OF.get(head))
            if not any(other in related for other in unwanted):
                return phrase

    def verb(self, actor: str, rng: Random, *unwanted: str) -> str:
        """What `actor` is likely to do, none of `unwanted`."""
        return self.verbs[actor].draw_other(rng, *unwanted)

    def verbs_like(self, verb: str, rng: Random) -> str:
        """Another verb that takes as many objects."""
        return rng.choice(sorted(c.same_valency(verb) - {verb}))

    def site(self, verb: str, rng: Random) -> Site:
        """A place where `verb` is likely."""
        place = self.places[verb].draw(rng)
        return Site(self.prepositions[place].draw(rng), place)

    def frame(self, rng: Random) -> Frame:
        """Any meaning, of any split."""
        head = self.subject(rng)
        verb = self.verbs[head].draw(rng)
        subject = self.phrase(head, rng)
        return Frame(
            subject,
            verb,
            self.object(verb, rng, head, subject.head) if verb in c.TRANSITIVE else None,
            self.site(verb, rng) if rng.random() < SITED else None,
            rng.random() < NEGATED,
        )

    def frame_in(self, split: str, rng: Random, accept: Callable[[Frame], bool] = lambda frame: True) -> Frame:
        """A meaning of `split` that `accept` takes."""
        return until(lambda: self.frame(rng), lambda frame: accept(frame) and split_of(frame) == split)


def until(draw: Callable[[], T | None], accept: Callable[[T], bool] = lambda thing: True) -> T:
    """The first thing drawn that is not None and that `accept` takes."""
    while True:
        thing = draw()
        if thing is not None and accept(thing):
            return thing
