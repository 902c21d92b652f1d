"""Out of memory: what is said, whether its figures are right, and whether following it helps."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from xstilts.config.spec import StageSpec
from xstilts.engine.memory import Memory, memory_at
from xstilts.engine.oom import explain, explained, fitting, is_out_of_memory, reached_by, state_bytes
from xstilts.errors import UserError
from xstilts.formats.base import Batch

CUDA = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB of which 1.00 GiB is "
    "free. Including non-PyTorch memory, this process has 78.10 GiB memory in use. Of the allocated memory 70.00 GiB "
    "is allocated by PyTorch, and 0.50 GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory "
    "is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
)
CPU = (
    "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "1073741824 bytes. Error code 12 (Cannot allocate memory)"
)
GIB = 2.0**30


def stage(**settings):
    return StageSpec(**{"name": "xlmr/s1/mnli~lr=5e-6", "parts": (), "lr": 1.0, "batch": 32, **settings})


def batch(sequences=64, width=256, real=200, rows=None):
    mask = torch.zeros(sequences, width, dtype=torch.int64)
    mask[:, :real] = 1
    return Batch(mask, mask, {}, np.arange(sequences) if rows is None else np.array(rows))


def raised(error, where):
    """The error with the frames of `where`, as torch's own functions would leave them."""
    scope = {"error": error}
    exec(compile(f"def {where}():\n    raise error", f"/site-packages/torch/{where}.py", "exec"), scope)
    try:
        scope[where]()
    except type(error) as caught:
        return caught
    return error


def test_a_gpus_message_is_read():
    found = memory_at(torch.OutOfMemoryError(CUDA), 10)
    assert found == Memory(2 * GIB, 10, 70 * GIB, 1.5 * GIB, 0.5 * GIB)


def test_a_cpus_message_is_read():
    found = memory_at(RuntimeError(CPU), 10)
    assert found.wanted == GIB and found.held > 1e7 and found.free > 0


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (torch.OutOfMemoryError(CUDA), True),
        (RuntimeError(CPU), True),
        (MemoryError(), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), False),
    ],
)
def test_errors_that_are_meant(error, is_one):
    assert is_out_of_memory(error) is is_one


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes"), explained(stage(), batch()):
        torch.ones(2, 3) @ torch.ones(4, 5)


def test_a_backward_pass_tells_what_there_is_room_for():
    """It held 20 GiB before, 70 in the end and wanted 2: of 52 GiB there is room for 51.5."""
    error = raised(torch.OutOfMemoryError(CUDA), "backward")
    told = explain(error, stage(micro_tokens=16384), memory_at(error, int(20 * GIB)), batch())
    first, *remedies = told.splitlines()
    assert first.startswith(
        "out of memory in the backward pass of a micro-batch of 64 sequences of up to 256 tokens, 12800 tokens or "
        "16384 padded, with micro_tokens 16384; 21.5 GB were held before, 75.2 GB in the end."
    )
    assert remedies == [
        "  stages.mnli.micro_tokens: 11264",  # 12800 · 51.5/52 · 0.9 is 11409
        "  stages.mnli.activation_checkpointing: true (takes a third more time)",
        "  stages.mnli.ranks: 2 or more, with zero: 2, which shares the states out",
        "  stages.mnli.offload: true, with zero: 1",
    ]


def test_a_forward_pass_goes_by_the_layers_that_are_left_or_tells_half():
    memory = Memory(wanted=GIB, before=20 * GIB, held=30 * GIB, free=0.5 * GIB)
    assert fitting(memory, 1.0, 16384) == 13824  # 16384 · 10.5/11 · 0.9 is 14075
    assert fitting(memory, 0.25, 16384) == 3328  # a quarter of that is 3518
    assert fitting(memory, None, 16384) == 7936 + 256
    tight = Memory(wanted=30 * GIB, before=20 * GIB, held=30 * GIB, free=0)
    assert fitting(tight, None, 16384) == 3584  # a quarter, of which 0.9


class Stack(torch.nn.Module):
    def __init__(self, fails):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(4)])
        self.fails = fails
        self.layers[fails].forward = self.fail

    def fail(self, x):
        raise torch.OutOfMemoryError(CUDA)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def test_the_layer_that_a_forward_pass_was_in_is_seen():
    for number in range(4):
        with pytest.raises(torch.OutOfMemoryError) as caught:
            torch.nn.Sequential(Stack(number))(torch.ones(1, 2))
        assert reached_by(caught.value, "forward pass") == (number + 0.5) / 4
        with torch.no_grad():
            assert reached_by(caught.value, "forward pass") == 1.0, "nothing is kept for a backward pass"
    assert reached_by(MemoryError(), "forward pass") is None


def test_padding_counts_where_batches_are_padded():
    error = raised(torch.OutOfMemoryError(CUDA), "forward")
    memory = memory_at(error, int(20 * GIB))
    assert "micro_tokens: 6400" in explain(error, stage(packed=True), memory, batch())
    assert "micro_tokens: 8192" in explain(error, stage(packed=False), memory, batch())


