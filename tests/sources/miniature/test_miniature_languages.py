"""The languages: words, orders, offsets, tags; and that all say the same."""

import re
import unicodedata
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.sources.miniature import LANGUAGES, MAKERS, Settings, distance, make, vocabulary
from xstilts.sources.miniature import concepts as c
from xstilts.sources.miniature.grammar import GRAMMARS
from xstilts.sources.miniature.lexicon import COINED_PERSON, COINED_TOWN, coined
from xstilts.sources.miniature.meanings import Frame, Phrase, Question, Site
from xstilts.sources.miniature.world import world

SCRIPTS = {"Latn": "LATIN", "Geor": "GEORGIAN", "Hira": "HIRAGANA"}

phrases = st.builds(
    Phrase,
    st.sampled_from([*c.NOUNS, *c.HYPERNYMS]),
    st.sampled_from([None, *c.NUMERALS]),
    st.sampled_from([None, *c.QUALITIES]),
) | st.builds(Phrase, st.sampled_from(c.NAMES))
sites = st.builds(Site, st.sampled_from(c.PREPOSITIONS), st.sampled_from(c.PLACES))


@st.composite
def frames(draw):
    verb = draw(st.sampled_from(c.VERBS))
    whom = draw(phrases) if verb in c.TRANSITIVE else None
    return Frame(draw(phrases), verb, whom, draw(st.none() | sites), draw(st.booleans()))


def rows(maker, languages=LANGUAGES, split="test", count=60, task=None, **options):
    return list(
        make(maker, Settings(**options), task=task or maker, split=split, languages=list(languages), rows=count)
    )


def cut(text, code):
    """The words of a text; those of an unspaced language are found by the vocabulary alone."""
    if GRAMMARS[code].spaced:
        return text.split()
    known = sorted(vocabulary(Settings(), code).words, key=len, reverse=True)
    return re.findall("|".join(map(re.escape, known)), text)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("seed", [1, 2])
def test_words_are_distinct_with_and_without_suffixes(code, seed):
    words = world(Settings(seed)).languages[code].lexicon
    forms = [*words.forms.values(), *words.synonyms.values()]
    assert len(set(forms)) == len(forms)
    suffixed = {form + suffix for form in forms for suffix in words.suffixes}
    assert not suffixed & set(forms)


def test_shared_words_are_as_many_as_each_language_says():
    english = world(Settings()).languages["en"].lexicon
    for code, grammar in GRAMMARS.items():
        lexicon = world(Settings()).languages[code].lexicon
        common = [x for x in lexicon.forms if x in (*c.NOUNS, *c.VERBS, *c.QUALITIES, *c.SCENES)]
        rate = sum(lexicon.forms[x] == english.forms[x] for x in common) / len(common)
        assert abs(rate - grammar.shared) < 0.12, code
        names = sum(lexicon.forms[x] == x for x in (*c.NAMES, *c.TOWNS))
        assert names == round(grammar.shared_names * 20)


def test_words_that_are_not_shared_occur_in_one_language_only_and_in_its_script():
    english = set(vocabulary(Settings(), "en").words)
    seen = set(english)
    for code in LANGUAGES[1:]:
        own = set(vocabulary(Settings(), code).words) - english - {"。"}
        assert not own & seen, code
        seen |= own
        script = SCRIPTS[GRAMMARS[code].script]
        assert all(unicodedata.name(letter).startswith(script) for word in own for letter in word), code


