"""Figures of a run: arithmetic counted against torch's own count, speeds over the time that counts, the line itself."""

import json
import re
import time

import numpy as np
import pytest
import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode

from xstilts.config.spec import StageSpec
from xstilts.engine import gauges, memory
from xstilts.engine.flops import Flops, measured_peak
from xstilts.engine.gauges import Gauges
from xstilts.engine.model import MultiTaskModel, new_head
from xstilts.formats import format_named
from xstilts.formats.base import Batch

CPU = torch.device("cpu")
SHAPE = {
    "vocab_size": 500,
    "hidden_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "max_position_embeddings": 300,
}
BOTH_WAYS = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}
FAMILIES = {
    "xlmr": transformers.XLMRobertaConfig(**SHAPE, pad_token_id=1),
    "bert": transformers.BertConfig(**SHAPE),
    "deberta": transformers.DebertaConfig(**SHAPE, **BOTH_WAYS),
    "mdeberta": transformers.DebertaV2Config(**SHAPE, **BOTH_WAYS, position_buckets=32, share_att_key=True),
}
EXACT = {"xlmr": 0.001, "bert": 0.001, "deberta": 0.05, "mdeberta": 0.04}


def stage(**settings):
    return StageSpec(**{"name": "tiny/s1/mnli", "parts": (), "lr": 1.0, "batch": 8, **settings})


def model_of(family, form, outputs):
    config = FAMILIES[family]
    pooling = {} if "deberta" in family else {"add_pooling_layer": False}
    encoder = transformers.AutoModel.from_config(config, **pooling)
    if form == "mlm":
        head = transformers.AutoModelForMaskedLM.from_config(config)
        setattr(head, head.base_model_prefix, encoder)
    else:
        head = new_head(str(format_named(form).auto_class), encoder, outputs, [])
    return MultiTaskModel(encoder, [head], [format_named(form)])


def batch_of(form, sequences, width, pad=0):
    """A batch without padding, since torch counts what padding costs as well; `pad` adds some."""
    ids = torch.randint(10, 400, (sequences, width + pad))
    mask = torch.ones_like(ids)
    mask[:, width:] = 0
    targets = {
        "classification": {"label": torch.zeros(sequences, dtype=torch.int64)},
        "tagging": {"labels": torch.ones_like(ids)},
        "span": {name: torch.ones(sequences, dtype=torch.int64) for name in ("start", "end")},
        "mlm": {"labels": torch.where(torch.rand(ids.shape) < 0.15, ids, -100)},
    }[form]
    if form == "span":
        targets["context"] = mask.bool()
    return Batch(ids, mask, targets, np.arange(sequences))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("form", "outputs"), [("classification", 3), ("tagging", 5), ("span", 2), ("mlm", 0)])
def test_the_arithmetic_of_a_step_is_torchs_own_count(family, form, outputs):
    model = model_of(family, form, outputs)
    for sequences, width in ((6, 40), (8, 250)):
        batch = batch_of(form, sequences, width)
        with FlopCounterMode(display=False) as counted:
            model(0, batch).backward()
        told = Flops.of(model).of_batch(0, batch.attention_mask, model.formats[0].terms(batch))
        assert told == pytest.approx(counted.get_total_flops(), rel=EXACT[family])


def test_padding_is_no_useful_arithmetic_and_attention_goes_by_each_length():
    flops = Flops.of(model_of("xlmr", "tagging", 5))
    alone, padded = batch_of("tagging", 3, 20).attention_mask, batch_of("tagging", 3, 20, pad=30).attention_mask
    assert flops.of_batch(0, alone, 0) == flops.of_batch(0, padded, 0)
    assert flops.of_batch(0, torch.ones(1, 60), 0) > flops.of_batch(0, alone, 0), "one of 60 is more than three of 20"


def test_the_count_survives_weights_that_are_elsewhere():
    model = model_of("xlmr", "classification", 3)
    whole = Flops.of(model)
    for parameter in model.parameters():
        parameter.data = torch.empty(0)  # as ZeRO-3 leaves them
    assert Flops.of(model) == whole


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_peak_is_measured_once_and_draws_from_no_one(precision):
    torch.set_num_threads(1)
    before = torch.get_rng_state()
    began = time.monotonic()
    peak = measured_peak(CPU, precision)
    assert time.monotonic() - began < 5 and 1e8 < peak < 1e14
    began = time.monotonic()
    assert measured_peak(CPU, precision) == peak and time.monotonic() - began < 0.01
    assert torch.equal(torch.get_rng_state(), before)


def test_a_device_without_the_product_has_no_peak(monkeypatch):
    def refuse(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(torch, "mm", refuse)
    assert measured_peak(CPU, "fp16") is None
    measured_peak.cache_clear()


class Clock:
    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(gauges, "measured_peak", lambda *_: 1e9)
    return Clock(monkeypatch)


def test_speeds_are_over_training_alone_and_each_reader_has_a_window_of_its_own(clock):
    meter = Gauges(stage(), CPU, ranks=2, tokens=1000, seconds=50.0)
    for loss in (1.0, 3.0):
        clock.now += 4.0
        meter.step(torch.tensor(loss), 2e-5, tokens=400, padded=500, flops=4e9)
    with meter.aside():
        clock.now += 92.0
    done = meter.figures()
    assert done["loss"] == 2.0 and done["lr"] == 2e-5
    assert done["tokens"] == 1800 and done["seconds"] == 150.0, "an earlier run's are part of the run's"
    assert done["tokens_per_second"] == 100 and done["padded_per_second"] == 125
    assert done["mfu"] == pytest.approx(8e9 / 8 / (1e9 * 2))
    clock.now += 1.0
    meter.step(torch.tensor(9.0), 1e-5, tokens=100, padded=100, flops=1e9)
    assert meter.figures()["loss"] == 9.0
    assert "loss 4.33  lr 1.0e-05  100 tokens/s (122 padded)  MFU 50 %  peak " in meter.note(), "since the start"


def test_a_window_that_begins_aside_loses_only_its_own_time(clock):
    meter = Gauges(stage(), CPU, ranks=1)
    clock.now += 2.0
    meter.step(torch.tensor(1.0), 1e-5, tokens=100, padded=100, flops=1e9)
    with meter.aside():
        clock.now += 10.0
        assert meter.figures()["tokens_per_second"] == 50
        with meter.aside():  # as when the peak is measured while a point is written
            clock.now += 5.0
    clock.now += 2.0
    meter.step(torch.tensor(1.0), 1e-5, tokens=100, padded=100, flops=1e9)
    assert meter.figures()["tokens_per_second"] == 50


def test_a_short_job_measures_no_peak(clock):
    meter = Gauges(stage(), CPU, ranks=1)
    meter.step(torch.tensor(1.0), 1e-5, 100, 100, 1e9)
    clock.now += gauges.SETTLED / 2
    assert "MFU" not in meter.note() and "mfu" not in meter.figures()
    clock.now += gauges.SETTLED
    assert "MFU" in meter.note() and "mfu" in meter.figures()


def test_figures_of_no_step_at_all_are_json(clock):
    figures = Gauges(stage(), CPU, ranks=1).figures()
    assert figures["tokens"] == 0 and json.dumps({k: v for k, v in figures.items() if v == v})


def test_peak_memory_is_of_this_process():
    before = memory.peak_memory(CPU)
    held = torch.ones(30_000_000)
    assert memory.peak_memory(CPU) >= before
    assert memory.held_memory() > held.nbytes
    assert re.search(r"peak \d+\.\d GB$", Gauges(stage(), CPU, 1).note())
