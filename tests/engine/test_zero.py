"""DeepSpeed is told what a stage says, nothing that it doesn't know, and trains what torch alone would train."""

import logging
import os
import shutil
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from deepspeed.runtime.zero.config import DeepSpeedZeroConfig
from pair import on_ranks
from torch import nn

from xstilts.config import load
from xstilts.config.deepspeed import DEFAULTS, DeepSpeed
from xstilts.config.spec import PartSpec, StageSpec
from xstilts.engine import zero
from xstilts.engine.model import weight_groups
from xstilts.errors import UserError

PART = PartSpec("one", "", "classification", "one", "one", ("en",), {})
STAGES = [(0, False), (1, False), (2, False), (3, False), (1, True), (2, True), (3, True)]
MIXED = [(0, False), (1, False), (2, False), (3, False), (2, True), (3, True)]
RATE = 1e-2


def stage(**settings):
    plain = {"lr": RATE, "batch": 8, "eps": 1e-6, "clip": 1.0, "weight_decay": 0.1}
    return StageSpec(**{"name": "stage", "parts": (), **plain, **settings})


# the configuration ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["fp32", "bf16", "autocast-bf16", "fp16"])
@pytest.mark.parametrize("number, offload", STAGES)
def test_deepspeed_knows_all_that_it_is_told(precision, number, offload):
    for extra in ({}, {"overlap_comm": True, "stage3_max_reuse_distance": 5, "allgather_bucket_size": 200}):
        config = zero.deepspeed_config(stage(precision=precision, zero=number, offload=offload, deepspeed=extra))
        zero.check_config(config)
        block = config["zero_optimization"]
        assert block.items() >= extra.items()
        assert block["stage"] == (1 if number == 0 and precision in zero.HALF else number)
        assert ("offload_optimizer" in block) == offload
        assert config["gradient_clipping"] == 1.0


def test_every_key_of_a_configuration_file_is_one_of_deepspeeds():
    fields = DeepSpeedZeroConfig.model_fields
    known = {field.alias or name for name, field in fields.items()}
    assert set(DeepSpeed.model_fields) | set(DEFAULTS) <= known
    for name, field in DeepSpeed.model_fields.items():
        value = True if "bool" in str(field.annotation) else 64
        DeepSpeedZeroConfig(**{"stage": 3, name: DeepSpeed(**{name: value}).model_dump()[name]})


@pytest.mark.parametrize(
    "config, says",
    [
        ({"gradient_cliping": 1.0}, "no gradient_cliping (did you mean 'gradient_clipping'?)"),
        ({"zero_optimization": {"reduce_bucket": 8}}, "zero_optimization.reduce_bucket (did you mean 'reduce_bucket_"),
        ({"bf16": {"enable": True}}, "bf16.enable (did you mean 'enabled'?)"),
        ({"torch_autocast": {"dtyp": "bfloat16"}}, "torch_autocast.dtyp (did you mean 'dtype'?)"),
        ({"zero_optimization": {"reduce_bucket_size": 0}}, "refuses zero_optimization.reduce_bucket_size"),
        ({"fp16": {"loss_scale": -1}}, "refuses fp16.loss_scale"),
    ],
)
def test_what_deepspeed_would_ignore_or_refuse_is_a_user_error(config, says):
    with pytest.raises(UserError) as error:
        zero.check_config(config)
    assert says in str(error.value)


