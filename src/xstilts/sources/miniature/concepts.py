"""The meanings of the miniature world: what can be spoken of, and which meanings belong together.

A concept is named by its English word. Everything here is fixed by hand; what varies with the seed (how often concepts
meet, and what they are called in the other languages) is made in `sampling.py` and `lexicon.py`.
"""

from collections.abc import Mapping

# Regular plurals only: English marks a counted noun with -s and knows no other rule.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "animal": ("dog", "cat", "bird", "horse", "goat", "duck"),
    "worker": ("farmer", "doctor", "teacher", "baker", "soldier", "driver"),
    "food": ("apple", "cake", "egg", "pie", "carrot", "onion"),
    "tool": ("hammer", "lamp", "rope", "key", "ladder", "spade"),
    "vehicle": ("car", "boat", "train", "bike", "truck", "wagon"),
}
HYPERNYMS = tuple(CLASSES)
HYPERNYM_OF: Mapping[str, str] = {noun: kind for kind, nouns in CLASSES.items() for noun in nouns}
NOUNS = tuple(HYPERNYM_OF)
ACTORS = CLASSES["animal"] + CLASSES["worker"]
"""The nouns that can be the subject of a verb, beside the names of people."""

NAMES = (
    *("anna", "omar", "maria", "ivan", "lena", "david", "sara", "tomas"),
    *("nora", "hugo", "elif", "kenji", "rosa", "amir", "ines", "otto"),
)
PERSONS = frozenset((*NAMES, *CLASSES["worker"], "worker"))
"""Who is asked for with "who"; everything else is asked for with "what"."""

TOWNS = ("oslo", "lima", "cairo", "delhi")
SCENES = ("garden", "forest", "market", "kitchen", "school", "harbour")
PLACES = SCENES + TOWNS
PREPOSITIONS = ("in", "near", "behind", "outside")
NUMERALS = ("2", "3", "4", "5", "6", "7")

ANTONYMS: Mapping[str, str] = {
    one: other
    for pair in (("small", "big"), ("old", "new"), ("clean", "dirty"), ("happy", "sad"))
    for one, other in (pair, pair[::-1])
}
QUALITIES = tuple(ANTONYMS)

# What follows from what. One verb has one effect and one cause (a permutation), and no verb causes its own cause, so
# that "which of these follows" and "which of these came before" each have one right answer among unrelated verbs.
EFFECTS: Mapping[str, str] = {
    **{"wake": "see", "see": "follow", "follow": "chase", "chase": "catch", "catch": "carry", "carry": "drop"},
    **{"drop": "break", "break": "mend", "mend": "sell", "sell": "buy", "buy": "wash", "wash": "feed", "feed": "rest"},
    **{"rest": "sleep", "sleep": "wake"},
    **{"lose": "cry", "cry": "find", "find": "laugh", "laugh": "sing", "sing": "lose"},
}
CAUSES: Mapping[str, str] = {effect: cause for cause, effect in EFFECTS.items()}
VERBS = tuple(EFFECTS)
INTRANSITIVE = frozenset(("wake", "rest", "sleep", "cry", "laugh", "sing"))
TRANSITIVE = frozenset(VERBS) - INTRANSITIVE

SYNONYMS: Mapping[str, str] = {
    **{"see": "spot", "follow": "trail", "chase": "hunt", "catch": "grab", "carry": "haul", "drop": "release"},
    **{"break": "smash", "mend": "repair", "sell": "trade", "buy": "purchase", "wash": "scrub", "feed": "nourish"},
    **{"lose": "misplace", "find": "discover", "wake": "rise", "rest": "pause", "sleep": "doze", "cry": "weep"},
    **{"laugh": "giggle", "sing": "hum", "small": "little", "big": "large", "old": "ancient", "new": "modern"},
    **{"clean": "neat", "dirty": "muddy", "happy": "cheerful", "sad": "gloomy"},
}
"""The second form that each verb and each adjective has, in every language."""

# Function words; a language has those that its grammar uses. "ask" is a particle that ends a question.
THE, WILL, NOT, ASK, WHO, WHAT, WHERE, STOP, QUERY = "the", "will", "not", "ask", "who", "what", "where", ".", "?"
QUESTION_WORDS = (WHO, WHAT, WHERE)

UPOS: Mapping[str, str] = {
    **dict.fromkeys((*NOUNS, *HYPERNYMS, *SCENES), "NOUN"),
    **dict.fromkeys((*NAMES, *TOWNS), "PROPN"),
    **dict.fromkeys(VERBS, "VERB"),
    **dict.fromkeys(QUALITIES, "ADJ"),
    **dict.fromkeys(PREPOSITIONS, "ADP"),
    **dict.fromkeys(NUMERALS, "NUM"),
    **{THE: "DET", WILL: "AUX", NOT: "PART", ASK: "PART"},
    **{WHO: "PRON", WHAT: "PRON", WHERE: "ADV", STOP: "PUNCT", QUERY: "PUNCT"},
}
CONCEPTS = tuple(UPOS)


def same_valency(verb: str) -> frozenset[str]:
    """The verbs that take as many objects as `verb` does, itself included."""
    return INTRANSITIVE if verb in INTRANSITIVE else TRANSITIVE
