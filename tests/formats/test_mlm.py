"""Masked language modelling: what is masked, and what the loss sums."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.formats.mlm import FORMAT, IGNORE, MaskedLM


@pytest.fixture(scope="module")
def features(lines, encode):
    return encode(FORMAT, [{"text": line} for line in lines], max_length=32)[1]


def row_of(batch, item, line):
    """Ids and labels of one line of a batch, without its padding."""
    width = int(batch.attention_mask[line].sum())
    return item, batch.input_ids[line, :width].tolist(), batch.targets["labels"][line, :width].tolist()


@pytest.mark.parametrize("text, message", [("ka", None), ("", "text is empty"), (" \n", "text is empty")])
def test_check_names_what_is_wrong(text, message):
    assert FORMAT.check({"text": text}, ()) == message


def test_a_long_text_loses_its_end_and_is_counted(lines, encode, cut, tokenizer):
    texts = [*lines[:20], " ".join(lines[:5])]
    _, features, _ = encode(FORMAT, [{"text": text} for text in texts], max_length=12)
    tokenizer.enable_truncation(12)
    wanted = tokenizer.encode_batch(texts)
    assert [features.ids(i).tolist() for i in range(len(texts))] == [encoded.ids for encoded in wanted]
    lost = sum(bool(encoded.overflowing) for encoded in wanted)
    assert 0 < lost < len(texts)
    assert cut(FORMAT, [{"text": text} for text in texts], max_length=12) == {"text": lost}


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_masks_do_not_depend_on_how_items_are_batched(features, whole_batch, data):
    items = data.draw(st.permutations(range(12)))
    cut = data.draw(st.integers(1, 11))
    together = whole_batch(FORMAT, features, range(12), (3, 7))
    wanted = sorted(row_of(together, i, i) for i in range(12))
    found = []
    for part in (items[:cut], items[cut:]):
        batch = whole_batch(FORMAT, features, part, (3, 7))
        found += [row_of(batch, item, line) for line, item in enumerate(part)]
    assert sorted(found) == wanted


def test_masks_are_drawn_anew_at_each_step_and_for_each_item(lines, encode, whole_batch):
    _, features, _ = encode(FORMAT, [{"text": lines[0]}] * 8)
    masks = [
        tuple(row)
        for step in range(4)
        for row in whole_batch(FORMAT, features, draw=(0, step)).targets["labels"].tolist()
    ]
    assert len(set(masks)) > 24


@pytest.mark.parametrize("rate", [0.15, 0.5])
def test_shares_of_masked_replaced_and_kept_tokens(features, special, rate):
    form = MaskedLM(rate)
    original = np.concatenate([features.ids(i) for i in range(len(features))])
    ids, labels = [], []
    for step in range(60):
        batch = form.collate(features, np.arange(len(features)), special, (step,))
        inside = batch.attention_mask.numpy() > 0
        ids.append(batch.input_ids.numpy()[inside])
        labels.append(batch.targets["labels"].numpy()[inside])
        assert (batch.targets["labels"].numpy()[~inside] == IGNORE).all(), "padding is never asked for"
        assert form.terms(batch) == (labels[-1] != IGNORE).sum()
    ids, labels, original = np.concatenate(ids), np.concatenate(labels), np.tile(original, 60)
    chosen = labels != IGNORE
    maskable = ~np.isin(original, special.ids)
    assert not (chosen & ~maskable).any(), "special tokens are never masked"
    assert (labels[chosen] == original[chosen]).all()
    assert (ids[~chosen] == original[~chosen]).all()
    assert chosen[maskable].mean() == pytest.approx(rate, rel=0.03)
    said = ids[chosen]
    assert (said == special.mask).mean() == pytest.approx(0.8, abs=0.02)
    # One token in ten is drawn from the vocabulary, and meets itself now and then.
    assert (said == original[chosen]).mean() == pytest.approx(0.1, abs=0.02)
    others = said[(said != special.mask) & (said != original[chosen])]
    assert len(others) / chosen.sum() == pytest.approx(0.1, abs=0.02)
    assert len(np.unique(others)) > 0.9 * special.vocabulary


def test_loss_is_that_of_the_whole_vocabulary_at_the_chosen_tokens(features, draw_model, whole_batch):
    model = draw_model("AutoModelForMaskedLM")
    batch = whole_batch(FORMAT, features, range(10))
    out = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.targets["labels"])
    by_hand = out.loss.item() * FORMAT.terms(batch)
    assert FORMAT.loss(model, batch).item() == pytest.approx(by_hand, rel=1e-5)
    with torch.no_grad():
        judged = FORMAT.dev_score(model, batch)
    assert judged == (pytest.approx(-by_hand, rel=1e-5), FORMAT.terms(batch))


def test_a_batch_without_a_chosen_token_has_no_loss_but_gradients(features, draw_model, special):
    form, model = MaskedLM(0.0), draw_model("AutoModelForMaskedLM")
    loss = form.loss(model, form.collate(features, np.arange(3), special, (0,)))
    loss.backward()
    assert loss.item() == 0.0
    assert all(float(p.grad.abs().max()) == 0.0 for p in model.parameters() if p.grad is not None)