@pytest.mark.parametrize(
    "block, says",
    [
        (
            "{overlap_com: true}",
            ["there is no key 'overlap_com' here; did you mean 'overlap_comm'?", "keys that may stand here: reduce_"],
        ),
        ("{reduce_bucket_size: many}", ["must be a whole number, is 'many'", "reduced at once"]),
        ("{allgather_bucket_size: 7}", ["multiple of 2"]),
        ("{round_robin_gradients: true}", ["there is no key 'round_robin_gradients'"]),
        ("{overlap_comm: 1}", ["true or false"]),
    ],
)
def test_a_wrong_key_in_a_configuration_file_is_found_when_the_dag_is_made(block, says, tmp_path):
    worlds = tmp_path / "config" / "worlds"
    worlds.mkdir(parents=True)
    (worlds / "mine.yaml").write_text(f"extends: mini\n\ntraining:\n  deepspeed: {block}\n")
    with pytest.raises(UserError) as error:
        load({"world": "mine", "study": "quickstart"}, root_of(tmp_path))
    said = str(error.value)
    assert "config/worlds/mine.yaml:4  training.deepspeed" in said, said
    assert all(part in said for part in says), said


def root_of(folder):
    """A working directory with the repository's configuration, and what `folder` already has."""
    shutil.copytree(Path(__file__).parents[2] / "config", folder / "config", dirs_exist_ok=True)
    return folder


# training ---------------------------------------------------------------------------------------------------------


