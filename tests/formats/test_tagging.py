"""Tagging of words: no word without a tag, long sentences rejoined."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.formats.tagging import FORMAT, IGNORE, pieces

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TAGS = st.sampled_from(LABELS)
# Words as data sets hold them: of many scripts, empty, blank, invisible, longer than a sequence, like special tokens.
WORD = st.one_of(
    st.sampled_from(["kalo", "mi", "山水", "", " ", "\u200b", "\ufeff", "a b", "<s>", "</s>", "<mask>", "kalo" * 40]),
    st.text(max_size=8),
)
SENTENCE = st.lists(st.tuples(WORD, TAGS), min_size=1, max_size=30)


def record_of(sentence):
    words, tags = zip(*sentence, strict=True)
    return {"words": list(words), "tags": list(tags)}


def said_of(labels, probabilities):
    """What a model says of some sequences: a label and a probability for each of their words."""
    return pa.table(
        {
            "label": pa.array(labels, pa.list_(pa.int32())),
            "probability": pa.array(probabilities, pa.list_(pa.float32())),
        }
    )


@pytest.mark.parametrize(
    "words, tags, labels, message",
    [
        (["ka", "lo"], ["O", "B-PER"], LABELS, None),
        (["ka"], ["anything"], (), None),
        ([], [], LABELS, "0 words, 0 tags"),
        (["ka", "lo"], ["O"], LABELS, "2 words, 1 tags"),
        (["ka", "lo"], ["O", "B-ORG"], LABELS, "tag 'B-ORG' is none of the task's 5 tags"),
    ],
)
def test_check_names_what_is_wrong(words, tags, labels, message):
    assert FORMAT.check({"words": words, "tags": tags}, labels) == message


@settings(deadline=None, max_examples=150)
@given(sentences=st.lists(SENTENCE, min_size=1, max_size=4), limit=st.integers(8, 40))
def test_every_word_gets_its_own_tag_whatever_the_length(encode, sentences, limit):
    records = [record_of(sentence) for sentence in sentences]
    table, features, encoding = encode(FORMAT, records, LABELS, max_length=limit)
    assert all(len(features.ids(i)) <= limit for i in range(len(features)))
    labels = [features.part("labels", i) for i in range(len(features))]
    # A model that is sure of the gold labels, with the number of the word for its probability.
    numbers = {row: iter(range(1, 100)) for row in range(len(records))}
    gold = [some[some != IGNORE].tolist() for some in labels]
    place = [[next(numbers[row]) for _ in some] for row, some in zip(features.column("row"), gold, strict=True)]
    predictions = FORMAT.decode(table, features, said_of(gold, place), LABELS, encoding)
    assert predictions["prediction"].to_pylist() == [record["tags"] for record in records]
    lengths = np.array([len(record["words"]) for record in records])
    np.testing.assert_allclose(predictions["score"].to_numpy(), (lengths + 1) / 2, rtol=1e-6)


def test_the_first_token_of_a_word_carries_its_label(encode, tokenizer):
    words, tags = ["kalomiter", "山水火", "sul"], ["B-PER", "I-PER", "O"]
    _, features, _ = encode(FORMAT, [{"words": words, "tags": tags}], LABELS)
    lengths = [len(tokenizer.encode(word, add_special_tokens=False)) for word in words]
    assert min(lengths[:2]) > 1
    wanted = [IGNORE]
    for tag, length in zip(tags, lengths, strict=True):
        wanted += [LABELS.index(tag)] + [IGNORE] * (length - 1)
    assert features.part("labels", 0).tolist() == [*wanted, IGNORE]
    split = tokenizer.encode(words, is_pretokenized=True)
    assert features.ids(0).tolist() == split.ids


@given(st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=12), min_size=1, max_size=4), st.integers(8, 20))
def test_pieces_are_as_few_as_hold_whole_words_of_one_sentence_each(sentences, room):
    lengths = np.array([length for sentence in sentences for length in sentence])
    begins = np.cumsum([0, *map(len, sentences)])
    found = pieces(lengths, begins[:-1], room)
    assert set(begins[:-1]) <= set(found), "each sentence begins one"
    for first, following in pairwise([*found.tolist(), len(lengths)]):
        assert first < following and lengths[first:following].sum() <= room
        if following not in begins:
            assert lengths[first : following + 1].sum() > room, "the next word would not have fitted"


@settings(deadline=None, max_examples=100)
@given(sentences=st.lists(SENTENCE, min_size=1, max_size=4))
def test_words_have_the_tokens_that_the_tokenizer_gives_them_in_their_sentence(encode, tokenizer, sentences):
    records = [record_of(sentence) for sentence in sentences]
    _, features, _ = encode(FORMAT, records, LABELS, max_length=2000)
    unknown = tokenizer.token_to_id("<unk>")
    for i, record in enumerate(records):
        split = tokenizer.encode(record["words"], is_pretokenized=True, add_special_tokens=False)
        tokens = [[] for _ in record["words"]]
        for token, word in zip(split.ids, split.word_ids, strict=True):
            tokens[word].append(token)
        assert features.ids(i).tolist()[1:-1] == [token for some in tokens for token in some or [unknown]]


def test_sentences_with_a_word_too_long_for_a_sequence_are_counted(cut):
    long = {"words": ["kalo" * 40, "mi", "kalo" * 40], "tags": ["O", "O", "O"]}
    assert cut(FORMAT, [long, record_of([("mi", "O")])], LABELS, max_length=16) == {"word": 1}
    assert cut(FORMAT, [long], LABELS, max_length=400) == {"word": 0}


def test_long_sentences_are_rejoined_in_order(encode, draw_model, ask):
    sentence = [(word, LABELS[i % 5]) for i, word in enumerate(["kalo", "mi", "山水火", "terven"] * 8)]
    records = [record_of(sentence), record_of(sentence[:3]), record_of(sentence[::-1])]
    table, features, encoding = encode(FORMAT, records, LABELS, max_length=16)
    assert np.bincount(features.column("row")).min() == 1 < np.bincount(features.column("row")).max()
    model = draw_model("AutoModelForTokenClassification", 5)
    answers, alone = (ask(model, FORMAT, features, encoding, budget) for budget in (64, 1))
    assert answers["label"].to_pylist() == alone["label"].to_pylist(), "whatever else is in a batch"
    labels, shares = (answers[name].to_pylist() for name in ("label", "probability"))
    predictions = FORMAT.decode(table, features, answers, LABELS, encoding)
    for row, (said, score) in enumerate(
        zip(predictions["prediction"].to_pylist(), predictions["score"].to_pylist(), strict=True)
    ):
        sequences = np.flatnonzero(features.column("row") == row)
        assert said == [LABELS[label] for i in sequences for label in labels[i]]
        assert score == pytest.approx(np.mean([share for i in sequences for share in shares[i]]), rel=1e-5)
        assert len(said) == len(records[row]["words"])
    short = int(np.flatnonzero(features.column("row") == 1)[0])
    labels[short], shares[short] = labels[short][:2], shares[short][:2]
    with pytest.raises(AssertionError, match=r"r1: 2 tags predicted for 3 words"):
        FORMAT.decode(table, features, said_of(labels, shares), LABELS, encoding)


def test_loss_and_labels_at_first_tokens_alone(lines, encode, draw_model, ask, whole_batch):
    rng = np.random.default_rng(0)
    records = [{"words": line.split(), "tags": rng.choice(LABELS, len(line.split())).tolist()} for line in lines[:9]]
    known = LABELS[:4]  # the last tag was never seen in training
    table, features, encoding = encode(FORMAT, records, known)
    model, batch = draw_model("AutoModelForTokenClassification", 4), whole_batch(FORMAT, features)
    total, right, terms = 0.0, 0, 0
    answers = ask(model, FORMAT, features, encoding, budget=100)
    for i, record in enumerate(records):
        logits = model(input_ids=torch.from_numpy(features.ids(i).astype(np.int64))[None]).logits[0].detach()
        first = np.flatnonzero(features.part("labels", i) != IGNORE)
        share = logits.softmax(-1).numpy()[first]
        assert answers["label"][i].as_py() == share.argmax(1).tolist()
        np.testing.assert_allclose(answers["probability"][i].as_py(), share.max(1), atol=1e-5)
        for tag, of_word in zip(record["tags"], share, strict=True):
            if tag in known:
                total -= np.log(of_word[known.index(tag)])
                right, terms = right + (known[int(of_word.argmax())] == tag), terms + 1
    words = sum(len(record["words"]) for record in records)
    assert 0 < terms < words
    assert FORMAT.terms(batch) == terms
    assert FORMAT.loss(model, batch).item() == pytest.approx(total, rel=1e-4)
    assert FORMAT.dev_score(model, batch) == (right, words), "a tag that can't be predicted is missed"
    predictions = FORMAT.decode(table, features, answers, known, encoding)
    assert predictions["gold"].to_pylist() == [record["tags"] for record in records]
