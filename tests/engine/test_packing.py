"""Layers without padding say what padded ones say, for every family that they are made for."""

import copy
import json
from itertools import pairwise

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pair import on_ranks
from torch.nn.attention import varlen
from torch.nn.functional import scaled_dot_product_attention
from transformers import (
    AutoModel,
    BertConfig,
    DebertaV2Config,
    RobertaConfig,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaXLConfig,
)

from xstilts.config.spec import StageSpec
from xstilts.engine import packing, zero
from xstilts.engine.packing import Ragged, attend, pack_layers

CONFIGS = {config.model_type: config for config in (BertConfig, RobertaConfig, XLMRobertaConfig, XLMRobertaXLConfig)}
SHAPE = {"vocab_size": 40, "num_hidden_layers": 2, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24}
SHAPE |= {"max_position_embeddings": 64, "pad_token_id": 1, "type_vocab_size": 1}
STILL = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
PAIRS = {}
"""For each family the same encoder twice, in double precision: as it is, and packed."""


def encoder_of(config):
    torch.manual_seed(0)
    model = AutoModel.from_config(config, add_pooling_layer=False)
    with torch.no_grad():  # weights as drawn are so small that all tokens look alike
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def pair_of(family):
    if family not in PAIRS:
        plain = encoder_of(CONFIGS[family](**SHAPE, **STILL)).double().train()
        packed = copy.deepcopy(plain)
        assert pack_layers(packed)
        PAIRS[family] = plain, packed
    return PAIRS[family]


def padded(lengths, seed=0):
    """Sequences of random tokens, padded on the right."""
    draw = torch.Generator().manual_seed(seed)
    width = max(lengths)
    mask = torch.tensor([[place < length for place in range(width)] for length in lengths])
    ids = torch.randint(2, SHAPE["vocab_size"], mask.shape, generator=draw)
    return {"input_ids": ids.where(mask, 1), "attention_mask": mask.long()}


def answers(model, inputs):
    """What a model says of the real tokens, and the gradients of all its weights."""
    model.zero_grad()
    out = model(**inputs).last_hidden_state
    real = inputs["attention_mask"].bool()
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (out * weights)[real].sum().backward()
    return out.detach(), {name: value.grad for name, value in model.named_parameters()}


def assert_same(plain, packed, inputs, **near):
    near = near or {"rtol": 1e-9, "atol": 1e-9}
    (out, gradients), (found, its_gradients) = answers(plain, inputs), answers(packed, inputs)
    real = inputs["attention_mask"].bool()
    torch.testing.assert_close(found[real], out[real], **near)
    assert not found[~real].any(), "padding is zero"
    for name, wanted in gradients.items():
        torch.testing.assert_close(its_gradients[name], wanted, msg=lambda why, name=name: f"{name}: {why}", **near)


