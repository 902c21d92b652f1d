"""How a language says a meaning: words in order, each with the concept and the slot that it stands for, and text."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Literal, NamedTuple

from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.lexicon import Lexicon
from xstilts.sources.miniature.meanings import Frame, Phrase, Question, Site, Slot

SECOND_FORM = 0.3  # how often a verb or an adjective takes its second form
REWORDINGS = 20
PLACE_FIRST = 0.3  # how often the place opens the sentence

Role = Literal["determiner", "numeral", "adjective", "noun", "name", "adposition", "verb", "function", "mark"]


class Word(NamedTuple):  # not a dataclass: some millions of them are made for a pretraining corpus
    """One word of a sentence: its form, and what it stands for."""

    form: str
    concept: str
    slot: Slot | Literal["verb", ""]
    role: Role


class Language:
    """One language: says meanings, joins words to text, and finds phrases in it."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.grammar = lexicon.grammar
        self._space = " " if self.grammar.spaced else ""

    def say(self, frame: Frame, rng: Random) -> list[Word]:
        """A statement; `rng` chooses among synonyms and orders."""
        subject = self.phrase(frame.subject, "subject", rng)
        whom = self.phrase(frame.object, "object", rng) if frame.object else []
        site = self.site(frame.site) if frame.site else []
        first = bool(site) and rng.random() < PLACE_FIRST
        words = self._ordered(frame, subject, whom, site if not first else [], rng)
        words = site + words if first else words
        words.append(self._function(c.STOP, "mark"))
        return words

    def reword(self, frame: Frame, text: str, rng: Random) -> str:
        """A statement as text, other than `text` if the language's synonyms and orders allow it."""
        for _ in range(REWORDINGS):
            said = self.text(self.say(frame, rng))
            if said != text:
                break
        return said

    def ask(self, question: Question, rng: Random) -> list[Word]:
        """A question; what fills the asked slot is left unsaid."""
        frame, asked = question.frame, question.asked
        word = self._question_word(question)
        subject = [word] if asked == "subject" else self.phrase(frame.subject, "subject", rng)
        whom = [word] if asked == "object" else self.phrase(frame.object, "object", rng) if frame.object else []
        site = [word] if asked == "place" else self.site(frame.site) if frame.site else []
        if asked != "subject" and self.grammar.question_first:
            whom, site = ([], site) if asked == "object" else (whom, [])
            words = [word, *self._ordered(frame, subject, whom, site, rng, inverted=True)]
        else:
            words = self._ordered(frame, subject, whom, site, rng)
        if self.grammar.particle:
            words.append(self._function(c.ASK))
        words.append(self._function(c.QUERY, "mark"))
        return words

    def phrase(self, phrase: Phrase, slot: Slot, rng: Random) -> list[Word]:
        """A noun phrase, or a name of one or more words; as an object it takes the accusative, where there is one."""
        head, grammar = phrase.head, self.grammar
        form = self.lexicon.forms.get(head)
        suffix = grammar.accusative if slot == "object" else ""
        if form is None or head in c.NAMES:
            words = [self._name(part, slot) for part in head.split()]
            words[-1] = words[-1]._replace(form=words[-1].form + suffix)
            return words
        words = []
        if phrase.number:
            words.append(Word(phrase.number, phrase.number, slot, "numeral"))
            suffix = grammar.plural + suffix
        elif grammar.determiner:
            words.append(Word(self.lexicon.forms[c.THE], c.THE, slot, "determiner"))
        words.append(Word(form + suffix, head, slot, "noun"))
        if phrase.quality:
            quality = Word(self._either(phrase.quality, rng), phrase.quality, slot, "adjective")
            words.insert(len(words) - grammar.adjective_first, quality)
        return words

    def site(self, site: Site) -> list[Word]:
        """A place with its adposition."""
        forms = self.lexicon.forms
        if site.place in c.SCENES:
            place = [Word(forms[site.place], site.place, "place", "noun")]
            if self.grammar.determiner:
                place.insert(0, Word(forms[c.THE], c.THE, "place", "determiner"))
        else:
            place = [self._name(site.place, "place")]
        adposition = Word(forms[site.preposition], site.preposition, "place", "adposition")
        return [adposition, *place] if self.grammar.prepositions else [*place, adposition]

    def word(self, concept: str) -> str:
        """What a concept is called, alone."""
        return self.lexicon.forms[concept]

    def text(self, words: Iterable[Word]) -> str:
        """The words as running text."""
        return self._space.join([word.form for word in words])

    def span(self, words: Sequence[Word], slot: Slot) -> tuple[int, str]:
        """Where in `text(words)` the words of `slot` begin, and these words as text. They are never apart."""
        here = [number for number, word in enumerate(words) if word.slot == slot]
        before = self.text(words[: here[0]])
        start = len(before) + len(self._space) if before else 0
        return start, self.text(words[here[0] : here[-1] + 1])

    def join(self, sentences: Iterable[str]) -> str:
        """Sentences of this language as one text."""
        return self._space.join(sentences)

    def _ordered(
        self,
        frame: Frame,
        subject: list[Word],
        whom: list[Word],
        site: list[Word],
        rng: Random,
        inverted: bool = False,
    ) -> list[Word]:
        grammar = self.grammar
        verb = [Word(self._either(frame.verb, rng), frame.verb, "verb", "verb")]
        if frame.negated:
            verb.insert(0 if grammar.negation == "before" else 1, self._function(c.NOT))
        if grammar.auxiliary:
            if inverted:
                subject = [self._function(c.WILL), *subject]
            else:
                verb.insert(0, self._function(c.WILL))
        match grammar.order:
            case "SVO":
                return [*subject, *verb, *whom, *site]
            case "SOV":
                return [*subject, *site, *whom, *verb]
            case "VSO":
                return [*verb, *subject, *whom, *site]

    def _question_word(self, question: Question) -> Word:
        if question.asked == "place":
            return Word(self.word(c.WHERE), c.WHERE, "place", "function")
        phrase = question.frame.phrase(question.asked)
        assert isinstance(phrase, Phrase), "one asks for a slot that is filled"
        concept = c.WHO if phrase.head in c.PERSONS else c.WHAT
        suffix = self.grammar.accusative if question.asked == "object" else ""
        return Word(self.word(concept) + suffix, concept, question.asked, "function")

    def _name(self, concept: str, slot: Slot) -> Word:
        return Word(self.lexicon.forms.get(concept) or self.lexicon.coin(concept), concept, slot, "name")

    def _either(self, concept: str, rng: Random) -> str:
        return (self.lexicon.synonyms if rng.random() < SECOND_FORM else self.lexicon.forms)[concept]

    def _function(self, concept: str, role: Role = "function") -> Word:
        return Word(self.lexicon.forms[concept], concept, "", role)
