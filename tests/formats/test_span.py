"""Span question answering: windows, answers in characters, decoding, and SQuAD's metrics."""

import re
import string
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xstilts.formats.span import FORMAT, OUTSIDE, best_span, exact, overlap, windows

WORDS = st.lists(
    st.sampled_from(["kalo", "mi", "terven", "sul,", "山水火", "日月人大", "x-y", "Ka", "  do"]), min_size=1
)
LENGTHS = st.sampled_from([(24, 4, 8), (32, 6, 8), (20, 2, 14), (200, 8, 16)])  # max_length, max_query, stride
SAID = st.lists(st.sampled_from(["The", "a", "cat", "Cat!", "an", "sat.", "…", "山", "the-cat", "'"]), max_size=6).map(
    " ".join
)


@st.composite
def questions(draw):
    """A record whose answer is any run of characters of its context that begins and ends with a letter."""
    context = " ".join(draw(WORDS))
    first = draw(st.integers(0, len(context) - 1))
    last = draw(st.integers(first + 1, min(len(context), first + 12)))
    text = context[first:last]
    assume(text == text.strip())
    return {"question": " ".join(draw(WORDS)), "context": context, "answers": [{"text": text, "start": first}]}


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
def test_perfect_logits_give_the_gold_answer(encode, question, lengths):
    max_length, max_query, stride = lengths
    table, features, encoding = encode(FORMAT, [question], max_length=max_length, max_query=max_query, stride=stride)
    gold, inferred = question["answers"][0], []
    for i in range(len(features)):
        sharp = np.zeros((2, len(features.ids(i))))
        labels = [int(features.column(name)[i]) for name in ("start", "end")]
        sharp[[0, 1], labels] = 10.0
        inferred.append((sharp[0], sharp[1]))
    answered = features.column("start") > 0
    assume(answered.any())
    predictions = FORMAT.decode(table, features, inferred, (), encoding).to_pylist()[0]
    assert gold["text"] in predictions["prediction"]
    # Whole tokens are predicted, so no more is added than what stands in the tokens at both ends.
    assert len(predictions["prediction"]) - len(gold["text"]) <= 2 * 12
    first, last = gold["start"] - 1, gold["start"] + len(gold["text"])
    if question["context"][max(first, 0)] == " " and question["context"][last : last + 1].isspace():
        assert predictions["prediction"] == gold["text"], "an answer of whole words is given exactly"
    assert predictions["gold"] == [gold["text"]]
    assert (predictions["score"], predictions["null"]) == (20, -20)


def brute_force(start, end, inside, longest):
    """Score of the best span among the twenty best starts and the twenty best ends."""
    firsts, lasts = (sorted(inside, key=lambda i: -logits[i])[:20] for logits in (start, end))
    return max((start[a] + end[b] for a in firsts for b in lasts if a <= b < a + longest), default=-np.inf)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(1, 12), st.booleans())
def test_best_span_equals_a_search_through_all_spans(seed, length, longest, few):
    rng = np.random.default_rng(seed)
    length = length % 20 if few else length  # with no more than twenty tokens nothing is left out
    start, end = rng.permutation(2 * (length + 6)).reshape(2, -1) * np.array([[1.0], [1.37]])
    offsets = np.array([OUTSIDE] * 5 + list(range(length)) + [OUTSIDE])
    score, a, b = best_span(start, end, offsets, longest)
    assert score == brute_force(start, end, range(5, 5 + length), longest)
    if np.isfinite(score):
        assert score == start[a] + end[b] and 5 <= a <= b < min(a + longest, 5 + length)
    if few:
        spans = [(i, j) for i in range(5, 5 + length) for j in range(i, min(i + longest, 5 + length))]
        assert score == max((start[i] + end[j] for i, j in spans), default=-np.inf)


