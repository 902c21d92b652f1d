"""A step is a set of examples: its gradient is that of the mean over all their terms, however they are cut."""

import numpy as np
import pytest
import torch
from small import LABELS, make_base, part_of

from xstilts.config.spec import StageSpec
from xstilts.engine import zero
from xstilts.engine.flops import Flops
from xstilts.engine.model import build, weight_groups
from xstilts.engine.packing import pack_layers
from xstilts.engine.step import Cutting, one_step

RATE, EPSILON = 1e5, 1e3
ITEMS = np.array([3, 0, 7, 5, 1, 3, 6])  # item 3 stands in it twice, as where a pass ends within a step


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base"))


def stage(**settings):
    """Adam with so large an epsilon that a step follows the gradient itself, not just its sign; nothing is clipped."""
    plain = {"lr": RATE, "batch": len(ITEMS), "eps": EPSILON, "clip": 0.0, "weight_decay": 0.0, "dropout": 0.0}
    return StageSpec(**{"name": "stage", "parts": (), "steps": 1, **plain, **settings})


def model_of(base, part):
    torch.manual_seed(5)
    return build(base, base, [part.form], [part.form.outputs(part.labels)], [part.labels], dropout=0.0)


def values_of(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def gradient(model, before):
    """What Adam's first step tells of it: the step is RATE * g / (|g| + EPSILON)."""
    moved = {name: (before[name] - value) / RATE for name, value in values_of(model).items()}
    return {name: EPSILON * step / (1 - step.abs()) for name, step in moved.items()}


@pytest.mark.parametrize("name", LABELS)
def test_a_step_is_a_set_of_examples_however_it_is_cut(name, base, alone):
    part = part_of(base, name)
    model = model_of(base, part)
    before = values_of(model)
    batch = part.form.collate(part.train, ITEMS, part.special, (1, 4))
    loss = part.form.loss(model.heads[0], batch) / part.form.terms(batch)
    loss.backward()
    wanted = {key: value.grad for key, value in model.named_parameters() if value.grad is not None}
    scale = max(float(value.abs().max()) for value in wanted.values())
    for order, micro_tokens, packed in ((ITEMS, 64, True), (ITEMS[::-1].copy(), 4096, False), (ITEMS, 1, True)):
        model = model_of(base, part)
        settings = stage(micro_tokens=micro_tokens)
        cutting = Cutting(settings, packed and pack_layers(model.encoder), Flops.of(model), 0)
        engine = zero.start_engine(model, weight_groups(model, 0.0), settings)
        took = one_step(engine, part, 0, order, (1, 4), cutting)
        assert took.loss.item() == pytest.approx(loss.item(), rel=1e-5)
        assert took.tokens == int(batch.attention_mask.sum())
        found = gradient(model, before)
        for key, value in wanted.items():
            torch.testing.assert_close(found[key], value, rtol=1e-4, atol=1e-5 * scale + 1e-6, msg=key)


def test_the_step_that_is_compared_is_no_trivial_one(base):
    part = part_of(base, "tagging")
    batches = [part.form.collate(part.train, ITEMS[i : i + 1], part.special, (1, 4)) for i in range(len(ITEMS))]
    terms = [part.form.terms(batch) for batch in batches]
    assert min(terms) < max(terms) / 3, "a mean of micro-batches' means would be another one"
