"""Classification, from a record to its prediction."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.formats.classification import FORMAT

LABELS = ("yes", "no", "perhaps")
PIECES = st.integers(0, 40).map(lambda n: " ".join(["ka"] * n))


@pytest.fixture(scope="module")
def records(lines):
    pairs = zip(lines[:9], [*lines[9:17], None], strict=True)
    return [{"text_a": a, "text_b": b, "label": LABELS[i % 3]} for i, (a, b) in enumerate(pairs)]


@pytest.mark.parametrize(
    "change, message",
    [
        ({}, None),
        ({"text_b": None}, None),
        ({"text_a": ""}, "text_a is empty"),
        ({"label": "never"}, "label 'never' is none of yes, no, perhaps"),
    ],
)
def test_check_names_what_is_wrong(change, message):
    assert FORMAT.check({"text_a": "ka", "text_b": "lo", "label": "no"} | change, LABELS) == message


@settings(deadline=None, max_examples=40)
@given(first=PIECES, second=PIECES, limit=st.integers(8, 40))
def test_of_a_long_pair_the_longer_text_is_cut(encode, tokenizer, first, second, limit):
    first = f"lo {first}"  # the first text is never empty
    _, features, _ = encode(FORMAT, [{"text_a": first, "text_b": second, "label": "no"}], LABELS, max_length=limit)
    tokenizer.no_truncation()
    whole = tokenizer.encode(first, second)
    texts = [[t for t, s in zip(whole.ids, whole.sequence_ids, strict=True) if s == side] for side in (0, 1)]
    lengths = [len(text) for text in texts]
    while sum(lengths) > limit - 4:
        # Of two equally long texts the second keeps more.
        lengths[0 if lengths[0] >= lengths[1] else 1] -= 1
    start, end = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")
    kept = [text[:length] for text, length in zip(texts, lengths, strict=True)]
    ids = features.ids(0).tolist()
    cut = ids.index(end)
    assert ids[0] == start and ids[cut : cut + 2] == [end, end] and ids[-1] == end
    found = [ids[1:cut], ids[cut + 2 : -1]]
    assert len(ids) == min(limit, len(whole.ids))
    for text, side, wanted in zip(texts, found, kept, strict=True):
        assert side == text[: len(side)], "a text loses tokens from its end"
        assert abs(len(side) - len(wanted)) <= 1


def test_a_text_alone_has_no_second_half(encode, tokenizer):
    _, features, _ = encode(FORMAT, [{"text_a": "ka lo", "text_b": None, "label": "no"}], LABELS)
    assert features.ids(0).tolist().count(tokenizer.token_to_id("</s>")) == 1


@pytest.mark.parametrize("limit", [8, 13, 24, 64])
def test_ids_and_cuts_are_the_tokenizers_own(records, encode, cut, tokenizer, limit):
    mixed = [*records, records[0] | {"text_b": None}, records[1] | {"text_b": ""}]
    _, features, _ = encode(FORMAT, mixed, LABELS, max_length=limit)
    tokenizer.enable_truncation(limit, strategy="longest_first")
    pairs = [(one["text_a"],) if one["text_b"] is None else (one["text_a"], one["text_b"]) for one in mixed]
    wanted = [tokenizer.encode(*pair) for pair in pairs]
    assert [features.ids(i).tolist() for i in range(len(mixed))] == [encoded.ids for encoded in wanted]
    assert cut(FORMAT, mixed, LABELS, max_length=limit) == {"text": sum(bool(e.overflowing) for e in wanted)}


def test_loss_is_the_summed_cross_entropy_of_each_example_alone(records, encode, draw_model, whole_batch):
    _, features, _ = encode(FORMAT, records, LABELS)
    model = draw_model("AutoModelForSequenceClassification", 3)
    batch = whole_batch(FORMAT, features)
    by_hand = 0.0
    for i, record in enumerate(records):
        logits = model(input_ids=torch.from_numpy(features.ids(i).astype(np.int64))[None]).logits[0]
        by_hand -= logits.log_softmax(-1)[LABELS.index(record["label"])].item()
    assert FORMAT.terms(batch) == len(records)
    assert FORMAT.loss(model, batch).item() == pytest.approx(by_hand, rel=1e-5)


def test_from_logits_to_labels(records, encode, draw_model, ask, whole_batch):
    table, features, encoding = encode(FORMAT, records, LABELS)
    model = draw_model("AutoModelForSequenceClassification", 3)
    said, again = (ask(model, FORMAT, features, encoding, budget) for budget in (10**6, 40))
    shares = []
    for i in range(len(records)):
        with torch.no_grad():
            logits = model(input_ids=torch.from_numpy(features.ids(i).astype(np.int64))[None]).logits[0]
        shares.append(logits.softmax(-1).numpy())
    for found in (said, again):
        assert found["label"].to_pylist() == [int(share.argmax()) for share in shares]
        np.testing.assert_allclose(found["probability"].to_numpy(), np.max(shares, axis=1), atol=1e-5)
    predictions = FORMAT.decode(table, features, said, LABELS, encoding)
    assert predictions["id"].to_pylist() == table["id"].to_pylist()
    assert predictions["gold"].to_pylist() == [record["label"] for record in records]
    assert predictions["prediction"].to_pylist() == [LABELS[int(share.argmax())] for share in shares]
    assert predictions["score"].to_numpy() == pytest.approx(np.max(shares, axis=1), abs=1e-5)
    pairs = zip(predictions["prediction"].to_pylist(), predictions["gold"].to_pylist(), strict=True)
    hits = sum(found == gold for found, gold in pairs)
    assert 0 < hits < len(records), "a test that only knows right or only wrong answers says little"
    assert FORMAT.dev_score(model, whole_batch(FORMAT, features)) == (hits, len(records))


@pytest.mark.parametrize("order", [LABELS, LABELS[::-1], ("perhaps", "yes", "no")])
def test_labels_are_those_of_the_models_outputs(records, encode, order):
    """Whatever order the task's own labels have."""
    table, features, encoding = encode(FORMAT, records, LABELS)
    outputs = [order.index(record["label"]) for record in records]
    said = pa.table({"label": pa.array(outputs, pa.int32()), "probability": np.linspace(0.4, 1, len(records))})
    predictions = FORMAT.decode(table, features, said, order, encoding)
    assert predictions["prediction"].to_pylist() == predictions["gold"].to_pylist()
    assert predictions["score"].to_pylist() == said["probability"].to_pylist()