@pytest.mark.parametrize("family", CONFIGS)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8))
@example(lengths=[17])
@example(lengths=[1])
@example(lengths=[9, 9, 9])
@example(lengths=[30, 30, 1, 1, 7])
@example(lengths=[3, 20, 3])
@settings(deadline=None, max_examples=20)
def test_packed_layers_say_what_padded_ones_say(family, lengths):
    assert_same(*pair_of(family), padded(lengths))


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable`:FutureWarning")  # its new name came with 5.2x
@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("family", CONFIGS)
def test_they_do_when_activations_are_computed_again(family, reentrant):
    plain, packed = pair_of(family)
    packed = copy.deepcopy(packed)
    packed.gradient_checkpointing_enable({"use_reentrant": reentrant})
    assert_same(plain, packed, padded([12, 5, 5, 1]))


@pytest.mark.parametrize("family", CONFIGS)
def test_they_do_in_evaluation(family):
    plain, packed = (copy.deepcopy(model).eval() for model in pair_of(family))
    assert_same(plain, packed, padded([12, 5, 5, 1]))


def test_padding_may_lie_anywhere():
    inputs = padded([8, 8, 8])
    inputs["attention_mask"] = torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1], [1] * 8, [1, 0, 1, 0, 1, 0, 1, 0]])
    assert_same(*pair_of("bert"), inputs)


@pytest.mark.parametrize("family", CONFIGS)
def test_hidden_states_are_as_ever_where_they_are_asked_for(family):
    inputs = padded([6, 2])
    wanted, found = (model(**inputs, output_hidden_states=True).hidden_states for model in pair_of(family))
    assert len(found) == 3
    for one, other in zip(wanted, found, strict=True):
        torch.testing.assert_close(other, one)


@pytest.mark.parametrize("lengths", [[12, 5, 5, 1], [6, 6]])
def test_they_do_in_half_precision(lengths):
    plain, packed = (copy.deepcopy(model).float() for model in pair_of("xlm-roberta"))
    inputs = padded(lengths)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        wanted, found = (model(**inputs).last_hidden_state for model in (plain, packed))
    real = inputs["attention_mask"].bool()
    assert found.dtype == wanted.dtype
    torch.testing.assert_close(found[real], wanted[real], rtol=0.05, atol=0.1)


def qkv(tokens, heads=2, size=8):
    return [torch.randn(heads, tokens, size, dtype=torch.float64) for _ in range(3)]


def by_flash(query, key, value, ends, same_ends, longest, same_longest):
    """What torch's function of that name says on a GPU, which has it alone."""
    assert ends.dtype == torch.int32 and same_ends is ends and longest == same_longest
    parts = [[x[a:b].transpose(0, 1) for x in (query, key, value)] for a, b in pairwise(ends)]
    return torch.cat([scaled_dot_product_attention(*part).transpose(0, 1) for part in parts])


@pytest.mark.parametrize("lengths", [[4], [7, 7], [9, 4, 4, 1]])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_all_ways_of_attending_agree(lengths, scale, monkeypatch):
    monkeypatch.setattr(varlen, "varlen_attn", by_flash)
    mask = padded(lengths)["attention_mask"].bool()
    ragged = Ragged.of(None if mask.all() else mask[:, None, None], torch.empty(*mask.shape, 1))
    inputs = qkv(sum(lengths))
    found = [way(inputs, ragged, scale, 0.0) for way in (packing._alone, packing._together)]
    torch.testing.assert_close(*found)
    if scale is None:
        torch.testing.assert_close(packing._flash(inputs, ragged), found[0])


@pytest.mark.parametrize("way", [packing._alone, packing._together])
def test_attention_is_dropped_as_often_as_it_should(way):
    """Sequences of four tokens that attend to all alike: without dropout each sum of weights is one."""
    ragged = Ragged.of(None, torch.empty(500, 4, 1))
    inputs = tuple(fill(2, 2000, 8) for fill in (torch.zeros, torch.zeros, torch.ones))
    assert way(inputs, ragged, None, 0.0).var() < 1e-9
    torch.manual_seed(0)
    sums = way(inputs, ragged, None, 0.5)[..., 0]
    assert sums.mean() == pytest.approx(1.0, abs=0.05)
    assert sums.var() == pytest.approx(0.25, abs=0.03), "four weights of a quarter, each doubled or dropped"


def test_dropout_is_that_of_the_layers():
    model = encoder_of(XLMRobertaConfig(**SHAPE, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.5))
    assert pack_layers(model)
    inputs = padded([9, 4])
    one, other = (model.train()(**inputs).last_hidden_state for _ in range(2))
    assert (one - other).abs().max() > 1e-3
    one, other = (model.eval()(**inputs).last_hidden_state for _ in range(2))
    torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_mask_that_is_none_of_ours_is_passed_on():
    query, key, value = (part[None] for part in qkv(5))
    module = torch.nn.Module()
    module.is_causal = False
    mask = torch.ones(1, 1, 5, 5, dtype=torch.bool).tril()
    found, _ = attend(module, query, key, value, mask)
    wanted = scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(found, wanted.transpose(1, 2))


def test_an_encoder_with_an_attention_of_its_own_is_left_alone():
    shape = SHAPE | {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_biased_input": False}
    model = AutoModel.from_config(DebertaV2Config(**shape, **STILL))
    before = json.loads(model.config.to_json_string())
    assert not pack_layers(model)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
    assert json.loads(model.config.to_json_string()) == before
    model(**padded([5, 2]))


def test_so_is_one_whose_attention_somebody_chose():
    config = XLMRobertaConfig(**SHAPE)
    assert not pack_layers(AutoModel.from_config(config, attn_implementation="eager"))


def test_a_saved_model_knows_nothing_of_it(tmp_path):
    plain = XLMRobertaForSequenceClassification(XLMRobertaConfig(**SHAPE, **STILL))
    packed = copy.deepcopy(plain)
    assert pack_layers(packed.roberta)
    for model, name in ((plain, "plain"), (packed, "packed"), (packed.roberta, "encoder")):
        model.save_pretrained(tmp_path / name)
    read = {name: (tmp_path / name / "config.json").read_text() for name in ("plain", "packed", "encoder")}
    assert read["packed"] == read["plain"]
    assert not any(packing.ATTENTION in text for text in read.values())
    for name in ("packed", "encoder"):
        again = AutoModel.from_pretrained(tmp_path / name)
        assert {part.config._attn_implementation for part in again.modules() if hasattr(part, "config")} == {"sdpa"}
        assert not again.encoder._forward_hooks
    assert packed.config._attn_implementation == packed.roberta.config._attn_implementation == "sdpa"


WAYS = [(stage, precision) for stage in (0, 3) for precision in ("fp32", "autocast-bf16")]


def losses_with_deepspeed():
    """For each stage of ZeRO and precision the losses of some steps, padded and packed."""
    found = {}
    for stage, precision in WAYS:
        settings = StageSpec(name="", parts=(), lr=0.05, batch=4, zero=stage, precision=precision)
        for packed in (False, True):
            encoder = encoder_of(XLMRobertaConfig(**SHAPE, **STILL)).train()
            assert not packed or pack_layers(encoder)
            engine = zero.start_engine(encoder, [{"params": list(encoder.parameters())}], settings)
            losses = found[stage, precision, packed] = []
            for step in range(4):
                inputs = padded([12, 5, 5, 1], seed=step)
                loss = (engine(**inputs).last_hidden_state * inputs["attention_mask"][..., None]).square().sum() / 100
                engine.backward(loss)
                engine.step()
                losses.append(loss.item())
            engine.destroy()
    return found


def test_deepspeed_trains_them_as_it_trains_padded_ones():
    """ZeRO 3 hangs hooks on all modules, which walk through what goes in and out."""
    (found,) = on_ranks(1, losses_with_deepspeed)
    for stage, precision in WAYS:
        plain, packed = found[stage, precision, False], found[stage, precision, True]
        assert plain[-1] < 0.9 * plain[0], "the weights have moved"
        assert packed == pytest.approx(plain, rel=1e-5 if precision == "fp32" else 0.02)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="flash attention needs a GPU")
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_they_do_on_a_gpu(dropout):
    """With dropout, attention is padded; it is compared in evaluation."""
    still = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    plain = encoder_of(XLMRobertaConfig(**SHAPE | {"hidden_size": 32}, **still)).cuda()
    packed = copy.deepcopy(plain)
    assert pack_layers(packed)
    inputs = {name: value.cuda() for name, value in padded([12, 5, 5, 1]).items()}
    real = inputs["attention_mask"].bool()
    packed.train()(**inputs).last_hidden_state.sum().backward()
    for dtype, near in ((torch.float32, 1e-4), (torch.bfloat16, 0.1)):
        wanted, found = (model.to(dtype).eval()(**inputs).last_hidden_state for model in (plain, packed))
        torch.testing.assert_close(found[real], wanted[real], rtol=near, atol=near)