def test_remedies_are_those_that_are_left():
    error = raised(torch.OutOfMemoryError(CUDA), "forward")
    memory = memory_at(error, 0)

    def remedies(**settings):
        return [
            line.strip().removeprefix("stages.mnli.")
            for line in explain(error, stage(**settings), memory, batch()).splitlines()[2:]
        ]

    assert remedies(ranks=4, zero=1, activation_checkpointing=True) == [
        "zero: 2 or more, or more ranks than 4",
        "offload: true",
    ]
    assert remedies(ranks=4, zero=3, offload=True, activation_checkpointing=True) == ["ranks: more than 4"]


def test_memory_in_pieces_is_told():
    error = raised(torch.OutOfMemoryError(CUDA.replace("0.50 GiB is reserved", "9.00 GiB is reserved")), "forward")
    assert "expandable_segments" in explain(error, stage(), memory_at(error, 0), batch())


def test_one_item_cannot_be_cut():
    error = raised(torch.OutOfMemoryError(CUDA), "forward")
    told = explain(error, stage(), memory_at(error, 0), batch(sequences=4, rows=[7, 7, 7, 7]))
    assert "hardly room for one, however small micro_tokens" in told and "micro_tokens:" not in told


@pytest.mark.parametrize(("where", "given"), [("step", batch()), ("anything", None)])
def test_states_that_do_not_fit_are_no_matter_of_micro_batches(where, given):
    error = raised(torch.OutOfMemoryError(CUDA), where)
    told = explain(error, stage(zero=1, ranks=2), memory_at(error, 0), given, weights=560_000_000)
    assert "the model's states alone" in told and "about 7.8 GB a rank" in told  # 560 M · (4 + 4 + 12/2) bytes
    assert "micro_tokens:" not in told and "activation_checkpointing" not in told
    assert "stages.mnli.zero: 2 or more" in told


def test_states_of_a_rank():
    assert state_bytes(100, stage()) == 1600
    assert state_bytes(100, stage(zero=3, ranks=4)) == 500
    assert state_bytes(100, stage(zero=2, ranks=4, precision="bf16", offload=True)) == 250


def test_where_the_setting_stands():
    error = raised(torch.OutOfMemoryError(CUDA), "forward")
    memory = memory_at(error, 0)
    for name, key in {
        "xlmr/s1/mnli/mnli+squad@mt-de~x=2": "stages.mnli+squad@mt-de.micro_tokens",
        "tiny": "stages.<what bases.tiny.pretrain names>.micro_tokens",
    }.items():
        assert key in explain(error, stage(name=name), memory, batch())


LIMITED = """
import os, resource, sys
import numpy as np, torch, transformers
from torch.nn.functional import cross_entropy
from xstilts.config.spec import StageSpec
from xstilts.engine.oom import explained
from xstilts.errors import UserError
from xstilts.formats.base import Batch

torch.set_num_threads(1)
shape = dict(vocab_size=300, hidden_size=64, num_hidden_layers=4, num_attention_heads=2, intermediate_size=256)
model = transformers.AutoModelForSequenceClassification.from_config(transformers.XLMRobertaConfig(**shape))
optimizer = torch.optim.AdamW(model.parameters())

def step(budget, width=64):
    sequences = budget // width
    ids = torch.randint(5, 300, (sequences, width))
    batch = Batch(ids, torch.ones_like(ids), {}, np.arange(sequences))
    with explained(StageSpec("tiny/s1/mnli", (), 1.0, 8, micro_tokens=budget), batch):
        model(input_ids=ids, attention_mask=batch.attention_mask).logits.sum().backward()
        optimizer.step()
        optimizer.zero_grad()

used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000, resource.RLIM_INFINITY))
budget = int(sys.argv[1])
while budget:
    reader, writer = os.pipe()
    if not os.fork():  # each attempt begins with the same memory, as a job that is started again
        try:
            step(budget)
            said = f"fits {budget}"
        except UserError as error:
            said = str(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    said = os.fdopen(reader).read()
    print(said)
    advised = said.split("stages.mnli.micro_tokens: ")[1:]
    budget = int(advised[0].split()[0]) if advised else 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process's address space")
def test_a_real_step_that_does_not_fit_ends_with_advice_that_leads_to_one_that_does():
    done = subprocess.run([sys.executable, "-c", LIMITED, "32768"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    *said, last = done.stdout.splitlines()
    assert said and said[0].startswith("out of memory in the "), done.stdout
    assert "a micro-batch of 512 sequences of up to 64 tokens, 32768 tokens" in said[0]
    assert "  more memory for the job: mem_mb in the profile" in said
    word, budget = last.split()
    assert word == "fits" and 4096 <= int(budget) < 32768


def test_explained_raises_what_a_program_prints_without_a_traceback():
    with pytest.raises(UserError, match="out of memory in the forward pass"), explained(stage(), batch()):
        raise torch.OutOfMemoryError(CUDA)
