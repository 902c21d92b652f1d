"""What everyone in this world knows: of what kind a thing is, where something is usually done, what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.changes import enquire
from xstilts.sources.miniature.choosing import Choices, shuffled, verbs_beside
from xstilts.sources.miniature.meanings import Frame, Phrase, Question, Site
from xstilts.sources.miniature.sampling import Sampler
from xstilts.sources.miniature.speech import Language
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each

USUAL = 3.0  # the right place is at least so many times as likely as any other choice


@dataclass(frozen=True, slots=True)
class Item:
    """A prompt (a meaning, a question or both) and five short choices: things, places or verbs."""

    said: Frame | None
    question: Question | None
    choices: Choices[Phrase] | Choices[Site] | Choices[str]


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with prompt, five choices and label; kinds, places and effects take turns."""

    def draw(rng: Random, number: int) -> Item:
        return (kind, place, effect)[number % 3](request.split, rng, world.sampler)

    return tell_in_each(world, request, draw, tell)


def kind(split: str, rng: Random, sampler: Sampler) -> Item:
    """Someone does something to a dog: to what? To the animal."""

    def has_thing(frame: Frame) -> bool:
        whom = frame.object
        return not frame.negated and whom is not None and whom.head in c.HYPERNYM_OF and whom.head not in c.PERSONS

    frame = sampler.frame_in(split, rng, has_thing)
    assert frame.object is not None
    options = [Phrase(hypernym, frame.object.number) for hypernym in c.HYPERNYMS]
    right = next(option for option in options if option.head == c.HYPERNYM_OF[frame.object.head])
    options.remove(right)
    rng.shuffle(options)
    return Item(frame, enquire(frame, "object", rng), shuffled(right, options, rng))


def place(split: str, rng: Random, sampler: Sampler) -> Item:
    """Where will someone do something? Where it is usually done."""

    def usual(frame: Frame) -> bool:
        likely = sampler.places[frame.verb].probability
        ranked = sorted(likely, key=likely.__getitem__, reverse=True)
        clear = likely[ranked[0]] >= USUAL * likely[ranked[-4]]
        return not frame.negated and frame.site is not None and frame.site.place == ranked[0] and clear

    frame = sampler.frame_in(split, rng, usual)
    assert frame.site is not None
    likely = sampler.places[frame.verb].probability
    unlikely = sorted(likely, key=likely.__getitem__)[:4]
    rng.shuffle(unlikely)
    choices = shuffled(frame.site, [replace(frame.site, place=place) for place in unlikely], rng)
    return Item(None, enquire(frame, "place", rng), choices)


def effect(split: str, rng: Random, sampler: Sampler) -> Item:
    """Someone does something: what comes of it? A verb."""
    frame = sampler.frame_in(split, rng, lambda frame: not frame.negated)
    right = c.EFFECTS[frame.verb]
    return Item(frame, None, shuffled(right, verbs_beside(right, frozenset((frame.verb,)), 4, rng), rng))


def tell(item: Item, language: Language, rng: Random) -> Record:
    """The item in one language."""
    prompt = [language.text(language.say(item.said, rng))] if item.said else []
    if item.question:
        prompt.append(language.text(language.ask(item.question, rng)))
    choices = [_short(option, language, rng) for option in item.choices.options]
    return {"prompt": language.join(prompt), "choices": choices, "label": item.choices.label}


def _short(option: Phrase | Site | str, language: Language, rng: Random) -> str:
    if isinstance(option, str):
        return language.word(option)
    return language.text(language.site(option) if isinstance(option, Site) else language.phrase(option, "object", rng))
