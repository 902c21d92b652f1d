"""What is said before a run of the memory that its states take is what DeepSpeed's engines then hold."""

import ctypes
import gc
import sys
import time
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from pair import on_ranks
from torch import nn
from transformers import AutoModel, BertConfig, RobertaConfig, XLMRobertaConfig

from xstilts.config.spec import PartSpec, StageSpec
from xstilts.engine import zero
from xstilts.engine.held import moved
from xstilts.engine.model import weight_groups
from xstilts.memory import encoder_parameters, encoder_tensors, model_states

STAGES = [(0, False), (1, False), (2, False), (3, False), (1, True), (2, True), (3, True)]
NEAR = 0.1
PART = PartSpec("one", "", "classification", "one", "one", ("en",), {})


class Model(nn.Module):
    """Embeddings that are much of all weights, and a few layers; a second rank's share begins within one of them."""

    def __init__(self, width):
        super().__init__()
        self.embed = nn.Embedding(2 * width, width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(5)])

    def forward(self, items):
        found = self.embed(items)
        for layer in self.layers:
            found = torch.tanh(layer(found))
        return found.float().square().mean()

    def sizes(self):
        """Numbers of each tensor, in the order in which DeepSpeed lays them out."""
        return [p.numel() for group in weight_groups(self, 0.1) for p in group["params"]]


def engine_of(model, number, precision, offload, bucket):
    sizes = {"reduce_bucket_size": bucket, "stage3_prefetch_bucket_size": 0, "stage3_param_persistence_threshold": 0}
    running = {"zero": number, "precision": precision, "offload": offload, "deepspeed": sizes}
    spec = StageSpec(name="stage", parts=(PART,), lr=1e-3, batch=4, **running)
    return zero.start_engine(model, weight_groups(model, 0.1), spec)


def micro_batches(engine, count, between):
    """One step; `between` is called after each micro-batch but the last."""
    for i in range(count):
        engine.set_gradient_accumulation_boundary(i == count - 1)
        engine.backward(engine(torch.arange(8)[None]), scale_wrt_gas=False)
        if i < count - 1:
            between()
        engine.step()


def storages(tensors):
    """Bytes of each piece of memory behind some tensors."""
    every = (tensor.untyped_storage() for tensor in tensors if not tensor.is_meta)
    return {storage.data_ptr(): storage.nbytes() for storage in every if storage.nbytes()}


def alive():
    """All tensors that are new, gradients included."""
    gc.collect()
    found = [thing for thing in gc.get_objects() if isinstance(thing, torch.Tensor)]
    return found + [tensor.grad for tensor in found if tensor.is_leaf and tensor.grad is not None]


def settle():
    """Wait until threads that carried messages have let go of them."""
    dist.barrier()
    time.sleep(0.05)


def counted(number, precision, offload):
    """Bytes of weights, of what the optimiser moves and keeps, and of all else, between two micro-batches."""
    gc.freeze()  # what is there already is not looked at
    model, found = Model(256), []
    sizes = model.sizes()
    engine = engine_of(model, number, precision, offload, 1000)

    def count():
        settle()
        kept = [value for state in engine.basic_optimizer.state.values() for value in state.values()]
        weights = storages([getattr(p, "ds_tensor", p) for p in model.parameters()])
        optimizer = storages([*kept, *moved(engine)])
        rest = sum(size for place, size in storages(alive()).items() if place not in weights | optimizer)
        found.append((sum(weights.values()), sum(v for k, v in optimizer.items() if k not in weights), rest))

    for _ in range(4):
        micro_batches(engine, 2, count)
    return sizes, min(found[1:])  # the optimiser has nothing before its first step


@pytest.mark.parametrize("number, offload", STAGES)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("ranks", [1, 2])
def test_states_are_what_engines_hold(ranks, precision, number, offload):
    counts = on_ranks(ranks, counted, number, precision, offload)
    sizes = counts[0][0]
    weights, optimizer, rest = (max(count[i] for _, count in counts) for i in range(3))
    states = model_states(sum(sizes), number, ranks, precision, offload, sizes, bucket=1000)
    assert weights == pytest.approx(states.weights, rel=NEAR)
    assert optimizer == pytest.approx(states.optimizer, rel=NEAR)
    assert rest == pytest.approx(states.gradients + states.aside, rel=NEAR)


