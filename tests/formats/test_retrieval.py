"""Retrieval: how tokens become a sentence's vector, of which layer, and what is found among vectors."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xstilts import neighbours
from xstilts.errors import UserError
from xstilts.formats.encoding import Encoding
from xstilts.formats.finding import RANKED
from xstilts.formats.retrieval import FORMAT, tensors

POOLINGS = ("mean", "words", "cls")
DEPTH = 2


def said_of(vectors):
    """What a model says whose vectors are these, [sentences, layers, width]."""
    layers = torch.as_tensor(np.asarray(vectors), dtype=torch.float32)
    return pa.table({"vectors": tensors(list(layers.unbind(1)))})


def vectors_in(said):
    return said["vectors"].combine_chunks().to_numpy_ndarray()


@pytest.mark.parametrize(
    "change, message",
    [
        ({}, None),
        ({"side": "left"}, "side 'left' is none of foreign, english, query, candidate"),
        ({"text": " "}, "text is empty"),
    ],
)
def test_check_names_what_is_wrong(change, message):
    assert FORMAT.check({"side": "english", "text": "ka", "pair": None} | change, ()) == message


@pytest.fixture(scope="module")
def bitext(lines):
    """Six English sentences and their counterparts: the same words, so that any encoder finds them."""
    sentences = list(dict.fromkeys(lines))[:6]
    english = [{"id": f"e{i}", "side": "english", "text": s, "pair": f"f{i}"} for i, s in enumerate(sentences)]
    foreign = [{"id": f"f{i}", "side": "foreign", "text": s, "pair": f"e{i}"} for i, s in enumerate(sentences)]
    return [{**one, "language": code} for code in ("qlb", "qla") for one in [*english, *foreign[::-1]]]


def by_hand(model, ids, pooling):
    """The vectors of one sentence in every layer, [layers, width], when it is read alone."""
    with torch.no_grad():
        states = model(input_ids=torch.from_numpy(ids.astype(np.int64))[None], output_hidden_states=True).hidden_states
    kept = {"mean": slice(None), "words": slice(1, -1), "cls": slice(1)}[pooling]
    return np.stack([layer[0].numpy()[kept].mean(0) for layer in states])


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_sentence_is_pooled_from_its_tokens_whatever_else_is_in_the_batch(pooling, bitext, encode, draw_model, ask):
    _, features, encoding = encode(FORMAT, bitext, pooling=pooling)
    model = draw_model("AutoModel")
    found = vectors_in(ask(model, FORMAT, features, encoding, budget=64))
    assert found.shape == (len(bitext), DEPTH + 1, 32)
    wanted = np.stack([by_hand(model, features.ids(i), pooling) for i in range(len(bitext))])
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_sentence_without_words_is_at_the_origin(encode, draw_model, ask):
    """Not where a division by nothing would put it."""
    _, features, encoding = encode(
        FORMAT, [{"side": "english", "text": text} for text in ("", "ka lo")], pooling="words"
    )
    assert len(features.ids(0)) == 2
    found = vectors_in(ask(draw_model("AutoModel"), FORMAT, features, encoding))
    assert not found[0].any() and np.isfinite(found).all()


@pytest.mark.parametrize("find", ["mining", "map20"])
@pytest.mark.parametrize("share, layer, wanted", [(14 / 24, None, 1), (1.0, None, 2), (0.0, None, 0), (0.5, 2, 2)])
def test_the_layer_is_a_share_of_the_depth_or_its_number(bitext, encode, draw_model, ask, find, share, layer, wanted):
    """Of that layer alone are vectors kept where only one is asked for."""
    _, features, encoding = encode(FORMAT, bitext[:4], layer_share=share, layer=layer, find=find)
    model = draw_model("AutoModel")
    found = vectors_in(ask(model, FORMAT, features, encoding))
    assert found.shape == (4, 1, 32)
    alone = np.stack([by_hand(model, features.ids(i), "mean")[wanted] for i in range(4)])
    np.testing.assert_allclose(found[:, 0], alone, atol=1e-5)
    assert FORMAT.source(DEPTH, encoding) == {"layer": wanted, "layers": DEPTH, "pooling": "mean"}


@pytest.mark.parametrize("share, layer, wanted", [(14 / 24, None, 1), (1.0, None, 2), (0.0, None, 0), (0.5, 2, 2)])
def test_the_headline_is_of_that_layer_where_all_are_compared(bitext, encode, share, layer, wanted):
    table, features, encoding = encode(FORMAT, bitext, layer_share=share, layer=layer)
    vectors = np.random.default_rng(0).normal(size=(len(bitext), DEPTH + 1, 8))
    for i, record in enumerate(bitext):
        vectors[i][wanted] = np.eye(8)[int(record["id"][1])]
    predictions = FORMAT.decode(table, features, said_of(vectors), (), encoding)
    assert predictions["score"].to_pylist() == [1.0] * len(predictions)


def test_a_layer_that_the_model_does_not_have_is_refused():
    with pytest.raises(UserError, match=r"block 9 .* and the model has 2"):
        FORMAT.source(DEPTH, Encoding(64, layer=9))


def test_a_model_that_says_nothing_is_refused_with_the_sentence(bitext, encode):
    table, features, encoding = encode(FORMAT, bitext[:12], layer=1)
    vectors = np.ones((12, DEPTH + 1, 8))
    vectors[3, 2, 5] = np.nan
    with pytest.raises(UserError, match=r"not finite for 1 of 12 sentences, the first e3 \(qlb, english\)"):
        FORMAT.decode(table, features, said_of(vectors), (), encoding)


def test_from_records_to_neighbours_and_to_hits_of_each_layer(bitext, encode, draw_model, ask):
    table, features, encoding = encode(FORMAT, bitext[:12], layer=1)  # of one language
    said = ask(draw_model("AutoModel"), FORMAT, features, encoding)
    predictions = FORMAT.decode(table, features, said, (), encoding)
    assert predictions["id"].to_pylist() == [f"e{i}" for i in range(6)]
    assert predictions["prediction"].to_pylist() == [f"f{i}" for i in range(6)]
    assert predictions["gold"].to_pylist() == [[f"f{i}"] for i in range(6)]
    assert predictions["score"].to_pylist() == pytest.approx([1.0] * 6)
    for kind in ("raw", "centred"):
        assert predictions[kind].to_pylist() == [[True] * (DEPTH + 1)] * 6
    # A foreign sentence has another vector, in the last layer alone.
    vectors = vectors_in(said).copy()
    vectors[11, 2] *= -1
    spoilt = FORMAT.decode(table, features, said_of(vectors), (), encoding)
    assert spoilt["prediction"].equals(predictions["prediction"])
    assert [layers[:2] for layers in spoilt["raw"].to_pylist()] == [[True, True]] * 6
    assert [layers[2] for layers in spoilt["raw"].to_pylist()] == [False] + [True] * 5


def test_centring_removes_a_constant_offset_between_languages(encode):
    angles = 0.1 + np.arange(24) * np.pi / 12
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    english = np.stack([circle, circle], axis=1)
    foreign = english + np.array([[0, 0], [10, 0]])  # the second layer of all foreign sentences lies in one direction
    records = [
        {"id": f"{side[0]}{i}", "side": side, "text": "ka", "pair": f"{other}{i}"}
        for side, other in (("english", "f"), ("foreign", "e"))
        for i in range(24)
    ]
    table, features, encoding = encode(FORMAT, records, layer=1)
    vectors = np.concatenate([english, foreign])
    predictions = FORMAT.decode(table, features, said_of(vectors), (), encoding)
    raw, centred = (np.array(predictions[kind].to_pylist()) for kind in ("raw", "centred"))
    assert raw.mean(0).tolist() == pytest.approx([1, 2 / 24], abs=1 / 24)
    assert centred.all()
    hits = [said == f"f{i}" for i, said in enumerate(predictions["prediction"].to_pylist())]
    assert hits == raw[:, 1].tolist(), "the headline is the raw cosine of the layer asked for"
    x, y = (side[:, 1] / np.linalg.norm(side[:, 1], axis=1, keepdims=True) for side in (english, foreign))
    np.testing.assert_allclose(predictions["score"], (x @ y.T).max(1), atol=1e-6)


def test_a_neighbour_may_be_any_of_several_translations(encode):
    records = [
        {"id": "e0", "side": "english", "text": "ka", "pair": "f0", "more": ["f1"]},
        {"id": "e1", "side": "english", "text": "lo", "pair": "f2", "more": None},
        *({"id": f"f{i}", "side": "foreign", "text": "mi", "pair": None} for i in range(3)),
    ]
    table, features, encoding = encode(FORMAT, records, layer=0)
    directions = np.eye(3)[[1, 0, 0, 1, 2]][:, None]  # both ask for what is not their `pair`
    predictions = FORMAT.decode(table, features, said_of(directions), (), encoding)
    assert predictions["prediction"].to_pylist() == ["f1", "f0"]
    assert predictions["gold"].to_pylist() == [["f0", "f1"], ["f2"]]
    assert predictions["raw"].to_pylist() == [[True], [False]]


def test_languages_are_looked_through_one_by_one_but_by_queries(bitext, encode):
    table, features, encoding = encode(FORMAT, bitext)
    spoken = type(features)(features.table.append_column("language", table["language"].take(features.table["row"])))
    assert [items.tolist() for items in FORMAT.together(spoken, encoding)] == [list(range(12)), list(range(12, 24))]
    _, _, everywhere = encode(FORMAT, bitext, find="map20")
    assert [items.tolist() for items in FORMAT.together(spoken, everywhere)] == [list(range(24))]


@pytest.mark.parametrize("find, ids", [("nearest", ["e"]), ("mining", ["f0", "f1"]), ("map20", ["q"])])
def test_who_is_asked(find, ids, encode):
    sides = [("f0", "foreign"), ("e", "english"), ("q", "query"), ("f1", "foreign"), ("c", "candidate")]
    table, _, encoding = encode(FORMAT, [{"id": name, "side": side, "text": "ka"} for name, side in sides], find=find)
    assert FORMAT.asked(table, encoding)["id"].to_pylist() == ids


def test_mining_gives_one_row_for_each_foreign_sentence(encode):
    names = [*((f"f{i}", "foreign", f"ka{i}") for i in range(4)), *((f"e{i}", "english", f"lo{i}") for i in range(3))]
    gold = {"f0": ("e0", None), "f1": ("e1", ["e2"])}
    records = [
        {
            "id": name,
            "side": side,
            "text": text,
            "pair": gold.get(name, (None,))[0],
            "more": gold.get(name, (0, None))[1],
        }
        for name, side, text in names
    ]
    table, features, encoding = encode(FORMAT, records, find="mining")
    vectors = np.eye(4)[[0, 1, 2, 3, 0, 1, 2]][:, None] + 0.1
    predictions = FORMAT.decode(table, features, said_of(vectors), (), encoding)
    assert predictions["id"].to_pylist() == ["f0", "f1", "f2", "f3"]
    assert predictions["prediction"].to_pylist() == ["e0", "e1", "e2", None]
    assert predictions["gold"].to_pylist() == [["e0"], ["e1", "e2"], [], []]
    score = predictions["score"].to_pylist()
    assert score[3] == 0.0 and all(margin > 1 for margin in score[:3])


@given(
    foreign=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    english=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    seed=st.integers(0, 2**32),
)
def test_sentences_that_stand_twice_are_never_paired(encode, foreign, english, seed):
    """Each takes part once in the search, and what it would be paired with goes without a pair."""
    texts = [("foreign", f"ka {n}") for n in foreign] + [("english", f"ka {n}") for n in english]
    records = [{"id": f"r{i}", "side": side, "text": text} for i, (side, text) in enumerate(texts)]
    table, features, encoding = encode(FORMAT, records, find="mining")
    vectors = np.abs(np.random.default_rng(seed).normal(size=(len(records), 1, 4)))  # of copies too, which is harder
    predictions = FORMAT.decode(table, features, said_of(vectors), (), encoding).to_pylist()
    first = {key: i for i, key in reversed(list(enumerate(texts)))}
    x, y = (sorted(i for (side, _), i in first.items() if side == wanted) for wanted in ("foreign", "english"))
    found = neighbours.mine(vectors[x, 0].astype(np.float32), vectors[y, 0].astype(np.float32))
    wanted = {
        x[i]: (f"r{y[j]}", margin)
        for i, (j, margin) in enumerate(zip(found.best, found.margin, strict=True))
        if j >= 0 and texts.count(texts[x[i]]) == texts.count(texts[y[j]]) == 1
    }
    assert len(predictions) == len(foreign)
    for i, one in enumerate(predictions):
        assert (one["prediction"], one["score"]) == wanted.get(i, (None, 0.0))


def test_queries_rank_the_candidates_of_all_languages(encode):
    """Asked in two languages under one name, a question is answered by the sentences of both."""
    sides = [("query", "q", "a1", "en"), ("query", "q", "a2", "de"), ("query", "r", "b1", "en")]
    sides += [("candidate", name, None, code) for name, code in (("a1", "en"), ("a2", "de"), ("b1", "en"), ("c", "de"))]
    records = [{"side": s, "id": i, "pair": p, "language": c, "text": "ka"} for s, i, p, c in sides]
    table, features, encoding = encode(FORMAT, records, find="map20")
    direction = {"a1": [1, 0, 0], "a2": [0.9, 0.1, 0], "b1": [0, 1, 0], "c": [0.95, 0, 0.1]}
    asked = [direction["a1"], direction["b1"], direction["b1"]]
    vectors = np.array([*asked, *direction.values()], dtype=float)[:, None]
    predictions = FORMAT.decode(table, features, said_of(vectors), (), encoding)
    assert predictions["id"].to_pylist() == ["q", "q", "r"]
    assert predictions["language"].to_pylist() == ["en", "de", "en"]
    assert [set(gold) for gold in predictions["gold"].to_pylist()] == [{"a1", "a2"}, {"a1", "a2"}, {"b1"}]
    assert predictions["prediction"].to_pylist()[0] == ["a1", "c", "a2", "b1"]
    assert [listed[0] for listed in predictions["prediction"].to_pylist()] == ["a1", "b1", "b1"]
    assert predictions["score"].to_pylist() == pytest.approx([1, 1, 1])


def test_no_more_candidates_are_ranked_than_count(encode):
    records = [{"side": "candidate" if i else "query", "text": "ka"} for i in range(RANKED + 5)]
    table, features, encoding = encode(FORMAT, records, find="map20")
    angles = np.linspace(0, 1, len(records))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)[:, None]
    predictions = FORMAT.decode(table, features, said_of(vectors), (), encoding)
    assert predictions["prediction"].to_pylist() == [[f"r{i}" for i in range(1, RANKED + 1)]]
    assert predictions["gold"].to_pylist() == [[]]


def test_a_candidate_is_read_with_its_context(encode):
    records = [
        {"side": "candidate", "text": "ka", "context": c, "pair": None, "language": "en"} for c in (None, "ka mu")
    ]
    _, features, _ = encode(FORMAT, records)
    alone, beside = features.ids(0).tolist(), features.ids(1).tolist()
    assert beside[: len(alone) - 1] == alone[:-1] and len(beside) > len(alone) + 2
