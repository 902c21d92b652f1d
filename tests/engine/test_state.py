"""A run that goes on from a saved state ends as the one that never stopped, to the bit; damaged states do no harm."""

import gc
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from pair import CONTEXT, _rank, on_ranks
from safetensors.torch import load_file
from torch import nn

from xstilts.config.spec import StageSpec
from xstilts.engine import held, sealed, state, zero
from xstilts.engine.state import States
from xstilts.errors import UserError
from xstilts.files import digest_of

KEY = {"spec": {"lr": 0.01}, "ranks": 2}


class Model(nn.Module):
    """What a model may hold: tied weights, dropout, a buffer, heads of which a step uses but one."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(23, 16)
        self.body = nn.Sequential(nn.Linear(16, 33), nn.LayerNorm(33), nn.Dropout(0.2), nn.Linear(33, 16))
        self.heads = nn.ModuleList([nn.Linear(16, 3), nn.Linear(16, 5), nn.Linear(16, 23)])
        self.heads[2].weight = self.embed.weight
        self.register_buffer("seen", torch.zeros(3))

    def forward(self, number, items):
        self.seen[number] += 1
        found = self.heads[number](self.body(self.embed(items))).float()
        return found.logsumexp(-1).mean() + found.pow(2).mean()


def engine_of(seed=0, **settings):
    """A new engine; its weights follow from the seed."""
    torch.manual_seed(seed)
    model = Model()
    groups = [[p for p in model.parameters() if p.ndim > 1], [p for p in model.parameters() if p.ndim == 1]]
    spec = StageSpec(name="stage", parts=(), lr=0.01, batch=4, steps=6, **settings)
    return zero.start_engine(
        model, [{"params": group, "weight_decay": 0.1 * i} for i, group in enumerate(groups)], spec
    )


def train(engine, begin, end):
    """Some steps of two micro-batches. All that is drawn follows from the step and the rank."""
    for step in range(begin, end):
        torch.manual_seed(1000 * step + dist.get_rank())
        zero.set_rate(engine, 0.01 / (1 + step))
        for i in range(2):
            engine.set_gradient_accumulation_boundary(i == 1)
            loss = engine(step % 3, torch.randint(0, 23, (4, 6)))
            engine.backward(loss, scale_wrt_gas=False)
            engine.step()


def contents(engine):
    """Everything an engine holds on this rank, as it is now."""
    found = {**held.model_tensors(engine), **held.optimizer_tensors(engine)}
    return {name: tensor.clone() for name, tensor in found.items()}, held.numbers(engine)


def bits(tensor):
    return tensor.contiguous().flatten().view(torch.uint8)


def assert_same(one, other):
    assert one[0].keys() == other[0].keys()
    assert one[1] == other[1]
    for name, tensor in one[0].items():
        assert tensor.dtype == other[0][name].dtype
        # By their bits: where ZeRO 3 fills a share up, whatever was in memory stands, which may be no number.
        assert torch.equal(bits(tensor), bits(other[0][name])), name


class Said(logging.Handler):
    """What is said from now on."""

    def __init__(self):
        super().__init__()
        self.lines = []
        logging.getLogger("xstilts").addHandler(self)
        logging.getLogger("xstilts").setLevel(logging.INFO)

    def emit(self, record):
        self.lines.append(record.getMessage())

    def __str__(self):
        return "\n".join(self.lines)


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_resumed_run_ends_as_the_uninterrupted_one(ranks, tmp_path):
    on_ranks(ranks, goes_on_everywhere, tmp_path)


def goes_on_everywhere(folder):
    gc.freeze()  # DeepSpeed collects garbage a lot, and would look through all that was imported each time
    for stage in range(4):
        for precision in ("fp32", "bf16", "autocast-bf16"):
            goes_on(folder / f"{stage}-{precision}", zero=stage, precision=precision)
            if stage:
                goes_on(folder / f"{stage}-{precision}-offload", zero=stage, precision=precision, offload=True)


def goes_on(folder, **settings):
    """Train 3 steps, save, and 3 more; then once more from the state, in an engine that began elsewhere."""
    states, notes = States(folder, KEY), {"step": 3, "score": -float("inf"), "curve": [{"dev": 0.1}]}
    engine = engine_of(**settings)
    train(engine, 0, 3)
    best = zero.whole_weights(engine.module, settings["zero"])
    assert states.save(engine, notes, best)
    saved = contents(engine)
    train(engine, 3, 6)
    uninterrupted = contents(engine)
    engine.destroy()

    engine = engine_of(seed=1, **settings)
    with torch.no_grad():
        engine(0, torch.zeros(1, 1, dtype=torch.int64))  # whereby ZeRO 3 gathers weights that are then outdated
    loaded = states.load(engine)
    try:
        assert_same(contents(engine), saved)
        train(engine, 3, 6)
        assert_same(contents(engine), uninterrupted)
    except AssertionError as error:
        raise AssertionError(f"{folder.name}: {error}") from error
    assert not torch.equal(saved[0]["weight.0"], uninterrupted[0]["weight.0"]), "nothing was trained"
    assert loaded.notes == notes
    assert dist.get_rank() or loaded.best.keys() == best.keys()
    assert all(torch.equal(loaded.best[name], tensor) for name, tensor in best.items())
    assert loaded.best["heads.2.weight"] is loaded.best["embed.weight"]
    engine.destroy()


def test_the_loss_scale_of_fp16_is_saved(tmp_path):
    on_ranks(1, loss_scales, tmp_path)


def loss_scales(folder):
    """No CPU trains in fp16; where DeepSpeed keeps the loss scale, other precisions have one that never moves."""
    from deepspeed.runtime.fp16.loss_scaler import DynamicLossScaler

    for stage in (1, 3):
        engines = [engine_of(zero=stage) for _ in range(2)]
        scalers = [DynamicLossScaler(2.0**16, 1000, 1, 2, False) for _ in engines]
        for engine, scaler in zip(engines, scalers, strict=True):
            engine.optimizer.loss_scaler = scaler
        for overflow in (True, False, True):
            scalers[0].update_scale(overflow)
        states = States(folder / str(stage), KEY)
        assert states.save(engines[0], {"step": 3}, None)
        states.load(engines[1])
        assert vars(scalers[0]) == vars(scalers[1])
        assert scalers[1].cur_scale == 2.0**15


def two_saved(folder, **settings):
    """An engine, and its states after steps 1 and 2."""
    states, engine = States(folder, KEY), engine_of(**settings)
    for step in range(2):
        train(engine, step, step + 1)
        best = {"a": torch.full((3,), float(step))}
        assert states.save(engine, {"step": step + 1}, best)
    dist.barrier()
    return states, engine


def truncate(file):
    os.truncate(file, file.stat().st_size - 1)


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_torn_state_gives_way_to_the_one_before(tmp_path):
    on_ranks(1, each_damage, tmp_path)


def each_damage(folder):
    names = ("model-0.safetensors", "optimizer-0.safetensors", "best.safetensors", "state.json")
    for damage in (truncate, flip, Path.unlink):
        for name in names:
            states, engine = two_saved(folder / f"{damage.__name__}-{name}", zero=1)
            first, last = states._states()
            damage(last / name)
            states.lock.close()
            again, said = States(states.root, KEY), Said()
            assert again.load(engine).notes == {"step": 1}
            assert f"{last} is not used: " in str(said)
            assert last.exists(), "it goes when there are two good ones"
            assert again.save(engine, {"step": 2}, None)
            assert [path.name for path in again._states()] == [first.name, "state-000003-step-2"]


def test_ranks_agree_on_the_state_that_is_whole_on_all(tmp_path):
    on_ranks(2, damaged_on_one, tmp_path)


def damaged_on_one(folder):
    states, engine = two_saved(folder, zero=1)
    if dist.get_rank() == 1:
        flip(states._states()[-1] / "optimizer-1.safetensors")
    dist.barrier()
    assert states.load(engine).notes == {"step": 1}


def test_nothing_is_loaded_where_all_are_torn_or_none_is(tmp_path):
    on_ranks(1, all_torn, tmp_path)


def all_torn(folder):
    assert States(folder / "none", KEY).load(engine_of()) is None
    states, engine = two_saved(folder / "torn")
    for path in states._states():
        truncate(path / "state.json")
    assert states.load(engine) is None
    assert states.save(engine, {"step": 1}, {"a": torch.ones(2)})
    assert len(states._states()) == 1


def test_a_state_of_another_run_is_left_alone(tmp_path):
    on_ranks(1, foreign, tmp_path)


def foreign(folder):
    states, engine = two_saved(folder)
    states.lock.close()
    said = Said()
    other = States(folder, {"spec": {"lr": 0.02}, "ranks": 2, "new": 1})
    assert other.load(engine) is None
    assert f"{states._states()[-1]} is left alone: it is of another run: new was None and is 1; " in str(said)
    assert "spec.lr was 0.01 and is 0.02" in str(said)
    assert other.save(engine, {"step": 1}, None)
    assert len(states._states()) == 2

    states._states()[-1].rename(other.folder / "state-000007-step-7")  # as by a hand that means well
    assert other.load(engine).notes == {"step": 1}
    assert "state-000007-step-7 is not used: it is of another run" in str(said)

    larger = engine_of()
    larger.module.extra = nn.Linear(2, 2)
    assert other.load(larger) is None
    assert "step-1 is not used: " in str(said)


def test_a_second_run_keeps_out(tmp_path):
    on_ranks(1, locked, tmp_path)


def locked(folder):
    state.PATIENCE = 1
    first = States(folder, KEY)
    with pytest.raises(UserError, match=f"is in use by process {os.getpid()} on "):
        States(folder, {"another": "run"})
    first.lock.close()  # as when its process ends
    States(folder, KEY)


def test_ranks_share_what_they_hold_alike(tmp_path):
    on_ranks(2, shared, tmp_path)


def shared(folder):
    expected = {0: ["model-0", "optimizer-0"], 1: ["model-0", "optimizer-0", "optimizer-1"]}
    for stage, names in expected.items():
        states, _ = two_saved(folder / str(stage), zero=stage)
        assert sorted(path.stem for path in states._states()[-1].glob("*-*")) == names


def test_best_weights_are_written_once(tmp_path):
    on_ranks(1, best_once, tmp_path)


def best_once(folder):
    states, engine = States(folder, KEY), engine_of()
    first, second = {"a": torch.zeros(3)}, {"a": torch.ones(3)}
    inodes = []
    for step, best in enumerate((first, first, second, second, None)):
        assert states.save(engine, {"step": step}, best)
        file = states._states()[-1] / "best.safetensors"
        inodes.append(file.stat().st_ino if file.exists() else None)
    assert inodes[0] == inodes[1] != inodes[2] == inodes[3]
    assert inodes[4] is None
    assert states.load(engine).best is None
    assert states.save(engine, {"step": 6}, second)
    loaded = states.load(engine).best
    assert states.save(engine, {"step": 7}, loaded)
    assert torch.equal(states.load(engine).best["a"], second["a"])


@pytest.mark.parametrize("moment", ["write_all", "seal", "_sync", "remove"])
def test_a_run_that_is_killed_while_it_saves_has_its_last_state(moment, tmp_path):
    process = CONTEXT.Process(target=_rank, args=(0, 1, tmp_path, killed_at, (tmp_path, moment)))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, "\n".join(file.read_text() for file in tmp_path.glob("0.txt"))
    left = [path.name for path in tmp_path.glob("*/.*.draft")]
    assert left == ([] if moment == "remove" else [".state-000003-step-3.draft"])
    on_ranks(1, after_the_kill, tmp_path, 3 if moment == "remove" else 2)


def killed_at(folder, moment):
    states, engine = two_saved(folder)
    killed = getattr(sealed, moment)

    def half(*arguments):
        if moment == "write_all":
            killed(*arguments)
            truncate(next(iter(arguments[0])))
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(sealed, moment, half)
    states.save(engine, {"step": 3}, {"a": torch.zeros(2)})


def after_the_kill(folder, step):
    states = States(folder, KEY)
    assert not list(folder.glob("*/.*.draft"))
    assert states.load(engine_of()).notes == {"step": step}


def test_a_file_that_may_not_grow_ends_no_run(tmp_path):
    on_ranks(2, limited, tmp_path)


def limited(folder):
    """Rank 1 alone is short of room; both learn of it."""
    states, engine = two_saved(folder, zero=1)
    before, said = states._states(), Said()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if dist.get_rank() == 1:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        assert not states.save(engine, {"step": 3}, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    dist.barrier()
    assert states._states() == before
    assert not list(states.folder.glob(".*"))
    if dist.get_rank() == 0:
        assert (
            "step 3 could not be saved: [Errno 27] File too large. Training goes on; state-000002-step-2 is safe"
            in str(said)
        )
    train(engine, 2, 3)
    assert states.save(engine, {"step": 3}, None)
    assert states.load(engine).notes == {"step": 3}


def test_a_full_disk_ends_no_run(tmp_path):
    (tmp_path / "small").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "none", tmp_path / "small"]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        on_ranks(1, full, tmp_path / "small")
    finally:
        subprocess.run(["umount", tmp_path / "small"], check=True)


def full(folder):
    states, engine = two_saved(folder)
    before, said = states._states(), Said()
    filler = folder / "filler"
    for step, room in enumerate(
        (0, 1, 3, 6), start=3
    ):  # pages of 4 KiB: too few for another part of the state each time
        filler.write_bytes(b"0" * (shutil.disk_usage(folder).free - 4096 * room))
        assert not states.save(engine, {"step": step}, {"a": torch.ones(4000)})
        assert states._states() == before
        assert not list(states.folder.glob(".*"))
        filler.unlink()
    assert (
        "step 3 could not be saved: [Errno 28] No space left on device. Training goes on; state-000002-step-2 is safe"
        in str(said)
    )
    assert states.load(engine).notes == {"step": 2}
    assert states.save(engine, {"step": 7}, {"a": torch.ones(4000)})


def test_a_finished_run_is_published_again(tmp_path):
    on_ranks(2, finished, tmp_path)


def finished(folder):
    states, _ = two_saved(folder / "states")
    out, first = folder / "out", dist.get_rank() == 0
    assert not states.publish(out)
    names = ["model.safetensors", "training.json", "digest"]
    if first:
        out.mkdir()
        for name in names:
            (out / name).write_text(f"of {name}", encoding="utf-8")
    states.finish([out / name for name in names])
    dist.barrier()
    assert not states._states()
    before = (out / "digest").stat()
    dist.barrier()
    if first:
        os.utime(out / "digest", (1, 1))
        shutil.rmtree(out)
        states.lock.close()
    again, said = States(folder / "states", KEY), Said()
    assert again.publish(out)
    dist.barrier()
    assert {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()} == {n: f"of {n}" for n in names}
    after = (out / "digest").stat()
    assert after.st_ino == before.st_ino
    assert after.st_mtime >= before.st_mtime, "Snakemake would take it for outdated"
    if first:
        again.lock.close()
    assert not States(folder / "states", {"another": "run"}).publish(out)
    dist.barrier()
    if first:
        (out / "model.safetensors").write_text("of someone else", encoding="utf-8")  # in place: the link changes too
    dist.barrier()
    assert not again.publish(out)
    dist.barrier()
    assert not (again.folder / "finished").exists()
    if first:
        assert "model.safetensors is damaged" in str(said)


def test_tensors_of_any_kind_are_written_as_safetensors(tmp_path):
    shapes = ((), (3,), (5, 2, 1), (0, 4))
    tensors = {f"{kind} {shape}": torch.ones(shape).to(kind) for kind in sealed.DTYPES for shape in shapes}
    tensors["turned"] = torch.arange(6.0).view(2, 3).T
    file = tmp_path / "folder" / "some.safetensors"
    sealed.write_all({file: tensors})
    assert sealed.sum_of(tensors) == {"bytes": file.stat().st_size, "sha256": digest_of([file])}
    found = load_file(file)
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_a_record_is_plain_json(tmp_path):
    on_ranks(1, recorded, tmp_path)


def recorded(folder):
    two_saved(folder)
    record = json.loads(next(folder.glob("*/state-000002-*/state.json")).read_text(encoding="utf-8"))
    assert record["key"] == KEY
    assert record["notes"] == {"step": 2}
    assert all(set(said) == {"bytes", "sha256"} for said in record["files"].values())
