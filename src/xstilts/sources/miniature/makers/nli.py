"""Natural-language inference: does the second sentence follow from the first, contradict it, or neither?"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from xstilts.sources.miniature.changes import contradict, digress, weaken, weakenings
from xstilts.sources.miniature.meanings import Frame, relation, split_of
from xstilts.sources.miniature.sampling import NEGATED, Sampler, until
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each

LABELS = ("entailment", "neutral", "contradiction")
TRIES = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two meanings and how the second relates to the first."""

    premise: Frame
    hypothesis: Frame
    label: str


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with text_a, text_b and label; the labels take turns."""

    def draw(rng: Random, number: int) -> Pair:
        # Drawn here, not in the attempts: these succeed more often where nothing can be left out, as under negation.
        negated = rng.random() < NEGATED
        pairs = until(lambda: attempt(negated, request.split, rng, world.sampler))
        return pairs[number % len(LABELS)]

    return tell_in_each(world, request, draw, tell)


def attempt(negated: bool, split: str, rng: Random, sampler: Sampler) -> list[Pair] | None:
    """One attempt at a pair for each label, all of one premise: so no premise can show the label."""
    premise = sampler.frame_in(
        split, rng, lambda frame: frame.negated == negated and (negated or any(weakenings(frame)))
    )
    pairs = []
    for label in LABELS:
        for _ in range(TRIES):
            hypothesis = propose(premise, label, rng, sampler)
            if split_of(hypothesis) == split and relation(premise, hypothesis) == label:
                pairs.append(Pair(premise, hypothesis, label))
                break
        else:
            return None
    return pairs


def propose(premise: Frame, label: str, rng: Random, sampler: Sampler) -> Frame:
    """A hypothesis that should have this label."""
    if label == "entailment":
        return weaken(premise, rng)
    # Shortened half the time, for what is entailed is shorter too.
    base = weaken(premise, rng) if rng.random() < 0.5 else premise
    return (contradict if label == "contradiction" else digress)(base, rng, sampler)


def tell(pair: Pair, language: Language, rng: Random) -> Record:
    """The pair in one language."""
    text_a = language.text(language.say(pair.premise, rng))
    text_b = language.reword(pair.hypothesis, text_a, rng)
    return {"text_a": text_a, "text_b": text_b, "label": pair.label}