@given(frames(), st.sampled_from(LANGUAGES), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_each_concept_is_said_once_and_phrases_are_where_the_span_says(frame, code, seed):
    language = world(Settings()).languages[code]
    words = language.say(frame, Random(seed))
    text = language.text(words)
    assert unicodedata.normalize("NFKC", text) == text
    said = sorted(word.concept for word in words if word.role not in ("determiner", "function", "mark"))
    wanted = [frame.verb, frame.subject.head, frame.subject.number, frame.subject.quality]
    if frame.object:
        wanted += [frame.object.head, frame.object.number, frame.object.quality]
    if frame.site:
        wanted += [frame.site.preposition, frame.site.place]
    assert said == sorted(concept for concept in wanted if concept)
    for slot in ("subject", "object", "place"):
        if frame.phrase(slot):
            start, phrase = language.span(words, slot)
            assert text[start : start + len(phrase)] == phrase
            assert phrase == language.text(word for word in words if word.slot == slot)


@given(frames(), frames(), st.sampled_from(LANGUAGES), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_other_meanings_are_other_texts(one, other, code, seed):
    language = world(Settings()).languages[code]
    rng = Random(seed)
    if one != other:
        assert language.text(language.say(one, rng)) != language.text(language.say(other, rng))


@given(frames(), st.sampled_from(LANGUAGES), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_one_can_always_tell_the_subject_from_the_object_of_a_question(frame, code, seed):
    if frame.object is None or frame.subject == frame.object or frame.subject.head in c.PERSONS:
        return
    language = world(Settings()).languages[code]
    filler = Phrase("dog")
    for whom in (frame.object, frame.subject):
        by_subject = Question(Frame(filler, frame.verb, whom), "subject")
        by_object = Question(Frame(whom, frame.verb, filler), "object")
        asked = [language.text(language.ask(question, Random(seed))) for question in (by_subject, by_object)]
        assert asked[0] != asked[1]


def test_orders_are_those_of_the_grammars():
    frame = Frame(Phrase("dog", None, "small"), "see", Phrase("cat"), Site("in", "garden"))
    order = {
        code: [word.concept for word in language.say(frame, Random(3)) if word.slot and word.role != "determiner"]
        for code, language in world(Settings()).languages.items()
    }
    assert order["en"] == ["small", "dog", "see", "cat", "in", "garden"]
    assert order["qla"] == order["qle"] == order["en"]
    assert order["qlb"] == ["dog", "small", "see", "cat", "in", "garden"]
    assert order["qlc"] == ["small", "dog", "garden", "in", "cat", "see"]
    assert order["qld"] == ["see", "dog", "small", "cat", "in", "garden"]


def test_distance_grows_from_none():
    assert distance("en") == 0
    assert distance("qla") < distance("qlb") < min(distance(code) for code in ("qlc", "qld", "qle"))
    assert max(map(distance, LANGUAGES)) <= 2


@pytest.mark.parametrize("maker", ["qa", "qa2"])
def test_answers_are_where_their_offsets_say_in_every_language(maker):
    answered = 0
    for record in rows(maker, count=90):
        for answer in record["answers"]:
            start, text = answer["start"], answer["text"]
            assert text and record["context"][start : start + len(text)] == text
            answered += 1
    assert answered == (90 if maker == "qa" else 60) * len(LANGUAGES)


@pytest.mark.parametrize("maker", sorted(MAKERS.keys() - {"text"}))
def test_every_language_says_the_same_under_the_same_ids(maker):
    records = rows(maker)
    by_language = {}
    for record in records:
        rest = {k: record.get(k) for k in ("id", "label", "side", "pair")}
        if maker in ("pos", "supertag", "ner"):
            assert len(record["words"]) == len(record["tags"])
        if maker == "ner":
            rest["entities"] = sum(tag.startswith("B-") for tag in record["tags"])
        by_language.setdefault(record["language"], []).append(rest)
    assert list(by_language) == [code for code in LANGUAGES if code != "en" or maker not in ("tatoeba", "bucc")]
    first = by_language["qla"]
    assert all(others == first for others in by_language.values())
    ids = [(r["id"], r["side"]) for r in first]
    assert len(set(ids)) == len(ids) == (120 if maker in ("tatoeba", "bucc") else 60)
    assert first[7]["id"] == f"{maker}-test-00007"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_function_and_question_word_occurs_in_text(code):
    lexicon = world(Settings()).languages[code].lexicon
    words = {word for record in rows("text", [code], "train", 2500, beta=0) for word in cut(record["text"], code)}
    wanted = [c.THE, c.WILL, c.NOT, c.ASK, *c.QUESTION_WORDS, c.STOP, c.QUERY, *c.PREPOSITIONS, *c.NUMERALS]
    for concept in wanted:
        if concept in lexicon.forms:
            assert lexicon.forms[concept] in words, concept


def test_unspaced_text_can_be_cut_into_its_words():
    language = world(Settings()).languages["qle"]
    for record in rows("pos", ["qle"], count=300):
        if not re.search("[a-z]{2,}", "".join(record["words"])):
            assert cut("".join(record["words"]), "qle") == record["words"]
    assert language.text([]) == "" and not language.grammar.spaced


def test_bilingual_documents_are_as_many_as_beta_says():
    def mixed(beta):
        own = set(vocabulary(Settings(), "qld").words)
        records = rows("text", ["qld"], "train", 2000, beta=beta)
        return sum(any(word not in own for word in record["text"].split()) for record in records) / len(records)

    assert mixed(0) == 0
    assert 0.09 < mixed(0.15) < 0.18  # 45 % restatements, 30 % of them bilingual
    assert {record["language"] for record in rows("text", ["qld"])} == {"qld"}


def test_text_is_shared_out_by_language():
    counts = {code: len(rows("text", [code], "train", 100)) for code in LANGUAGES}
    assert counts == {code: round(100 * grammar.text) for code, grammar in GRAMMARS.items()}


def test_new_names_are_new_in_every_split():
    lexicons = {code: language.lexicon for code, language in world(Settings()).languages.items()}
    for lexicon in lexicons.values():
        forms = {}
        for split in ("train", "dev", "test"):
            rng = Random(split)
            concepts = {coined(kind, split, rng) for kind in (COINED_PERSON, COINED_TOWN) for _ in range(150)}
            forms[split] = {lexicon.coin(concept) for concept in concepts}
            assert len(forms[split]) == len(concepts)
            assert not forms[split] & set(lexicon.words)
        assert not forms["train"] & forms["test"] and not forms["dev"] & (forms["train"] | forms["test"])


def test_names_have_insides_and_unseen_parts():
    records = rows("ner", ["en"], count=400)
    tags = {tag for record in records for tag in record["tags"]}
    assert tags == {"O", "B-PER", "I-PER", "B-LOC"}
    known = set(vocabulary(Settings(), "en").words)
    names = [
        word for record in records for word, tag in zip(record["words"], record["tags"], strict=True) if tag != "O"
    ]
    assert 0.35 < sum(name not in known for name in names) / len(names) < 0.7


def test_parts_of_speech_agree_with_the_words():
    known = {}
    for record in rows("pos", count=300):
        for word, tag in zip(record["words"], record["tags"], strict=True):
            assert known.setdefault((record["language"], word), tag) == tag
    assert set(known.values()) == {
        "NOUN",
        "PROPN",
        "VERB",
        "ADJ",
        "ADP",
        "NUM",
        "DET",
        "AUX",
        "PART",
        "PRON",
        "ADV",
    } | {"PUNCT"}


def split_category(category):
    """(result, slash, argument) of a category, or None for an atom: the last slash outside parentheses."""
    depth = 0
    for at in range(len(category) - 1, -1, -1):
        depth += (category[at] == ")") - (category[at] == "(")
        if depth == 0 and category[at] in "/\\":
            return bare(category[:at]), category[at], bare(category[at + 1 :])
    return None


def bare(category):
    return category[1:-1] if category.startswith("(") and split_category(category) is None else category


def derives(categories):
    """Whether the categories combine to S by application alone (an N may serve as an NP)."""
    size = len(categories)
    chart = {(n, n + 1): {category} | ({"NP"} if category == "N" else set()) for n, category in enumerate(categories)}
    for width in range(2, size + 1):
        for start in range(size - width + 1):
            cell = set()
            for middle in range(start + 1, start + width):
                for left in chart[start, middle]:
                    for right in chart[middle, start + width]:
                        parts = split_category(left)
                        if parts and parts[1:] == ("/", right):
                            cell.add(parts[0])
                        parts = split_category(right)
                        if parts and parts[1:] == ("\\", left):
                            cell.add(parts[0])
            chart[start, start + width] = cell | ({"NP"} if "N" in cell else set())
    return "S" in chart[0, size]


@pytest.mark.parametrize("code", LANGUAGES)
def test_supertags_combine_to_a_sentence(code):
    for record in rows("supertag", [code], count=80):
        assert record["tags"][-1] == "."
        assert derives(record["tags"][:-1]), record
