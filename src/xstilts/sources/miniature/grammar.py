"""The six languages as grammars: how each puts a meaning in order, and how far that is from English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Grammar:
    """A language's parameters. Its words are made in `lexicon.py` from these and the seed."""

    code: str
    name: str
    shared: float  # share of words that have the English form (cognates, or loanwords in another script)
    text: float  # share of pretraining text, relative to English
    order: Literal["SVO", "SOV", "VSO"] = "SVO"
    adjective_first: bool = True
    prepositions: bool = True  # otherwise the adposition follows its noun
    determiner: bool = True
    auxiliary: bool = True
    negation: Literal["before", "after"] = "before"  # the verb
    question_first: bool = True  # the question word opens the question; otherwise it stands where the answer would
    particle: bool = False  # a word that marks a question, at its end
    accusative: str = ""  # suffix of an object's noun
    plural: str = ""  # suffix of a counted noun
    script: Literal["Latn", "Geor", "Hira"] = "Latn"
    spaced: bool = True
    stop: str = "."

    @property
    def shared_names(self) -> float:
        """Share of names that have the English form."""
        return min(1.0, 4 * self.shared)


# The codes are those that ISO 639-2 reserves for local use: no real language is meant.
GRAMMARS: Mapping[str, Grammar] = {
    grammar.code: grammar
    for grammar in (
        Grammar("en", "English", shared=1.0, text=1.0, plural="s"),
        Grammar("qla", "Alvene", shared=0.4, text=0.9, plural="i"),
        Grammar(
            "qlb",
            "Brezhan",
            shared=0.3,
            text=0.9,
            adjective_first=False,
            determiner=False,
            auxiliary=False,
            negation="after",
        ),
        Grammar(
            "qlc",
            "Keltuvi",
            shared=0.22,
            text=0.8,
            order="SOV",
            prepositions=False,
            determiner=False,
            auxiliary=False,
            negation="after",
            question_first=False,
            particle=True,
            accusative="ssa",
        ),
        Grammar(
            "qld",
            "Davruli",
            shared=0.15,
            text=0.8,
            order="VSO",
            adjective_first=False,
            auxiliary=False,
            question_first=False,
            script="Geor",
        ),
        Grammar(
            "qle",
            "Emuna",
            shared=0.2,
            text=0.7,
            determiner=False,
            auxiliary=False,
            question_first=False,
            particle=True,
            script="Hira",
            spaced=False,
            stop="。",
        ),
    )
}
LANGUAGES: tuple[str, ...] = tuple(GRAMMARS)
ENGLISH = "en"

_WEIGHTS: Mapping[str, float] = {
    "order": 3,
    "script": 2,
    **dict.fromkeys(("adjective_first", "prepositions", "determiner", "auxiliary", "negation"), 1),
    **dict.fromkeys(("question_first", "particle", "accusative", "spaced"), 1),
}


def distance(language: str) -> float:
    """How far a language is from English: weighted share of differing parameters + share of differing words; 0 to 2."""
    here, english = GRAMMARS[language], GRAMMARS[ENGLISH]
    differing = sum(weight for name, weight in _WEIGHTS.items() if getattr(here, name) != getattr(english, name))
    return differing / sum(_WEIGHTS.values()) + 1 - here.shared
