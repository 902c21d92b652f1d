"""The learning rate over a stage, the number of its steps, and the shares of masked language modelling."""

import math

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import get_linear_schedule_with_warmup

from xstilts.config.spec import StageSpec
from xstilts.engine.parts import Part, shares, stage_steps
from xstilts.engine.schedule import schedule, warm_up_steps
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.base import Special

WARMUP = st.floats(0, 0.9)


def part(size, form="classification"):
    features = Features(pa.table({"item": pa.array(range(size), pa.int32())}))
    return Part(form, format_named(form), (), Special(1, 2, 3, ()), features, None)


def stage(**settings):
    return StageSpec(**{"name": "stage", "parts": (), "lr": 1.0, "batch": 8, **settings})


@given(st.integers(1, 300), WARMUP)
def test_the_rate_rises_to_one_and_falls_towards_zero_in_straight_lines(steps, warmup):
    rates = np.array([schedule(step, steps, warmup) for step in range(steps)])
    rise = warm_up_steps(steps, warmup)
    assert rates[:rise] == pytest.approx(np.arange(rise) / max(rise, 1))
    assert rates[rise:] == pytest.approx(np.arange(steps - rise, 0, -1) / max(steps - rise, 1))


def test_a_schedule_by_hand():
    assert [schedule(step, 6, 0.3) for step in range(6)] == [0, 0.5, 1.0, 0.75, 0.5, 0.25]


@given(st.integers(1, 300), WARMUP)
def test_the_schedule_is_transformers(steps, warmup):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    peer = get_linear_schedule_with_warmup(optimizer, warm_up_steps(steps, warmup), steps)
    for step in range(steps):
        assert schedule(step, steps, warmup) == pytest.approx(peer.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        peer.step()


def test_steps_as_given_or_from_epochs():
    assert stage_steps([part(20)], stage(steps=7)) == 7
    assert stage_steps([part(20)], stage(epochs=3)) == math.ceil(60 / 8)
    assert stage_steps([part(20), part(50)], stage(epochs=1, cap=30)) == math.ceil((20 + 30) / 8)
    assert stage_steps([part(50)], stage(epochs=1, cap=30)) == math.ceil(50 / 8), "a task alone is not capped"
    assert stage_steps([part(20), part(50)], stage(epochs=1, cap=30, mix="uniform")) == math.ceil(70 / 8)
    assert stage_steps([part(1)], stage(epochs=0.1)) == 1


def test_masked_language_modelling_takes_its_own_rate_and_the_tasks_share_the_rest():
    settings = stage(steps=1, mix="proportional", mlm_rate=0.2)
    np.testing.assert_allclose(shares([part(30), part(999, "mlm"), part(10)], settings), [0.6, 0.2, 0.2])
    np.testing.assert_allclose(shares([part(30), part(10)], settings), [0.75, 0.25])
    np.testing.assert_allclose(shares([part(30, "mlm")], settings), [1])
    weighed = stage(steps=1, mix="weights", weights={"classification": 3.0, "span": 1.0}, mlm_rate=0.2)
    np.testing.assert_allclose(shares([part(30), part(9, "mlm"), part(900, "span")], weighed), [0.6, 0.2, 0.2])