def squad_words(text):
    """SQuAD 1.1's normalisation, in the order of its script: lower case, punctuation, articles, white space."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return re.compile(r"\b(a|an|the)\b").sub(" ", text).split()


def squad_f1(said, gold):
    """SQuAD's F1; of two texts one of which is empty, whether they are equal (as SQuAD 2.0 has it)."""
    a, b = squad_words(said), squad_words(gold)
    if not a or not b:
        return float(a == b)
    same = sum(min(count, b.count(word)) for word, count in Counter(a).items())
    precision, recall = same / len(a), same / len(b)
    return 2 * precision * recall / (precision + recall) if same else 0.0


@given(SAID, SAID)
def test_exact_and_overlap_follow_squad(said, gold):
    assert exact(said, gold) == float(squad_words(said) == squad_words(gold))
    assert overlap(said, gold) == pytest.approx(squad_f1(said, gold))
    assert overlap(said, gold) == overlap(gold, said) >= exact(said, gold)


def test_metrics_take_the_best_gold_answer_and_an_empty_one_for_the_unanswerable(encode):
    records = [
        record(answers=[{"text": "kalo", "start": 0}, {"text": "mi terven", "start": 5}]),
        record(answers=[]),
        record(answers=[]),
    ]
    table, features, encoding = encode(FORMAT, records)
    inferred = []
    for i, lead in enumerate([0.0, 30.0, 5.0]):  # of "no answer"; the answer "mi" has 10
        starts = features.part("char_starts", i)
        logits = np.zeros((2, len(starts)))
        logits[:, np.flatnonzero(starts == 5)[-1]] = 10.0
        logits[:, 0] = lead
        inferred.append((logits[0], logits[1]))
    predictions = FORMAT.decode(table, features, inferred, (), encoding)
    assert predictions["null"].to_pylist() == [-20, 40, -10]
    assert [text.strip() for text in predictions["prediction"].to_pylist()] == ["mi"] * 3
    statistics = FORMAT.statistics(predictions)
    np.testing.assert_allclose(statistics, [[0, 2 / 3, 1], [1, 1, 1], [0, 0, 1]])
    values = FORMAT.values(statistics.sum(0))
    assert values["em"] == pytest.approx(100 / 3) and values["f1"] == pytest.approx(500 / 9)
    assert values["score"] == pytest.approx((values["em"] + values["f1"]) / 2)


def test_a_model_answers_from_the_context_and_learns_over_all_positions(lines, encode, draw_model, whole_batch, ask):
    contexts = [line for line in lines if len(line) > 12][:8]
    records = [
        {"question": lines[i], "context": text, "answers": [{"text": text[4:8].strip(), "start": 4 + (text[4] == " ")}]}
        for i, text in enumerate(contexts)
    ]
    assert all(FORMAT.check(one, ()) is None for one in records)
    _, features, _ = encode(FORMAT, records, max_length=40, max_query=12, stride=10)
    model, batch = draw_model("AutoModelForQuestionAnswering"), whole_batch(FORMAT, features)
    total, right = 0.0, 0
    for i, (start, end) in enumerate(ask(model, FORMAT, features, budget=100)):
        ids = torch.from_numpy(features.ids(i).astype(np.int64))[None]
        out = model(input_ids=ids)
        shown = torch.from_numpy(features.part("char_starts", i) != OUTSIDE)
        shown[0] = True
        best = []
        for logits, alone, name in ((start, out.start_logits[0], "start"), (end, out.end_logits[0], "end")):
            visible = torch.where(shown, alone.detach(), -torch.inf)
            np.testing.assert_allclose(logits[: len(shown)][shown], visible[shown], atol=1e-4)
            assert (logits[: len(shown)][~shown] < -1e8).all() and (logits[len(shown) :] < -1e8).all()
            total -= float(alone.detach().log_softmax(0)[int(features.column(name)[i])]) / 2
            best.append(int(visible.argmax()) == int(features.column(name)[i]))
        right += all(best)
    assert FORMAT.loss(model, batch).item() == pytest.approx(total, rel=1e-4)
    assert FORMAT.terms(batch) == len(features)
    assert FORMAT.dev_score(model, batch) == (right, len(features))