class Model(nn.Module):
    """What models have: tied weights, a buffer, LayerNorms and biases, heads of which a step uses one."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(23, 16)
        self.body = nn.Sequential(nn.Linear(16, 24), nn.LayerNorm(24), nn.Tanh(), nn.Linear(24, 16))
        self.heads = nn.ModuleList([nn.Linear(16, 3), nn.Linear(16, 5), nn.Linear(16, 23)])
        self.heads[2].weight = self.embed.weight
        self.register_buffer("seen", torch.arange(3))

    def forward(self, number, items):
        found = self.heads[number](self.body(self.embed(items))).float()
        return (found.logsumexp(-1) + found.pow(2).mean(-1)).mean(-1).sum()


def made():
    torch.manual_seed(0)
    return Model()


def items_of(step):
    return torch.randint(0, 23, (8, 6), generator=torch.Generator().manual_seed(step))


def by_torch_alone(steps, clip):
    """The weights that a plain loop ends with, the whole step in one batch; and the norms that it clipped."""
    model, norms = made(), []
    optimizer = torch.optim.AdamW(weight_groups(model, 0.1), lr=RATE, eps=1e-6)
    for step in range(steps):
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        (model(step // 2 % 3, items_of(step)) / 8).backward()
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), clip)))
        optimizer.step()
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}, norms


def by_deepspeed(steps, cases):
    """For each case of settings the whole weights, and whether half of them are the rounded ones; two micro-batches."""
    found = []
    for settings in cases:
        spec, model = stage(ranks=dist.get_world_size(), **settings), made()
        engine = zero.start_engine(model, weight_groups(model, spec.weight_decay), spec)
        for step in range(steps):
            zero.set_rate(engine, RATE)
            mine = items_of(step)[dist.get_rank() :: dist.get_world_size()]
            for i, part in enumerate(mine.chunk(2)):
                engine.set_gradient_accumulation_boundary(i == 1)
                loss = engine(step // 2 % 3, part) * dist.get_world_size() / 8
                engine.backward(loss, scale_wrt_gas=False)
                engine.step()
        weights = zero.whole_weights(model, spec.zero)
        live = {n: p.detach().float().clone() for n, p in model.named_parameters()} if spec.zero < 3 else {}
        found.append((weights, live, [weights.get("embed.weight") is weights.get("heads.2.weight")]))
        engine.destroy()
    return found


@pytest.mark.parametrize("ranks", [1, 2])
def test_all_stages_do_what_torch_alone_does(ranks):
    """Clipping, weight decay by group, heads that idle (DeepSpeed's ZeRO 3 and offloading would go on moving them by
    their last gradient), tied weights, tensors that lie across shares, reduction in buckets smaller than a tensor."""
    steps, clip = 12, 0.5
    wanted, norms = by_torch_alone(steps, clip)
    assert min(norms) < clip < max(norms), "some steps are clipped"
    small = {"reduce_bucket_size": 100, "stage3_param_persistence_threshold": 0, "allgather_bucket_size": 64}
    cases = [{"zero": z, "offload": o, "clip": clip, "deepspeed": d} for d in ({}, small) for z, o in STAGES]
    results = on_ranks(ranks, by_deepspeed, steps, cases)
    for case, (found, live, tied) in zip(cases, results[0], strict=True):
        assert found.keys() == wanted.keys() and tied == [True]
        for name, value in found.items():
            far = float((value - wanted[name]).abs().max())
            assert far < 2e-6, f"{case}: {name} is off by {far}"
        assert all(torch.equal(found[name], value) for name, value in live.items())
    assert all(not found for found, *_ in results[-1]) or ranks == 1, "rank 0 alone keeps copies"


SWITCHES = [
    *({"zero": z, "deepspeed": {"overlap_comm": True, "reduce_bucket_size": 100}} for z in (1, 2, 3)),
    *({"zero": z, "deepspeed": {"contiguous_gradients": False}} for z in (1, 2, 3)),
    *({"zero": z, "deepspeed": {"reduce_scatter": False}} for z in (1, 2, 3)),
    {"zero": 2, "offload": True, "deepspeed": {"contiguous_gradients": False, "overlap_comm": True}},
    {"zero": 3, "deepspeed": {"sub_group_size": 200, "stage3_prefetch_bucket_size": 0}},
    {"zero": 3, "deepspeed": {"stage3_max_live_parameters": 0, "stage3_max_reuse_distance": 10**6}},
]


def test_sizes_and_switches_change_no_result():
    wanted, _ = by_torch_alone(12, 1.0)
    for case, (found, *_) in zip(SWITCHES, on_ranks(2, by_deepspeed, 12, SWITCHES)[0], strict=True):
        for name, value in found.items():
            far = float((value - wanted[name]).abs().max())
            assert far < 2e-6, f"{case}: {name} is off by {far}"


def test_half_precision_is_saved_as_the_weights_behind_it():
    """bf16 against fp32: as near as bf16 can be, and what is saved rounds to what was used."""
    wanted, _ = by_torch_alone(12, 1.0)
    cases = [{"zero": z, "offload": o, "precision": "bf16"} for z, o in STAGES]
    for found, live, _ in on_ranks(2, by_deepspeed, 12, cases)[0]:
        for name, value in found.items():
            assert value.dtype == (torch.int64 if name == "seen" else torch.float32)
            torch.testing.assert_close(value, wanted[name], rtol=0, atol=0.03)
        assert not live or any(not torch.equal(found[name], value) for name, value in live.items()), "they are finer"
        assert all(torch.equal(found[name].bfloat16().float(), value) for name, value in live.items())


def test_autocast_keeps_weights_and_sums_in_fp32():
    wanted, _ = by_torch_alone(12, 1.0)
    cases = [{"zero": z, "offload": o, "precision": "autocast-bf16"} for z, o in STAGES]
    plain, sharded = [case for case in cases if case["zero"] < 3], [case for case in cases if case["zero"] == 3]
    # ZeRO 3 puts a linear function of its own in the place of torch's, which rounds otherwise, so it goes by itself.
    for first, *others in (on_ranks(2, by_deepspeed, 12, plain)[0], on_ranks(2, by_deepspeed, 12, sharded)[0]):
        for found, *_ in (first, *others):
            for name, value in found.items():
                torch.testing.assert_close(value, first[0][name], rtol=1e-5, atol=2e-6)  # sums of bf16 would differ
                torch.testing.assert_close(value, wanted[name], rtol=0, atol=0.03)


class Weight(nn.Module):
    """One number, whose gradient is what it is multiplied by."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(64))

    def forward(self, factor):
        return (self.weight * factor).sum()


