"""Labels, checked by reading the English sentences back and judging them by rules of the tests' own."""

from collections import Counter

import pytest
from miniature_oracle import claims, judge, read, statements, thing

from xstilts.sources.miniature import SPLITS, Settings, make
from xstilts.sources.miniature import concepts as c


def english(maker, split="train", rows=400, **settings):
    return list(make(maker, Settings(**settings), task=maker, split=split, languages=["en"], rows=rows))


def best_guess(cues, labels):
    """Accuracy of the best rule that knows the cue alone."""
    by_cue = {}
    for cue, label in zip(cues, labels, strict=True):
        by_cue.setdefault(cue, Counter())[label] += 1
    return sum(counts.most_common(1)[0][1] for counts in by_cue.values()) / len(labels)


@pytest.mark.parametrize("split", SPLITS)
def test_nli_labels_follow_from_the_sentences(split):
    records = english("nli", split, rows=300)
    for record in records:
        assert judge(read(record["text_a"]), read(record["text_b"])) == record["label"], record
    assert Counter(record["label"] for record in records) == dict.fromkeys(
        ("entailment", "neutral", "contradiction"), 100
    )


def test_nli_contradicts_in_several_ways_and_has_negated_sentences_of_each_label():
    kinds, negated = Counter(), Counter()
    for record in english("nli", rows=900):
        one, other = read(record["text_a"]), read(record["text_b"])
        if record["label"] == "contradiction":
            changed = "negation" if one.negated != other.negated else "place" if one.place != other.place else "quality"
            kinds[changed] += 1
        if other.negated:
            negated[record["label"]] += 1
    assert min(kinds[kind] for kind in ("negation", "place", "quality")) > 20
    assert len(negated) == 3


@pytest.mark.parametrize("split", SPLITS)
def test_nli_is_not_told_by_length_or_negation(split):
    records = english("nli", split, rows=750)
    labels = [record["label"] for record in records]
    assert best_guess([" not " in record["text_b"] for record in records], labels) < 0.6
    lengths = [len(record["text_b"].split()) - len(record["text_a"].split()) for record in records]
    assert best_guess(lengths, labels) < 0.62
    assert best_guess([len(record["text_a"].split()) for record in records], labels) < 0.45


@pytest.mark.parametrize("split", SPLITS)
def test_paraphrases_mean_the_same_and_differ_in_words(split):
    records = english("paraphrase", split)
    assert Counter(record["label"] for record in records) == {"paraphrase": 200, "different": 200}
    for record in records:
        same = read(record["text_a"]) == read(record["text_b"])
        assert same == (record["label"] == "paraphrase"), record
        assert record["text_a"] != record["text_b"]
    labels = [record["label"] for record in records]
    lengths = [len(record["text_b"].split()) - len(record["text_a"].split()) for record in records]
    assert best_guess(lengths, labels) < 0.6


VERB_FORMS = {verb: verb for verb in c.VERBS} | {c.SYNONYMS[verb]: verb for verb in c.VERBS}


def answer_of(said, question):
    """The slot of `said` that answers an English question, or None if it does not; judged claim by claim."""
    asked, will, *words, mark = question.split()
    assert (will, mark) == ("will", "?")
    at = next(number for number, word in enumerate(words) if word in VERB_FORMS)
    subject, verb, whom = words[:at], VERB_FORMS[words[at]], words[at + 1 :]
    slot = "place" if asked == "where" else "object" if subject else "subject"
    wanted = said._replace(verb=verb, place=None)
    if subject:
        wanted = wanted._replace(subject=thing(subject))
    if slot != "object":
        wanted = wanted._replace(object=thing(whom) if whom else None)
    filled = getattr(said, slot)
    if filled is None or not claims(wanted) <= claims(said) or (said.object is None) != (wanted.object is None):
        return None
    if slot != "place" and asked != ("who" if filled.head in c.PERSONS else "what"):
        return None
    return slot


@pytest.mark.parametrize("maker", ["qa", "qa2"])
@pytest.mark.parametrize("split", SPLITS)
def test_answers_are_the_phrases_that_the_question_asks_for(maker, split):
    slots = Counter()
    for record in english(maker, split, rows=180):
        context = record["context"]
        sentences = statements(context)
        assert len(sentences) == 2
        found = [answer_of(read(sentence), record["question"]) for sentence in sentences]
        if not record["answers"]:
            assert found == [None, None], record
            continue
        (answer,) = record["answers"]
        number = 1 if answer["start"] > len(sentences[0]) else 0
        assert found[1 - number] is None, record
        slot, said = found[number], read(sentences[number])
        slots[slot] += 1
        words = answer["text"].split()
        if slot == "place":
            assert (words[0], words[-1]) == said.place
        else:
            assert thing(words) == getattr(said, slot)
    assert set(slots) == {"subject", "object", "place"}
    assert sum(slots.values()) == (180 if maker == "qa" else 120)


