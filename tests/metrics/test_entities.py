"""F1 of entities is seqeval's, whatever the tags are."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import table, values
from seqeval.metrics import f1_score, precision_score, recall_score

from xstilts.metrics.entities import METRIC

BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
UPOS = ["NOUN", "VERB", "X", "SYM", "INTJ", "CCONJ", "SCONJ", "PUNCT"]


@st.composite
def pairs(draw, tags):
    """Sentences said and gold, of equal lengths."""
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=6))
    some = st.sampled_from(tags)
    return tuple([draw(st.lists(some, min_size=n, max_size=n)) for n in lengths] for _ in range(2))


def test_a_wrong_edge_is_a_wrong_entity():
    said = [["B-PER", "O", "O", "B-LOC"], ["B-LOC", "I-LOC"]]
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "O"]]
    found = values(METRIC, table(said, gold))
    assert found == pytest.approx({"score": 40.0, "f1": 40.0, "precision": 100 / 3, "recall": 50.0})


def test_no_entity_anywhere_scores_0():
    assert values(METRIC, table([["O"]], [["O"]]))["f1"] == 0.0


@pytest.mark.parametrize("tags", [BIO, UPOS, ["O", "X", "I-X", "E-X", "S-X", "B", "I"]])
@given(st.data())
def test_f1_is_seqevals(tags, data):
    """X opens and closes sentences here too, where seqeval looks beyond them."""
    said, gold = data.draw(pairs(tags))
    found = values(METRIC, table(said, gold))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [score(gold, said) for score in (f1_score, precision_score, recall_score)]
    assert [found[name] for name in ("f1", "precision", "recall")] == pytest.approx([100 * x for x in expected])


def test_what_seqeval_makes_of_pos_tags():
    """Two nouns in a row are one entity, and a conjunction of the other kind is right."""
    said = [["NOUN", "NOUN", "CCONJ"], ["NOUN", "VERB", "X"]]
    gold = [["NOUN", "VERB", "SCONJ"], ["NOUN", "VERB", "X"]]
    counts = {name: values.tolist() for name, values in METRIC.statistics(table(said, gold), ()).items()}
    assert counts == {"both": [1.0, 2.0], "said": [2.0, 2.0], "gold": [3.0, 2.0]}  # a last X is no entity


def test_an_entity_that_seqeval_sees_across_sentences_is_the_last_ones():
    """An X goes on from the X before it, through the end of the sentence."""
    tags = [["NOUN", "X"], ["X", "VERB"]]
    counts = METRIC.statistics(table(tags, tags), ())["both"].tolist()
    assert counts == [1.0, 2.0]


def test_no_warning_is_left_of_tags_without_a_prefix(recwarn):
    values(METRIC, table([["NOUN"]], [["VERB"]]))
    assert not recwarn


def test_whole_tags_are_told_apart_beside_it():
    """As seqeval read them before 1.0: the conjunctions differ, an X that ends a sentence counts."""
    said = [["NOUN", "NOUN", "CCONJ"], ["NOUN", "VERB", "X"]]
    gold = [["NOUN", "VERB", "SCONJ"], ["NOUN", "VERB", "X"]]
    counts = {name: values.tolist() for name, values in METRIC.statistics(table(said, gold), UPOS).items()}
    assert counts["both_whole_tags"] == [0.0, 3.0]
    assert (counts["said_whole_tags"], counts["gold_whole_tags"]) == ([2.0, 3.0], [3.0, 3.0])
    found = METRIC.scored({name: sum(values) for name, values in counts.items()})
    assert found["f1_whole_tags"] == pytest.approx(100 * 6 / 11) and found["score"] == found["f1"]


def test_tags_with_prefixes_have_one_reading():
    tags = [["B-PER", "I-PER", "O"]]
    assert METRIC.statistics(table(tags, tags), BIO).keys() == {"both", "said", "gold"}