def summed(cases):
    """The gradient that moves the weight, when micro-batches and ranks add up 1 and many 2^-9."""
    found = []
    for settings in cases:
        model = Weight()
        spec = stage(lr=1.0, eps=1e3, clip=0.0, weight_decay=0.0, **settings)
        engine = zero.start_engine(model, [{"params": list(model.parameters()), "weight_decay": 0.0}], spec)
        for i in range(9):
            engine.set_gradient_accumulation_boundary(i == 8)
            factor = 1.0 if i == dist.get_rank() == 0 else 2.0**-9
            dtype = model.weight.dtype
            engine.backward(engine(torch.tensor(factor, dtype=dtype)) * dist.get_world_size(), scale_wrt_gas=False)
            engine.step()
        moved = -float(zero.whole_weights(model, spec.zero).get("weight", torch.zeros(1))[0])
        found.append(1e3 * moved / (1 - moved))
        engine.destroy()
    return found


@pytest.mark.parametrize("ranks", [1, 2])
def test_half_precision_adds_gradients_up_in_fp32(ranks):
    """In bf16, 1 + 2^-9 is 1: a sum in it, or a message in it between the ranks, would lose the small ones."""
    before = {"zero": 2, "precision": "autocast-bf16"}  # which DeepSpeed keeps in mind for all engines of a process
    cases = [before, *({"zero": z, "offload": o, "precision": "bf16"} for z, o in STAGES)]
    for case, gradient in zip(cases, on_ranks(ranks, summed, cases)[0], strict=True):
        assert gradient == pytest.approx(1 + (9 * ranks - 1) * 2.0**-9, rel=1e-4), case


def scaled(cases):
    """fp16 on a CPU, which DeepSpeed has to be talked into: the loss scale, and the weight, after each step."""
    from deepspeed.accelerator import get_accelerator

    with pytest.raises(UserError, match=r"fp16 needs a GPU.*bf16"):
        get_accelerator().is_fp16_supported = lambda: False
        zero.start_engine(Weight(), [], stage(precision="fp16"))
    get_accelerator().is_fp16_supported = lambda: True
    found = []
    for settings in cases:
        model = Weight()
        spec = stage(precision="fp16", **settings)
        engine = zero.start_engine(model, [{"params": list(model.parameters()), "weight_decay": 0.0}], spec)
        said = []
        for factor in (1.0, 2.0, 2.0, 1.0, 0.5):
            engine.set_gradient_accumulation_boundary(True)
            engine.backward(engine(torch.tensor(factor, dtype=torch.float16)), scale_wrt_gas=False)
            engine.step()
            weight = float(zero.whole_weights(model, spec.zero)["weight"][0])
            said.append((engine.optimizer.loss_scale, weight))
        found.append(said)
        engine.destroy()
    return found


def test_fp16_scales_its_loss_and_skips_steps_that_overflow():
    cases = [{"zero": z, "offload": o} for z, o in STAGES]
    for case, said in zip(cases, on_ranks(1, scaled, cases)[0], strict=True):
        scales, weights = zip(*said, strict=True)
        assert scales[-1] < 2**16 and all(a >= b for a, b in pairwise(scales)), (case, said)
        assert weights[0] == 0.0, (case, "2^16 is beyond fp16, so the first step is skipped", said)
        assert weights[-1] < 0, (case, said)


def spoken(capture):
    """What starting engines writes to stdout, and logs."""
    records = []

    class Keep(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())

    logging.getLogger().addHandler(Keep())
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    with capture.open("w") as file:
        os.dup2(file.fileno(), 1)
        for case in ({"zero": 0}, {"zero": 1, "precision": "bf16"}, {"zero": 2}, {"zero": 3}):
            model = Weight()
            zero.start_engine(model, [{"params": list(model.parameters()), "weight_decay": 0.0}], stage(**case))
        sys.stdout.flush()
    logging.getLogger("DeepSpeed").warning("beware")
    return records


def test_deepspeed_keeps_quiet_and_its_warnings_reach_the_log(tmp_path):
    assert on_ranks(1, spoken, tmp_path / "out") == [["beware"]]
    assert (tmp_path / "out").read_text() == ""