@pytest.mark.parametrize("split", SPLITS)
def test_exactly_one_ending_follows_the_effect_rule(split):
    for record in english("completion", split, rows=150):
        verb = read(record["prompt"]).verb
        follows = [c.EFFECTS[verb] == read(choice).verb for choice in record["choices"]]
        assert follows == [number == record["label"] for number in range(4)], record


@pytest.mark.parametrize("split", SPLITS)
def test_exactly_one_choice_is_cause_or_effect(split):
    effects = 0
    for record in english("cause", split, rows=150):
        verb = read(record["prompt"]).verb
        others = [read(choice).verb for choice in record["choices"]]
        related = [c.EFFECTS[verb] == other or c.EFFECTS[other] == verb for other in others]
        assert related == [number == record["label"] for number in range(2)], record
        effects += c.EFFECTS[verb] == others[record["label"]]
    assert effects == 75


@pytest.mark.parametrize("split", SPLITS)
def test_one_choice_of_a_reading_answers_the_question(split):
    for record in english("reading", split, rows=150):
        stories = [read(sentence) for sentence in statements(record["prompt"])]
        question = record["prompt"].split(" . ")[-1].split()
        verb = next(word for word in question if word in VERB_FORMS)
        verb = VERB_FORMS[verb]
        (cause,) = [story for story in stories if c.EFFECTS[story.verb] == verb]
        assert all(story.verb != verb for story in stories)
        choices = [thing(choice.split()) for choice in record["choices"]]
        assert [choice == cause.subject for choice in choices] == [n == record["label"] for n in range(4)]
        assert len({choice.head for choice in choices}) == 4
        assert {choice.head in c.PERSONS for choice in choices} == {question[0] == "who"}


@pytest.mark.parametrize("maker", ["completion", "cause", "reading", "commonsense"])
def test_the_right_choice_is_in_no_favoured_place_and_of_no_favoured_length(maker):
    records = english(maker, rows=900)
    count = len(records[0]["choices"])
    assert all(len(record["choices"]) == count == len(set(record["choices"])) for record in records)
    labels = Counter(record["label"] for record in records)
    assert max(labels.values()) < 900 / count * 1.25
    longest = [max(range(count), key=lambda n, r=record: len(r["choices"][n].split())) for record in records]
    right = sum(record["label"] == number for record, number in zip(records, longest, strict=True))
    assert right < 900 / count * 1.25


def test_commonsense_knows_kinds_and_effects():
    for number, record in enumerate(english("commonsense", rows=300)):
        right = record["choices"][record["label"]]
        if number % 3 == 0:
            said = read(statements(record["prompt"])[0])
            assert thing(right.split()).head == c.HYPERNYM_OF[said.object.head]
        elif number % 3 == 2:
            assert right == c.EFFECTS[read(record["prompt"]).verb]


def test_the_usual_place_is_seen_most_in_text():
    seen = {verb: Counter() for verb in c.VERBS}
    for record in english("text", rows=8000):
        for sentence in statements(record["text"]):
            said = read(sentence)
            if said.place:
                seen[said.verb][said.place[1]] += 1
    for number, record in enumerate(english("commonsense", rows=300)):
        if number % 3 == 1:
            verb = next(word for word in record["prompt"].split() if word in VERB_FORMS)
            counts = seen[VERB_FORMS[verb]]
            places = [choice.split()[-1] for choice in record["choices"]]
            assert max(places, key=lambda place: counts[place]) == places[record["label"]], record


def test_effects_are_a_permutation_without_short_cycles():
    assert sorted(c.EFFECTS.values()) == sorted(c.VERBS)
    assert all(c.EFFECTS[effect] != verb for verb, effect in c.EFFECTS.items())


def test_half_of_the_continuations_follow_the_effect_rule():
    follows = others = 0
    for record in english("text", rows=4000):
        sentences = statements(record["text"])
        if len(sentences) == 2:
            one, other = map(read, sentences)
            if one.verb != other.verb and not one.negated:
                follows += c.EFFECTS[one.verb] == other.verb
                others += c.EFFECTS[one.verb] != other.verb
    assert 0.42 < follows / (follows + others) < 0.58


def test_bucc_pairs_are_those_that_mean_the_same():
    records = list(make("bucc", Settings(), task="bucc", split="test", languages=["qla"], rows=90))
    english = {r["id"]: r for r in records if r["side"] == "english"}
    foreign = {r["id"]: r for r in records if r["side"] == "foreign"}
    assert len(english) == len(foreign) == 90
    pairs = {(r["id"], r["pair"]) for r in foreign.values() if r["pair"]}
    assert len(pairs) == 30
    assert pairs == {(r["pair"], r["id"]) for r in english.values() if r["pair"]}
    assert len({read(r["text"]) for r in english.values()}) == 90
    # As near misses have a partner on the other side, some sentences are one attribute from each other.
    meanings = [read(r["text"]) for r in english.values()]
    near = sum(
        any(sum(a != b for a, b in zip(one, other, strict=True)) == 1 for other in meanings if other != one)
        for one in meanings
    )
    assert near >= 30
