"""Categories of a categorial grammar: what each word combines with, and on which side, by the language's order."""

from collections.abc import Iterator
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.grammar import Grammar
from xstilts.sources.miniature.meanings import Frame
from xstilts.sources.miniature.speech import Language, Word
from xstilts.sources.miniature.world import Record, Request, World, tell_in_each


def make(world: World, request: Request) -> Iterator[Record]:
    """Records with words and tags."""

    def draw(rng: Random, number: int) -> Frame:
        return world.sampler.frame_in(request.split, rng)

    return tell_in_each(world, request, draw, tell)


def tell(frame: Frame, language: Language, rng: Random) -> Record:
    """The sentence in one language."""
    words = language.say(frame, rng)
    return {"words": [word.form for word in words], "tags": categories(words, language.grammar)}


def categories(words: list[Word], grammar: Grammar) -> list[str]:
    """The category of each word of a statement; a noun phrase without a determiner is an N that serves as an NP."""
    transitive = any(word.slot == "object" for word in words)
    verb_first = grammar.order == "VSO"
    predicate = "S" if verb_first else r"(S\NP)"
    match grammar.order:
        case "SVO":
            verb = r"(S\NP)/NP" if transitive else r"S\NP"
        case "SOV":
            verb = r"(S\NP)\NP" if transitive else r"S\NP"
        case "VSO":
            verb = "(S/NP)/NP" if transitive else "S/NP"
    if words[0].slot == "place":
        place = "(S/S)"
    else:
        place = rf"({predicate}/{predicate})" if grammar.order == "SOV" else rf"({predicate}\{predicate})"
    if grammar.negation == "before":
        negation = f"{predicate}/{predicate}"
    else:
        negated = predicate if grammar.order == "SOV" else f"({verb})"
        negation = rf"{negated}\{negated}"
    by_concept = {c.WILL: f"{predicate}/{predicate}", c.NOT: negation, c.STOP: "."}
    by_role = {
        "determiner": "NP/N",
        "numeral": "NP/N" if grammar.determiner else "N/N",
        "adjective": "N/N" if grammar.adjective_first else r"N\N",
        "noun": "N",
        "name": "NP",
        "adposition": f"{place}/NP" if grammar.prepositions else rf"{place}\NP",
        "verb": verb,
    }
    return [by_concept.get(word.concept) or by_role[word.role] for word in words]
