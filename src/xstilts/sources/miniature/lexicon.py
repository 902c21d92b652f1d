"""The words of the languages: English is given, the others are made of syllables; some words are shared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.grammar import ENGLISH, GRAMMARS, Grammar

# Punctuation and numerals anchor the languages to each other: they are shared by all.
ANCHORS = frozenset((*c.NUMERALS, c.QUERY))
FUNCTION_WORDS = frozenset((c.THE, c.WILL, c.NOT, c.ASK, *c.QUESTION_WORDS, *c.PREPOSITIONS))

COINED_PERSON, COINED_TOWN = "person~", "town~"
_POOLS: Mapping[str, range] = {"train": range(0, 400), "dev": range(400, 600), "test": range(600, 1000)}


@dataclass(frozen=True)
class Syllables:
    """What a language's words are made of: a first syllable, then inner ones. Function words have their own."""

    first: tuple[str, ...]
    inner: tuple[str, ...]
    function: tuple[str, ...]

    def word(self, rng: Random, *, function: bool = False) -> str:
        """A new word; it may be taken already."""
        if function:
            return rng.choice(self.function)
        return rng.choice(self.first) + rng.choice(self.inner)

    def coin(self, number: int) -> str:
        """A name of three syllables, another one for each number (a prime that divides no size spreads these)."""
        size = len(self.first) * len(self.inner) ** 2
        rest, third = divmod((number * 7919 + 13) % size, len(self.inner))
        first, second = divmod(rest, len(self.inner))
        return self.first[first] + self.inner[second] + self.inner[third]


def _open(onsets: str, vowels: str) -> tuple[str, ...]:
    return tuple(onset + vowel for onset in onsets.split() for vowel in vowels.split())


def _closed(onsets: str, vowels: str, codas: str) -> tuple[str, ...]:
    return tuple(syllable + coda for syllable in _open(onsets, vowels) for coda in codas.split())


SYLLABLES: Mapping[str, Syllables] = {
    "en": Syllables(
        _open("b d f g h j k l m n p r s t v w z", "a e i o u"), _open("d k l m n r s t v z", "a e i o"), ()
    ),
    "qla": Syllables(
        _open("b c d f g l m n p r s t v", "a e i o u"),
        _closed("d l m n r s t v", "a e o u", "n r l s"),
        _open("d l m n s", "e o u"),
    ),
    "qlb": Syllables(
        _open("b č d k ľ m ň p ř š v ž", "a á é i o ů"),
        _closed("č d k m ř š ť z ž", "a á é ů", "k m š v"),
        _open("k ň s š z ž", "á é ů"),
    ),
    "qlc": Syllables(
        _open("h j k l m p r t v", "aa ee uu äy yö uo"),
        _open("kk ll mm nn pp rr tt hk lm nt", "a e i ä ö"),
        _closed("h j k m t", "ä ö y", "n t"),
    ),
    "qld": Syllables(
        _open("ბ გ დ ზ თ კ ლ მ ნ რ ს ტ ფ ქ შ ც წ ხ ჯ", "ა ე ი ო უ"),
        _closed("ბ დ ვ კ ლ მ ნ რ ქ შ", "ა ე ი ო უ", "ლ ნ რ ს დ"),
        _open("ღ ყ ჩ ძ ჭ", "ა ი უ"),
    ),
    # Unspaced: no syllable both begins and continues words, so a text can be cut into its words in one way only.
    "qle": Syllables(
        tuple("あいうえおかきくけこさしすせそまみむめも"),
        tuple("たちつてとなにぬねのらりるれろやゆよ"),
        tuple("はひふへほわをんがぎぐげご"),
    ),
}


@dataclass(frozen=True)
class Lexicon:
    """What the concepts are called in one language."""

    forms: Mapping[str, str]
    synonyms: Mapping[str, str]  # the second form, for verbs and adjectives
    shared: frozenset[str]  # the concepts whose first form is the English one
    grammar: Grammar

    @property
    def words(self) -> tuple[str, ...]:
        """All words without their suffixes, each once."""
        return tuple(dict.fromkeys((*self.forms.values(), *self.synonyms.values())))

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What may be attached to a noun."""
        return tuple(suffix for suffix in (self.grammar.plural, self.grammar.accusative) if suffix)

    def coin(self, concept: str) -> str:
        """The form of an open-class name, `person~17` or `town~17`."""
        kind, number = concept.split("~")
        native = Random(f"{self.grammar.code}/{concept}").random() >= self.grammar.shared_names
        syllables = SYLLABLES[self.grammar.code if native else ENGLISH]
        return syllables.coin(2 * int(number) + (kind == "town"))


def coined(kind: str, split: str, rng: Random) -> str:
    """The concept of a name that occurs in no other split; `kind` is COINED_PERSON or COINED_TOWN."""
    return f"{kind}{rng.choice(_POOLS[split])}"


def spoken(grammar: Grammar) -> Iterator[str]:
    """The concepts for which a language with this grammar has a word."""
    for concept in c.CONCEPTS:
        missing = (
            (concept == c.THE and not grammar.determiner)
            or (concept == c.WILL and not grammar.auxiliary)
            or (concept == c.ASK and not grammar.particle)
        )
        if not missing:
            yield concept


def _pick(concepts: tuple[str, ...], share: float, rng: Random) -> set[str]:
    return set(rng.sample(concepts, round(share * len(concepts))))


def _make(grammar: Grammar, seed: int, taken: set[str]) -> Lexicon:
    rng = Random(f"{seed}/lexicon/{grammar.code}")
    names = (*c.NAMES, *c.TOWNS)
    common = tuple(
        concept for concept in spoken(grammar) if concept not in {*names, *ANCHORS, c.STOP, c.ASK, *c.QUESTION_WORDS}
    )
    shared = _pick(names, grammar.shared_names, rng) | _pick(common, grammar.shared, rng) | ANCHORS
    shared_synonyms = _pick(tuple(c.SYNONYMS), grammar.shared, rng)

    def new(function: bool) -> str:
        while True:
            word = SYLLABLES[grammar.code].word(rng, function=function)
            inflected = {word + suffix for suffix in (grammar.plural, grammar.accusative)}
            if not inflected & taken:
                taken.update(inflected, (word,))
                return word

    forms = {
        concept: concept if concept in shared else grammar.stop if concept == c.STOP else new(concept in FUNCTION_WORDS)
        for concept in spoken(grammar)
    }
    synonyms = {
        concept: word if concept in shared_synonyms else new(function=False) for concept, word in c.SYNONYMS.items()
    }
    return Lexicon(forms, synonyms, frozenset(shared), grammar)


@cache
def lexicons(seed: int) -> Mapping[str, Lexicon]:
    """The lexicon of each language. No made word is a word of another language: what is shared is so on purpose."""
    english = GRAMMARS[ENGLISH]
    forms = {concept: concept for concept in spoken(english)}
    made = {ENGLISH: Lexicon(forms, dict(c.SYNONYMS), frozenset(forms), english)}
    taken = {*made[ENGLISH].words, *(word + english.plural for word in forms)}
    return made | {code: _make(grammar, seed, taken) for code, grammar in GRAMMARS.items() if code != ENGLISH}
