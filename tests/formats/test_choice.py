"""Multiple choice, from a record to its prediction; questions have two, three or four choices."""

import numpy as np
import pyarrow as pa
import pytest
import torch

from xstilts.formats.choice import FORMAT


@pytest.fixture(scope="module")
def records(lines):
    sizes = [2, 4, 3, 2, 3, 4, 2]
    ends = np.cumsum(sizes)
    return [
        {"prompt": lines[i], "choices": lines[20 + end - size : 20 + end], "label": i % size}
        for i, (size, end) in enumerate(zip(sizes, ends, strict=True))
    ]


@pytest.fixture(scope="module")
def model(draw_model):
    return draw_model("AutoModelForSequenceClassification", 1)


@pytest.fixture(scope="module")
def logits(records, tokenizer, model):
    """Of each choice, computed by itself."""
    tokenizer.no_truncation()
    found = []
    for record in records:
        ids = [torch.tensor([tokenizer.encode(record["prompt"], choice).ids]) for choice in record["choices"]]
        found.append(np.array([model(input_ids=one).logits.item() for one in ids]))
    return found


@pytest.mark.parametrize(
    "change, message",
    [
        ({}, None),
        ({"choices": ["lo"], "label": 0}, "fewer than two choices"),
        ({"label": 2}, "label 2 is no index into 2 choices"),
        ({"label": -1}, "label -1 is no index into 2 choices"),
    ],
)
def test_check_names_what_is_wrong(change, message):
    assert FORMAT.check({"prompt": "ka", "choices": ["lo", "mi"], "label": 1} | change, ()) == message


def test_the_choices_of_a_question_are_one_item(records, encode, whole_batch):
    _, features, _ = encode(FORMAT, records)
    assert np.diff(features.item_starts).tolist() == [len(record["choices"]) for record in records]
    batch = whole_batch(FORMAT, features, [5, 0])
    assert batch.rows.tolist() == [5] * 4 + [0] * 2
    assert batch.targets["size"].tolist() == [4, 2]
    assert batch.targets["label"].tolist() == [records[5]["label"], records[0]["label"]]


def test_a_prompt_is_read_with_each_of_its_choices(records, encode, tokenizer):
    _, features, _ = encode(FORMAT, [*records, *records[:2]], max_length=20)
    tokenizer.enable_truncation(20, strategy="longest_first")
    pairs = [(record["prompt"], choice) for record in [*records, *records[:2]] for choice in record["choices"]]
    wanted = [encoded.ids for encoded in tokenizer.encode_batch(pairs)]
    assert [features.ids(i).tolist() for i in range(len(pairs))] == wanted


def test_questions_with_a_cut_choice_are_counted_once(records, cut):
    long = {"prompt": "ka " * 20, "choices": ["lo " * 20, "mi", "lo " * 20], "label": 0}
    short = {"prompt": "ka", "choices": ["lo", "mi"], "label": 0}
    assert cut(FORMAT, [long, short, long], max_length=24) == {"text": 2}
    assert cut(FORMAT, [long, short, long], max_length=200) == {"text": 0}


@pytest.mark.parametrize("items", [[0, 1, 2, 3, 4, 5, 6], [3], [6, 1], [2, 0, 5]])
def test_loss_is_the_cross_entropy_of_each_question(records, logits, encode, model, whole_batch, items):
    _, features, _ = encode(FORMAT, records)
    batch = whole_batch(FORMAT, features, items)
    by_hand = sum(np.log(np.exp(logits[i]).sum()) - logits[i][records[i]["label"]] for i in items)
    assert FORMAT.loss(model, batch).item() == pytest.approx(by_hand, rel=1e-4)
    assert FORMAT.terms(batch) == len(items)


def test_from_logits_to_choices(records, logits, encode, model, ask, whole_batch):
    table, features, encoding = encode(FORMAT, records)
    said = ask(model, FORMAT, features, encoding, budget=60)
    np.testing.assert_allclose(said["logit"].to_numpy(), np.concatenate(logits), atol=1e-4)
    predictions = FORMAT.decode(table, features, said, (), encoding)
    assert predictions["id"].to_pylist() == table["id"].to_pylist()
    assert predictions["prediction"].to_pylist() == [int(x.argmax()) for x in logits]
    shares = [float(np.exp(x).max() / np.exp(x).sum()) for x in logits]
    assert predictions["score"].to_numpy() == pytest.approx(shares, rel=1e-3)
    assert predictions["gold"].to_pylist() == [record["label"] for record in records]
    hits = [int(x.argmax()) == record["label"] for x, record in zip(logits, records, strict=True)]
    assert 0 < sum(hits) < len(hits), "a test that only knows right or only wrong answers says little"
    assert FORMAT.dev_score(model, whole_batch(FORMAT, features)) == (sum(hits), len(hits))


def test_the_first_of_equal_choices_is_taken_whatever_stands_beside_the_question(records, encode):
    """Numbers of other questions, equal or larger, make no difference."""
    table, features, encoding = encode(FORMAT, records)
    said = [[5.0, 5.0], [1.0, 5.0, 5.0, 0.0], [-700.0, -700.0, -701.0], [9.0, 2.0], [0.0, 0.0, 800.0], [3.0] * 4]
    said.append([5.0, 6.0])
    numbers = np.concatenate(said).astype(np.float32)
    predictions = FORMAT.decode(table, features, pa.table({"logit": numbers}), (), encoding)
    assert predictions["prediction"].to_pylist() == [0, 1, 0, 0, 2, 0, 1]
    wanted = [1 / 2, 1 / (2 + np.exp(-4) + np.exp(-5)), 1 / (2 + np.exp(-1)), 1 / (1 + np.exp(-7)), 1, 1 / 4]
    assert predictions["score"].to_pylist() == pytest.approx([*wanted, 1 / (1 + np.exp(-1))])
