"""Retrieval: neighbours, margins, one-to-one mining, the threshold, and the offset between languages."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.formats import retrieval
from xstilts.formats.retrieval import FORMAT, average_precision, best_threshold, mine, nearest, normalised, rank

SEEDS = st.integers(0, 2**32)


def vectors(seed, count, layers=1, width=6):
    return np.random.default_rng(seed).normal(size=(count, layers, width))


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


@pytest.mark.parametrize("block", [1, 3, 4096])
def test_nearest_equals_brute_force_whatever_the_block(block, monkeypatch):
    monkeypatch.setattr(retrieval, "BLOCK", block)
    queries, index = vectors(1, 10)[:, 0], vectors(2, 7)[:, 0]
    wanted = [max(range(7), key=lambda j: float(np.dot(query, index[j]))) for query in queries]
    assert nearest(queries, index).tolist() == wanted


def test_margins_of_three_sentences_on_each_side():
    foreign = np.array([[1, 0, 0], [0, 1, 0], [0, 0.6, 0.8]])
    english = np.array([[0.8, 0, 0.6], [0, 1, 0], [0, 0.8, 0.6]])
    # Cosines, and their means over all three neighbours: .8/3, 1.8/3, (.48 + .6 + .96)/3; (.8 + .48)/3, 1.6/3, 1.76/3
    cosine = np.array([[0.8, 0, 0], [0, 1, 0.8], [0.48, 0.6, 0.96]])
    np.testing.assert_allclose(foreign @ english.T, cosine, atol=1e-12)
    rows, columns = np.array([0.8, 1.8, 2.04]) / 3, np.array([1.28, 1.6, 1.76]) / 3
    margin = [cosine[i, i] / ((rows[i] + columns[i]) / 2) for i in range(3)]
    found = mine(foreign[:, None], english[:, None], 0)
    assert found["best"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(found["score"], margin)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 9), st.integers(1, 9), st.sampled_from([2, 4096]))
def test_mining_is_one_to_one_and_takes_the_best_margins_first(seed, rows, columns, block):
    foreign, english = np.abs(vectors(seed, rows)), np.abs(vectors(seed + 1, columns))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "BLOCK", block)
        found = mine(foreign, english, 0)
    cosine = normalised(foreign[:, 0]) @ normalised(english[:, 0]).T
    k = min(4, rows, columns)
    means = [np.sort(side, axis=1)[:, -k:].mean(1) for side in (cosine, cosine.T)]
    margin = cosine / ((means[0][:, None] + means[1]) / 2)
    candidates = {(i, int(margin[i].argmax())) for i in range(rows)}
    candidates |= {(int(margin[:, j].argmax()), j) for j in range(columns)}
    wanted = {}
    for i, j in sorted(candidates, key=lambda pair: -margin[pair]):
        if i not in wanted and j not in wanted.values():
            wanted[i] = j
    assert {i: int(j) for i, j in enumerate(found["best"]) if j >= 0} == wanted
    for i, j in wanted.items():
        assert found["score"][i] == pytest.approx(margin[i, j])


@given(st.lists(st.booleans(), min_size=1, max_size=12), SEEDS, st.integers(0, 5))
def test_the_threshold_has_the_best_f1_of_all_cuts(right, seed, missed):
    right = np.array(right)
    score = np.random.default_rng(seed).permutation(len(right)) / 8
    gold = int(right.sum()) + missed

    def f1(cut):
        kept = score >= cut
        return 2 * (kept & right).sum() / max(kept.sum() + gold, 1)

    cut = best_threshold(score, right, gold)
    assert f1(cut) == max(f1(other) for other in score)
    if (score < cut).any():
        gap = score[score >= cut].min() - cut
        assert gap == pytest.approx(cut - score[score < cut].max()), "the cut is midway between neighbouring scores"


def test_without_a_candidate_there_is_nothing_to_cut():
    assert best_threshold(np.array([]), np.array([], dtype=bool), 3) == 0.0


def test_centring_removes_a_constant_offset_between_languages():
    angles = 0.1 + np.arange(24) * np.pi / 12
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    english = np.stack([circle, circle], axis=1)
    foreign = english + np.array([[0, 0], [10, 0]])  # the second layer of all foreign sentences lies in one direction
    found = rank(foreign, english, layer=1)
    right = np.arange(24)[:, None]
    assert (found["raw"] == right).mean(0).tolist() == pytest.approx([1, 2 / 24], abs=1 / 24)
    assert (found["centred"] == right).all()
    assert (found["best"] == found["raw"][:, 1]).all(), "the headline is the raw cosine of the layer asked for"
    x, y = normalised(english[:, 1]), normalised(foreign[:, 1])
    np.testing.assert_allclose(found["score"], (x @ y.T).max(1))


@pytest.fixture(scope="module")
def bitext(lines):
    """Six English sentences and their counterparts: the same words, so that any encoder finds them."""
    sentences = list(dict.fromkeys(lines))[:6]
    english = [{"id": f"e{i}", "side": "english", "text": s, "pair": f"f{i}"} for i, s in enumerate(sentences)]
    foreign = [{"id": f"f{i}", "side": "foreign", "text": s, "pair": f"e{i}"} for i, s in enumerate(sentences)]
    return [{**one, "language": code} for code in ("qla", "qlb") for one in [*english, *foreign[::-1]]]


def test_sentences_are_the_mean_of_their_tokens_in_every_layer(bitext, encode, draw_model, ask):
    _, features, _ = encode(FORMAT, bitext)
    model = draw_model("AutoModel")
    for i, found in enumerate(ask(model, FORMAT, features, budget=64)):
        ids = torch.from_numpy(features.ids(i).astype(np.int64))[None]
        hidden = model(input_ids=ids, output_hidden_states=True).hidden_states
        np.testing.assert_allclose(found, [layer[0].mean(0).detach() for layer in hidden], atol=1e-5)


def test_ranking_from_records_to_accuracy(bitext, encode, draw_model, ask):
    table, features, encoding = encode(FORMAT, bitext, layer=1)
    answers = ask(draw_model("AutoModel"), FORMAT, features)
    predictions = FORMAT.decode(table, features, answers, (), encoding)
    assert predictions["id"].to_pylist() == [f"e{i}" for i in range(6)] * 2
    assert predictions["prediction"].to_pylist() == predictions["gold"].to_pylist() == [f"f{i}" for i in range(6)] * 2
    values = FORMAT.values(FORMAT.statistics(predictions).sum(0))
    layers = {f"{kind}_layer_{i}" for kind in ("raw", "centred") for i in range(3)}
    assert values.keys() == {"score", "accuracy"} | layers
    assert all(value == 100 for value in values.values())
    # One foreign sentence has the vector of another one, in the last layer alone.
    answers[11] = answers[11].copy()
    answers[11][2] = -answers[11][2]
    spoilt = FORMAT.decode(table, features, answers, (), encoding)
    values = FORMAT.values(FORMAT.statistics(spoilt).sum(0))
    assert values["score"] == 100 > values["raw_layer_2"]


@pytest.mark.parametrize("share, layer, wanted", [(14 / 24, None, 1), (1.0, None, 2), (0.0, None, 0), (0.5, 9, 2)])
def test_the_layer_is_a_share_of_the_depth_or_its_number(bitext, encode, share, layer, wanted):
    table, features, encoding = encode(FORMAT, bitext, layer_share=share, layer=layer)
    rng = np.random.default_rng(0)
    answers = [rng.normal(size=(3, 8)) for _ in bitext]
    for i, record in enumerate(bitext):
        answers[i][wanted] = np.eye(8)[int(record["id"][1])]
    assert FORMAT.decode(table, features, answers, (), encoding)["score"].to_pylist() == [1.0] * 12


def test_mining_is_scored_on_test_by_the_threshold_of_dev():
    # Of dev the two best are right and the third is wrong; a gold pair is missed. The cut lies between .8 and .4.
    dev = [("a", "a", 0.9), ("b", "b", 0.8), ("x", "c", 0.4), (None, "d", 0.0)]
    # Of test one right pair is kept, one wrong pair kept, one right pair below the cut, one sentence without a pair.
    test = [("a", "a", 0.7), ("x", None, 0.9), ("b", "b", 0.5), (None, None, 0.0)]
    said, gold, score = zip(*dev, *test, strict=True)
    split = ["dev"] * 4 + ["test"] * 4
    predictions = pa.table({"prediction": said, "gold": gold, "score": score, "split": split})
    statistics = FORMAT.statistics(predictions)
    assert statistics.tolist() == [[2, 2], [0, 1], [0, 1], [0, 0]]
    assert FORMAT.values(statistics.sum(0))["score"] == pytest.approx(50)


def test_mining_decodes_one_row_for_each_foreign_sentence(encode):
    sides = ["foreign"] * 3 + ["english"] * 2
    pairs = ["r3", None, None, "r0", None]
    records = [{"side": s, "text": "ka", "pair": p, "language": "qla"} for s, p in zip(sides, pairs, strict=True)]
    table, features, encoding = encode(FORMAT, records, layer=0)
    answers = [np.eye(4)[[i]] + 0.1 for i in (0, 1, 2, 0, 1)]
    predictions = FORMAT.decode(table, features, answers, (), encoding)
    assert predictions["id"].to_pylist() == ["r0", "r1", "r2"]
    assert predictions["prediction"].to_pylist() == ["r3", "r4", None]
    assert predictions["gold"].to_pylist() == ["r3", None, None]


def test_queries_rank_the_candidates_of_all_languages(encode):
    """Asked in two languages under one name, a question is answered by the sentences of both."""
    sides = [("query", "q", "a1", "en"), ("query", "q", "a2", "de"), ("query", "r", "b1", "en")]
    sides += [("candidate", name, None, code) for name, code in (("a1", "en"), ("a2", "de"), ("b1", "en"), ("c", "de"))]
    records = [{"side": s, "id": i, "pair": p, "language": c, "text": "ka"} for s, i, p, c in sides]
    table, features, encoding = encode(FORMAT, records, layer=0)
    direction = {"a1": [1, 0, 0], "a2": [0.9, 0.1, 0], "b1": [0, 1, 0], "c": [0.95, 0, 0.1]}
    asked = [direction["a1"], direction["b1"], direction["b1"]]
    answers = [np.array([v], dtype=float) for v in [*asked, *direction.values()]]
    predictions = FORMAT.decode(table, features, answers, (), encoding)
    assert predictions["id"].to_pylist() == ["q", "q", "r"] and predictions["language"].to_pylist() == [
        "en",
        "de",
        "en",
    ]
    assert [set(gold) for gold in predictions["gold"].to_pylist()] == [{"a1", "a2"}, {"a1", "a2"}, {"b1"}]
    assert predictions["prediction"].to_pylist()[0] == ["a1", "c", "a2", "b1"]
    statistics = FORMAT.statistics(predictions)
    # a1 first, a2 third; then b1 first, a2 second, a1 third; b1 is all that r wants.
    assert statistics[:, 0].tolist() == pytest.approx([(1 + 2 / 3) / 2, (1 / 2 + 2 / 3) / 2, 1.0])
    assert FORMAT.values(statistics.sum(0))["map20"] == pytest.approx(100 * statistics[:, 0].mean())


@pytest.mark.parametrize(
    "found, gold, wanted",
    [
        ("abc", "a", 1),
        ("bac", "a", 1 / 2),
        ("bcd", "a", 0),
        ("abc", "abc", 1),
        ("xaxb", "ab", 1 / 2),
        ("a", "ab", 1 / 2),
    ],
)
def test_average_precision(found, gold, wanted):
    assert average_precision(found, set(gold)) == pytest.approx(wanted)


def test_a_candidate_is_read_with_its_context(encode):
    records = [
        {"side": "candidate", "text": "ka", "context": c, "pair": None, "language": "en"} for c in (None, "ka mu")
    ]
    _, features, _ = encode(FORMAT, records)
    alone, beside = features.ids(0).tolist(), features.ids(1).tolist()
    assert beside[: len(alone) - 1] == alone[:-1] and len(beside) > len(alone) + 2