def resident(name):
    """Bytes of this process, as the kernel counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def grown(number, precision, offload):
    """How far the process grows between two micro-batches, and at the most."""
    ctypes.CDLL(None).mallopt(-3, 2**16)  # freed memory goes back to the kernel at once
    micro_batches(engine_of(Model(16), number, precision, offload, 1000), 2, lambda: None)  # libraries are read
    gc.collect()
    before, model, between = resident("VmRSS"), Model(1536), []

    def look():
        settle()
        between.append(resident("VmRSS") - before)

    sizes = model.sizes()
    engine = engine_of(model, number, precision, offload, 2_000_000)
    micro_batches(engine, 2, lambda: None)
    Path("/proc/self/clear_refs").write_text("5")  # forget the most so far
    micro_batches(engine, 3, look)
    return sizes, min(between), resident("VmHWM") - before


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
@pytest.mark.parametrize(
    "ranks, precision, number, offload",
    [(1, "fp32", 0, False), (2, "fp32", 2, False), (1, "bf16", 0, False), (2, "bf16", 3, False), (1, "bf16", 1, True)],
)
def test_processes_grow_as_the_law_says(ranks, precision, number, offload):
    growths = on_ranks(ranks, grown, number, precision, offload)
    sizes = growths[0][0]
    between, most = (max(growth[i] for growth in growths) for i in (1, 2))
    states = model_states(sum(sizes), number, ranks, precision, offload, sizes, bucket=2_000_000, prefetch=0)
    assert between == pytest.approx(states.held, rel=0.15)
    assert most == pytest.approx(states.peak() + states.host, rel=0.15)


SHAPES = st.fixed_dictionaries(
    {
        "vocabulary": st.integers(5, 500),
        "hidden": st.sampled_from([8, 24]),
        "layers": st.integers(1, 3),
        "intermediate": st.integers(8, 50),
        "positions": st.integers(4, 60),
        "types": st.integers(1, 2),
    }
)


@settings(deadline=None)
@given(SHAPES, st.sampled_from([BertConfig, RobertaConfig, XLMRobertaConfig]))
def test_tensors_of_encoders_are_those_of_transformers(shape, config):
    names = {"vocabulary": "vocab_size", "hidden": "hidden_size", "layers": "num_hidden_layers"}
    names |= {"intermediate": "intermediate_size", "positions": "max_position_embeddings", "types": "type_vocab_size"}
    with torch.device("meta"):
        given_shape = {names[name]: value for name, value in shape.items()}
        model = AutoModel.from_config(config(**given_shape, num_attention_heads=2), add_pooling_layer=False)
    found, wanted = encoder_tensors(**shape), [parameter.numel() for parameter in model.parameters()]
    assert found == wanted or (config is BertConfig and sorted(found) == sorted(wanted))


def test_xlm_r_has_as_many_weights_as_its_paper_says():
    base = encoder_parameters(250_002, 768, 12, 3072, 514)
    large = encoder_parameters(250_002, 1024, 24, 4096, 514)
    assert base == 277_453_056 and large == 558_840_832


@given(
    st.integers(10**5, 10**9),
    st.sampled_from(STAGES),
    st.sampled_from(["fp32", "autocast-bf16", "bf16", "fp16"]),
    st.integers(1, 64),
)
def test_more_ranks_never_hold_more(parameters, stage, precision, ranks):
    number, offload = stage
    one, many = (model_states(parameters, number, n, precision, offload) for n in (1, ranks))
    assert many.held <= one.held and many.host <= one.host <= one.held
    if number == 3:
        shared = many.held * ranks
        assert one.held <= shared <= one.held + 32 * ranks
    assert many.peak(10**9) >= many.peak() > 0


def test_what_xlm_r_base_takes():
    """Orders of magnitude that anyone can check: 16 bytes a weight without ZeRO, 4 GB; sharded eight times, one."""
    tensors = encoder_tensors(250_002, 768, 12, 3072, 514)
    parameters = sum(tensors)
    plain = model_states(parameters, tensors=tensors)
    assert plain.held == 16 * parameters == pytest.approx(4.4e9, rel=0.02)
    assert model_states(parameters, 3, 8, "bf16", tensors=tensors).held == pytest.approx(18 * parameters / 8, rel=0.01)
    assert model_states(parameters, 2, 8, "bf16", offload=True, tensors=tensors).host > 0
