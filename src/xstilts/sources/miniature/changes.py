"""From one meaning to others that stand in a known relation to it: weaker, contradicting, unrelated, following."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Literal

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.meanings import Frame, Phrase, Question, Site, Slot
from xstilts.sources.miniature.sampling import Sampler

Change = Literal["roles", "quality", "verb", "object", "place", "number", "subject", "negation"]


def weakenings(frame: Frame) -> Iterator[Frame]:
    """Each meaning that says one thing less; none under negation, where saying less claims more."""
    if frame.negated:
        return
    if frame.site:
        yield replace(frame, site=None)
    for slot, phrase in _phrases(frame):
        if phrase.quality:
            yield _with(frame, slot, replace(phrase, quality=None))
        if phrase.head in c.HYPERNYM_OF:
            yield _with(frame, slot, replace(phrase, head=c.HYPERNYM_OF[phrase.head]))


def weaken(frame: Frame, rng: Random) -> Frame:
    """A meaning that `frame` entails: one or more things less, or the same where nothing can be left out."""
    while options := list(weakenings(frame)):
        frame = rng.choice(options)
        if rng.random() < 0.5:
            break
    return frame


def contradict(frame: Frame, rng: Random, sampler: Sampler) -> Frame:
    """A meaning that cannot hold together with `frame`: negated, elsewhere, or of the contrary quality."""
    options = [replace(frame, negated=not frame.negated)]
    if not frame.negated:
        if frame.site:
            options.append(replace(frame, site=_elsewhere(frame.site, frame.verb, rng, sampler)))
        options.extend(
            _with(frame, slot, replace(phrase, quality=c.ANTONYMS[phrase.quality]))
            for slot, phrase in _phrases(frame)
            if phrase.quality
        )
    return rng.choice(options)


def digress(frame: Frame, rng: Random, sampler: Sampler) -> Frame:
    """A meaning that `frame` neither entails nor excludes: more is said, or something else is done."""
    other_verb = replace(frame, verb=sampler.verbs_like(frame.verb, rng))
    options = [_other_object(frame, rng, sampler)] if frame.object else [other_verb]
    if frame.negated:
        if frame.site:
            options.append(replace(frame, site=_elsewhere(frame.site, frame.verb, rng, sampler)))
    else:
        if not frame.site:
            # Twice, for this is the usual kind; a longer second sentence also balances the shorter ones of entailment.
            options.extend(replace(frame, site=sampler.site(frame.verb, rng)) for _ in range(2))
        for slot, phrase in _phrases(frame):
            if phrase.quality is None and phrase.head not in c.NAMES:
                quality = sampler.qualities[phrase.head].draw(rng)
                options.append(_with(frame, slot, replace(phrase, quality=quality)))
            if phrase.head in c.HYPERNYMS:
                options.append(_with(frame, slot, replace(phrase, head=rng.choice(c.CLASSES[phrase.head]))))
    return rng.choice(options)


def alter(frame: Frame, change: Change, rng: Random, sampler: Sampler) -> Frame | None:
    """Another meaning that differs in one thing, or None where `frame` has no such thing."""
    match change:
        case "roles":
            whom = frame.object
            if whom is None or not _can_act(whom.head):
                return None
            return replace(frame, subject=whom, object=frame.subject)
        case "quality":
            slots = [(slot, phrase, phrase.quality) for slot, phrase in _phrases(frame) if phrase.quality]
            if not slots:
                return None
            slot, phrase, quality = rng.choice(slots)
            return _with(frame, slot, replace(phrase, quality=sampler.qualities[phrase.head].draw_other(rng, quality)))
        case "verb":
            return replace(frame, verb=sampler.verbs_like(frame.verb, rng))
        case "object":
            return _other_object(frame, rng, sampler) if frame.object else None
        case "place":
            return replace(frame, site=_elsewhere(frame.site, frame.verb, rng, sampler)) if frame.site else None
        case "number":
            counted = [(slot, phrase, phrase.number) for slot, phrase in _phrases(frame) if phrase.number]
            if not counted:
                return None
            slot, phrase, number = rng.choice(counted)
            return _with(frame, slot, replace(phrase, number=sampler.numerals[phrase.head].draw_other(rng, number)))
        case "subject":
            if frame.subject.head not in c.NAMES:
                return None
            whom_head = frame.object.head if frame.object else ""
            return replace(frame, subject=Phrase(sampler.names.draw_other(rng, frame.subject.head, whom_head)))
        case "negation":
            return replace(frame, negated=not frame.negated)


def follow(frame: Frame, verb: str, rng: Random, sampler: Sampler) -> Frame:
    """What the same subject does next: `verb`, to the same object where both verbs have one."""
    subject = frame.subject if rng.random() < 0.5 else replace(frame.subject, quality=None)
    whom = None
    if verb in c.TRANSITIVE:
        whom = frame.object or sampler.object(verb, rng, frame.subject.head)
    return Frame(subject, verb, whom, sampler.site(verb, rng) if rng.random() < 0.5 else None)


def enquire(frame: Frame, asked: Slot, rng: Random) -> Question:
    """A question that `frame` answers: who, what or where; it repeats the rest, in part."""
    if asked != "place":
        frame = replace(frame, site=None)
    for slot, phrase in _phrases(frame):
        if slot != asked and phrase.quality and rng.random() < 0.5:
            frame = _with(frame, slot, replace(phrase, quality=None))
    return Question(frame, asked)


def slots(frame: Frame) -> list[Slot]:
    """The slots that are filled and can be asked for."""
    filled: list[Slot] = ["subject"]
    if frame.object:
        filled.append("object")
    if frame.site:
        filled.append("place")
    return filled


def _phrases(frame: Frame) -> list[tuple[Slot, Phrase]]:
    found: list[tuple[Slot, Phrase]] = [("subject", frame.subject)]
    if frame.object:
        found.append(("object", frame.object))
    return found


def _with(frame: Frame, slot: Slot, phrase: Phrase) -> Frame:
    return replace(frame, subject=phrase) if slot == "subject" else replace(frame, object=phrase)


def _elsewhere(site: Site, verb: str, rng: Random, sampler: Sampler) -> Site:
    # The same preposition: one can be near the school and in the garden, but not in both.
    return replace(site, place=sampler.places[verb].draw_other(rng, site.place))


def _other_object(frame: Frame, rng: Random, sampler: Sampler) -> Frame:
    assert frame.object is not None
    kind = c.HYPERNYM_OF.get(frame.object.head, frame.object.head)
    other = sampler.object(frame.verb, rng, frame.object.head, kind, frame.subject.head)
    return replace(frame, object=replace(other, number=frame.object.number if other.head not in c.NAMES else None))


def _can_act(head: str) -> bool:
    return head in c.NAMES or head in c.ACTORS or head in ("animal", "worker")
