"""Span question answering: windows, answers in characters, and the best ones over all windows."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from xstilts.formats.span import CANDIDATES, FORMAT, KEPT, OUTSIDE, best_spans, windows

WORDS = st.lists(
    st.sampled_from(["kalo", "mi", "terven", "sul,", "山水火", "日月人大", "x-y", "Ka", "  do"]), min_size=1
)
LENGTHS = st.sampled_from([(24, 4, 8), (32, 6, 8), (20, 2, 14), (200, 8, 16)])  # max_length, max_query, stride
SHORT = st.sampled_from([(24, 4, 8), (20, 2, 14)])  # windows of no more context than there are candidates


@st.composite
def questions(draw):
    """A record whose answer is any run of characters of its context that begins and ends with a letter."""
    context = " ".join(draw(WORDS))
    first = draw(st.integers(0, len(context) - 1))
    last = draw(st.integers(first + 1, min(len(context), first + 12)))
    text = context[first:last]
    assume(text == text.strip())
    return {"question": " ".join(draw(WORDS)), "context": context, "answers": [{"text": text, "start": first}]}


@pytest.fixture(scope="module")
def opinion(special):
    """A function that gives what a model says whose logits are these, [2, tokens] for each window, in one batch."""

    def said(features, logits, encoding):
        batch = FORMAT.collate(features, np.arange(len(features)), special, (0,))
        start, end = torch.full((2, *batch.input_ids.shape), 50.0)  # what it says of padding
        for i, (first, last) in enumerate(logits):
            start[i, : len(first)], end[i, : len(last)] = torch.tensor(first), torch.tensor(last)
        model = lambda **_: SimpleNamespace(start_logits=start, end_logits=end)  # noqa: E731
        return pa.Table.from_batches([FORMAT.infer(model, batch, encoding)])

    return said


def record(**change):
    answers = [{"text": "mi", "start": 5}]
    return {"question": "ka lo?", "context": "kalo mi terven", "answers": answers} | change


@pytest.mark.parametrize(
    "change, message",
    [
        ({}, None),
        ({"answers": []}, None),
        ({"question": ""}, "question or context is empty"),
        ({"context": ""}, "question or context is empty"),
        (
            {"answers": [{"text": "mi", "start": 4}]},
            "answer 'mi' does not stand at character 4 of the context, ' m' does",
        ),
        (
            {"answers": [{"text": "mi", "start": -2}]},
            "answer 'mi' does not stand at character -2 of the context, '' does",
        ),
        ({"answers": [{"text": "", "start": 3}]}, "answer '' does not stand at character 3 of the context, '' does"),
    ],
)
def test_check_names_what_is_wrong(change, message):
    assert FORMAT.check(record(**change), ()) == message


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=4), st.integers(1, 30))
def test_windows_cover_all_tokens_of_each_text_in_order(texts, stride):
    lengths, rooms = np.array(texts).T
    rows, firsts, lasts = windows(lengths, rooms, stride)
    assert rows.tolist() == sorted(rows)
    for row, (length, room) in enumerate(texts):
        found = [(first, last) for i, first, last in zip(rows, firsts, lasts, strict=True) if i == row]
        assert found[0][0] == 0 and found[-1][1] == length
        assert all(last - first <= room for first, last in found)
        assert [last for _, last in found].index(length) == len(found) - 1, "no window comes after the last token"
        for (first, last), (following, _) in pairwise(found):
            assert following - first == min(stride, room) and following <= last


@settings(deadline=None, max_examples=150)
@given(question=questions(), lengths=LENGTHS)
def test_the_answer_lies_between_the_labels_of_every_window_that_holds_it(encode, tokenizer, question, lengths):
    max_length, max_query, stride = lengths
    _, features, _ = encode(FORMAT, [question], max_length=max_length, max_query=max_query, stride=stride)
    context, gold = question["context"], question["answers"][0]
    tokenizer.no_truncation()
    whole = tokenizer.encode(context, add_special_tokens=False)
    expected = list(zip(whole.ids, whole.offsets, strict=True))
    begin, end = gold["start"], gold["start"] + len(gold["text"])
    asked, seen = {i for i in range(begin, end) if context[i] != " "}, set()
    for i in range(len(features)):
        starts, ends = features.part("char_starts", i), features.part("char_ends", i)
        inside = np.flatnonzero(starts != OUTSIDE)
        assert len(features.ids(i)) == len(starts) <= max_length
        offsets = list(zip(starts[inside].tolist(), ends[inside].tolist(), strict=True))
        tokens = list(zip(features.ids(i)[inside].tolist(), offsets, strict=True))
        place = next(n for n in range(len(expected)) if expected[n : n + len(inside)] == tokens)
        seen |= set(range(place, place + len(inside)))
        start, stop = int(features.column("start")[i]), int(features.column("end")[i])
        if asked <= {character for a, b in offsets for character in range(a, b)}:
            assert gold["text"] in context[starts[start] : ends[stop]]
            assert starts[start] <= begin < ends[start] and starts[stop] < end <= ends[stop]
        else:
            assert (start, stop) == (0, 0), "a window without the whole answer points at <s>"
    assert seen == set(range(len(whole))), "windows cover every token of the context"


@settings(deadline=None, max_examples=60)
@given(asked=st.lists(questions(), min_size=1, max_size=3), lengths=LENGTHS, data=st.data())
def test_questions_that_share_a_context_are_encoded_as_each_alone(encode, asked, lengths, data):
    max_length, max_query, stride = lengths
    limits = {"max_length": max_length, "max_query": max_query, "stride": stride}
    records = data.draw(st.permutations([*asked, *asked, asked[0] | {"answers": []}]))
    together = iter(encode(FORMAT, records, **limits)[1].table.to_pylist())
    for row, one in enumerate(records):
        for window in encode(FORMAT, [one], **limits)[1].table.to_pylist():
            found = next(together)
            assert found | {"row": 0, "item": 0} == window | {"item": 0}
            assert found["row"] == row
    assert next(together, None) is None


@settings(deadline=None, max_examples=60)
@given(asked=st.lists(questions(), min_size=1, max_size=4), lengths=LENGTHS, answered=st.booleans())
def test_answers_that_no_window_holds_and_cut_questions_are_counted(encode, cut, tokenizer, asked, lengths, answered):
    max_length, max_query, stride = lengths
    limits = {"max_length": max_length, "max_query": max_query, "stride": stride}
    records = [one if answered else one | {"answers": []} for one in asked]
    _, features, _ = encode(FORMAT, records, **limits)
    held = set(features.column("row")[features.column("start") > 0].tolist())
    tokenizer.no_truncation()
    long = [len(tokenizer.encode(one["question"], add_special_tokens=False)) > max_query for one in records]
    missed = len(records) - len(held) if answered else 0
    assert cut(FORMAT, records, **limits) == {"question": sum(long), "answer": missed}


def test_an_answer_longer_than_a_window_is_lost(cut):
    words = " ".join(["kalo"] * 40)
    records = [record(context=words, answers=[{"text": words, "start": 0}]), record()]
    assert cut(FORMAT, records, max_length=24, max_query=8, stride=8)["answer"] == 1
    assert cut(FORMAT, records, max_length=200)["answer"] == 0


@settings(deadline=None, max_examples=100)
@given(question=questions(), lengths=LENGTHS)
def test_perfect_logits_give_the_gold_answer(encode, opinion, question, lengths):
    max_length, max_query, stride = lengths
    table, features, encoding = encode(FORMAT, [question], max_length=max_length, max_query=max_query, stride=stride)
    gold, logits = question["answers"][0], []
    for i in range(len(features)):
        logits.append(np.zeros((2, len(features.ids(i)))))
        logits[-1][[0, 1], [int(features.column(name)[i]) for name in ("start", "end")]] = 10.0
    answered = features.column("start") > 0
    assume(answered.any())
    said = opinion(features, logits, encoding)
    predictions = FORMAT.decode(table, features, said, (), encoding).to_pylist()[0]
    assert gold["text"] in predictions["prediction"]
    # Whole tokens are predicted, so no more is added than what stands in the tokens at both ends.
    assert len(predictions["prediction"]) - len(gold["text"]) <= 2 * 12
    first, last = gold["start"] - 1, gold["start"] + len(gold["text"])
    if question["context"][max(first, 0)] == " " and question["context"][last : last + 1].isspace():
        assert predictions["prediction"] == gold["text"], "an answer of whole words is given exactly"
    assert predictions["gold"] == [gold["text"]]
    assert (predictions["score"], predictions["null"]) == (20, -20)


def spans_of(start, end, inside, longest):
    """Score, start and end of all spans among the best starts and the best ends, in the order that they are kept in."""
    firsts, lasts = (sorted(inside, key=lambda i: -logits[i])[:CANDIDATES] for logits in (start, end))
    found = [(start[a] + end[b], a, b) for a in firsts for b in lasts if a <= b < a + longest]
    return sorted(found, key=lambda span: (-span[0], span[1], span[2]))


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 60), min_size=1, max_size=4), st.integers(1, 12), st.booleans())
@example(seed=0, lengths=[1, 40], longest=1, ties=True)
def test_best_spans_equal_a_search_through_all_spans(seed, lengths, longest, ties):
    """In windows of different lengths; with few different numbers, many spans score the same."""
    rng = np.random.default_rng(seed)
    shape = 2, len(lengths), max(lengths) + 6
    start, end = rng.integers(0, 4 if ties else 10**6, shape) * np.array([1.0, 1.0 if ties else 1.37])[:, None, None]
    place = np.arange(shape[2])
    inside = (place >= 5) & (place < 5 + np.array(lengths)[:, None])
    scores, firsts, lasts = best_spans(start, end, inside, longest)
    assert scores.shape == firsts.shape == lasts.shape == (len(lengths), KEPT)
    for i, length in enumerate(lengths):
        wanted = spans_of(start[i], end[i], range(5, 5 + length), longest)[:KEPT]
        found = list(zip(scores[i], firsts[i], lasts[i], strict=True))
        assert found[: len(wanted)] == wanted
        assert all(score == -np.inf and (a, b) == (0, 0) for score, a, b in found[len(wanted) :])


@settings(max_examples=100)
@given(
    asked=st.lists(questions(), min_size=1, max_size=3),
    lengths=SHORT,
    longest=st.integers(1, 8),
    seed=st.integers(0, 99),
)
def test_answers_are_the_best_of_all_windows(encode, opinion, asked, lengths, longest, seed):
    """Held against a search through all spans of all windows; each stretch of characters is there once."""
    limits = dict(zip(("max_length", "max_query", "stride"), lengths, strict=True))
    table, features, encoding = encode(FORMAT, asked, max_answer=longest, **limits)
    rng = np.random.default_rng(seed)
    logits = [rng.permutation(2 * len(features.ids(i))).reshape(2, -1) * [[1.0], [1.5]] for i in range(len(features))]
    said = opinion(features, logits, encoding)
    predictions = FORMAT.decode(table, features, said, (), encoding).to_pylist()
    for row, (one, predicted) in enumerate(zip(asked, predictions, strict=True)):
        best, every, unlike = {}, {}, True
        sequences = np.flatnonzero(features.column("row") == row)
        for i in sequences:
            starts, ends = features.part("char_starts", i), features.part("char_ends", i)
            spans = spans_of(*logits[i], np.flatnonzero(starts != OUTSIDE), longest)
            places = [(int(starts[a]), int(ends[b])) for _, a, b in spans]
            unlike &= len(set(places)) == len(places)
            for number, (place, (score, *_)) in enumerate(zip(places, spans, strict=True)):
                every[place] = max(score, every.get(place, -np.inf))
                if number < KEPT:
                    best[place] = max(score, best.get(place, -np.inf))
        found = [(answer["text"], answer["score"]) for answer in predicted["nbest"]]
        wanted = sorted(best.values(), reverse=True)[:KEPT]
        assert [score for _, score in found] == wanted
        if unlike:  # else some of a window's best spans are but one answer
            assert wanted == sorted(every.values(), reverse=True)[:KEPT]
        assert set(found) <= {(one["context"][a:b], score) for (a, b), score in best.items()}
        assert (predicted["prediction"], predicted["score"]) == found[0] and found[0][1] == max(every.values())
        assert predicted["null"] == min(logits[i][:, 0].sum() for i in sequences) - found[0][1]


def test_spans_of_the_same_characters_are_one_answer(encode, opinion):
    """Overlapping windows see them twice; the better score counts."""
    context = " ".join(["kalo", "mi", "terven", "sul", "pa", "dor", "ne", "fi"] * 3)
    table, features, encoding = encode(FORMAT, [record(context=context, answers=[])], max_length=24, stride=4)
    assert len(features) > 3
    shown, logits = {}, []
    for i in range(len(features)):
        starts = features.part("char_starts", i)
        logits.append(np.full((2, len(starts)), -100.0))
        for place in np.flatnonzero(starts != OUTSIDE):
            span = int(starts[place]), int(features.part("char_ends", i)[place])
            shown.setdefault(span, []).append(i)
            logits[i][:, place] = 10 * len(shown[span]) - span[0] / 100
    twice = max(shown, key=lambda span: (len(shown[span]), -span[0]))
    assert len(shown[twice]) > 1
    said = opinion(features, logits, replace(encoding, max_answer=1))
    (predicted,) = FORMAT.decode(table, features, said, (), encoding).to_pylist()
    assert predicted["prediction"] == context[slice(*twice)]
    assert predicted["score"] == pytest.approx(20 * len(shown[twice]) - twice[0] / 50)


def test_a_context_without_a_token_has_no_answer(encode, opinion):
    """Whatever else is in the batch."""
    asked = [record(question="?", context=" ", answers=[]), record()]
    table, features, encoding = encode(FORMAT, asked)
    logits = [np.arange(2.0 * len(features.ids(i))).reshape(2, -1) for i in range(2)]
    said = opinion(features, logits, encoding)
    predicted, other = FORMAT.decode(table, features, said, (), encoding).to_pylist()
    assert (predicted["prediction"], predicted["nbest"]) == ("", [])
    assert (predicted["score"], predicted["null"]) == (logits[0][:, 0].sum(), 0.0)
    assert len(other["nbest"]) == KEPT


def test_no_answer_is_led_by_the_best_span_and_by_the_window_that_doubts_it_most(encode, opinion):
    records = [record(answers=[]), record(answers=[{"text": "kalo", "start": 0}, {"text": "mi terven", "start": 5}])]
    table, features, encoding = encode(FORMAT, records * 2)
    logits = []
    for i, lead in enumerate([0.0, 30.0, 5.0, 10.0]):  # of "no answer"; the answer "mi" has 10
        starts = features.part("char_starts", i)
        logits.append(np.zeros((2, len(starts))))
        logits[i][:, np.flatnonzero(starts == 5)[-1]] = 10.0
        logits[i][:, 0] = lead
    predictions = FORMAT.decode(table, features, opinion(features, logits, encoding), (), encoding)
    assert predictions["null"].to_pylist() == [-20, 40, -10, 0]
    assert [text.strip() for text in predictions["prediction"].to_pylist()] == ["mi"] * 4
    assert predictions["gold"].to_pylist() == [[], ["kalo", "mi terven"]] * 2


def test_a_model_answers_from_the_context_and_learns_over_all_positions(lines, encode, draw_model, whole_batch, ask):
    contexts = [line for line in lines if len(line) > 12][:8]
    records = [
        {"question": lines[i], "context": text, "answers": [{"text": text[4:8].strip(), "start": 4 + (text[4] == " ")}]}
        for i, text in enumerate(contexts)
    ]
    assert all(FORMAT.check(one, ()) is None for one in records)
    _, features, encoding = encode(FORMAT, records, max_length=40, max_query=12, stride=10)
    model, batch = draw_model("AutoModelForQuestionAnswering"), whole_batch(FORMAT, features)
    total, right, alone = 0.0, 0, []
    for i in range(len(features)):
        ids = torch.from_numpy(features.ids(i).astype(np.int64))[None]
        out = model(input_ids=ids)
        shown = torch.from_numpy(features.part("char_starts", i) != OUTSIDE)
        shown[0] = True
        alone.append([logits[0].detach() for logits in (out.start_logits, out.end_logits)])
        best = []
        for logits, name in zip(alone[i], ("start", "end"), strict=True):
            gold = int(features.column(name)[i])
            total -= float(logits.log_softmax(0)[gold]) / 2
            best.append(int(torch.where(shown, logits, -torch.inf).argmax()) == gold)
        right += all(best)
    assert FORMAT.loss(model, batch).item() == pytest.approx(total, rel=1e-4)
    assert FORMAT.terms(batch) == len(features)
    assert FORMAT.dev_score(model, batch) == (right, len(features))

    said = ask(model, FORMAT, features, encoding, budget=100)
    for i, (start, end) in enumerate(alone):
        context = np.flatnonzero(features.part("char_starts", i) != OUTSIDE)
        wanted = spans_of(start.numpy(), end.numpy(), context, encoding.max_answer)[:KEPT]
        np.testing.assert_allclose(said["score"][i].as_py(), [score for score, *_ in wanted], atol=1e-4)
        places = list(zip(said["first"][i].as_py(), said["last"][i].as_py(), strict=True))
        assert places == [(a, b) for _, a, b in wanted]
        assert said["null"][i].as_py() == pytest.approx(float(start[0] + end[0]), abs=1e-4)
