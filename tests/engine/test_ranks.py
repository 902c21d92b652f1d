"""Ranks find each other however they are launched, and what is wrong with a launch is said before any of them waits."""

import os
import pickle
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from pair import CONTEXT, on_ranks

from xstilts.config.spec import StageSpec
from xstilts.engine import ranks
from xstilts.engine.ranks import FIRST_PORT, PORTS, Launch, first_host, gpu_of, launch_of
from xstilts.errors import UserError

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
TORCHRUN |= {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"}
SRUN = {"SLURM_PROCID": "1", "SLURM_NTASKS": "2", "SLURM_LOCALID": "1", "SLURM_STEP_NODELIST": "n1"}
SRUN |= {"SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "1"}
WIDE = SRUN | {"SLURM_STEP_TASKS_PER_NODE": "2(x2),1", "SLURM_NODEID": "2", "SLURM_NTASKS": "5", "SLURM_PROCID": "4"}
WIDE |= {"SLURM_STEP_NODELIST": "localhost,n[2-3]", "SLURM_LOCALID": "0"}
PORT = FIRST_PORT + 50

CASES = {
    "alone": ({}, Launch()),
    "torchrun": (TORCHRUN, Launch(3, 4, 1, 2, False, "10.0.0.1", 29500)),
    "a launcher that counts no local ranks": (
        {name: value for name, value in TORCHRUN.items() if name != "LOCAL_WORLD_SIZE"},
        Launch(3, 4, 1, 2, False, "10.0.0.1", 29500),
    ),
    "torchrun with one rank": (TORCHRUN | {"RANK": "0", "WORLD_SIZE": "1"}, Launch()),
    "torchrun in a job step": (SRUN | TORCHRUN, Launch(3, 4, 1, 2, False, "10.0.0.1", 29500)),
    "srun": (SRUN, Launch(1, 2, 1, 2, True, "127.0.0.1", PORT)),
    "srun, three nodes": (WIDE, Launch(4, 5, 0, 1, True, "localhost", PORT)),
    "srun, nodes without address": (
        WIDE | {"SLURM_STEP_NODELIST": "no-such-node[1-3]", "SLURM_LAUNCH_NODE_IPADDR": "10.0.0.9"},
        Launch(4, 5, 0, 1, True, "10.0.0.9", PORT),
    ),
    "srun, address given": (
        WIDE | {"MASTER_ADDR": "10.0.0.2", "MASTER_PORT": "12345"},
        Launch(4, 5, 0, 1, True, "10.0.0.2", 12345),
    ),
    "srun with one task": (SRUN | {"SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, Launch()),
    "a step of fewer tasks than its job": (SRUN | {"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, Launch()),
    "a batch script, which runs once": ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_LOCALID": "0"}, Launch()),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_launcher_leaves_in_the_environment(name):
    environment, wanted = CASES[name]
    assert launch_of(environment) == wanted


@pytest.mark.parametrize(
    "hosts, first",
    {"n1": "n1", "n[1-2]": "n1", "n[001-004,9],m7": "n001", "a,b": "a", "r[3,5]x": "r3x", "": ""}.items(),
)
def test_the_first_of_slurms_hosts(hosts, first):
    assert first_host(hosts) == first


def test_steps_have_ports_of_their_own():
    ports = {launch_of(SRUN | {"SLURM_JOB_ID": str(job), "SLURM_STEP_ID": "0"}).port for job in range(2000)}
    assert len(ports) == 2000 and min(ports) >= FIRST_PORT and max(ports) < FIRST_PORT + PORTS


@pytest.mark.parametrize(
    "environment, says",
    [
        ({"RANK": "0"}, ["LOCAL_RANK=None", "scripts/launch --ranks N"]),
        (TORCHRUN | {"WORLD_SIZE": "two"}, ["WORLD_SIZE=two"]),
        (WIDE | {"SLURM_STEP_NODELIST": "no-such-node"}, ["MASTER_ADDR", "MASTER_PORT"]),
    ],
)
def test_half_a_launch_is_refused(environment, says):
    with pytest.raises(UserError) as error:
        launch_of(environment)
    assert all(part in str(error.value) for part in says), error.value


@pytest.mark.parametrize(
    "launch, gpus, wanted",
    [
        (Launch(), 0, None),
        (Launch(), 4, 0),
        (Launch(5, 8, 1, 4), 4, 1),
        (Launch(1, 2, 1, 2, own_view=True), 1, 0),
        (Launch(1, 2, 1, 2, own_view=True), 2, 1),
    ],
)
def test_each_rank_has_a_gpu_of_its_own(launch, gpus, wanted):
    assert gpu_of(launch, gpus, "any") == wanted


def test_a_gpu_that_is_wanted_and_not_seen(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(UserError) as error:
        gpu_of(Launch(), 0, "gpu")
    said = str(error.value)
    assert "device: gpu" in said and torch.__version__ in said and "without CUDA: install" in said
    assert "CUDA_VISIBLE_DEVICES is ''" in said and "nvidia-smi" in said and "device: any" in said
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    with pytest.raises(UserError, match=r"built for CUDA 12\.8; CUDA_VISIBLE_DEVICES is not set"):
        gpu_of(Launch(), 0, "gpu")


def test_more_ranks_than_gpus(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(UserError) as error:
        gpu_of(Launch(3, 4, 3, 4), 2, "any")
    said = str(error.value)
    assert "4 ranks on node" in said and "2 GPUs" in said and "'0,1'" in said and "lower ranks" in said


def stage(**settings):
    return StageSpec(**{"name": "stage", "parts": (), "lr": 1.0, "batch": 8, **settings})


@pytest.mark.parametrize(
    "environment, settings, says",
    [
        ({}, {"ranks": 2}, ["ranks: 2", "1 was started", "scripts/launch --ranks 2 train_checkpoint", "set ranks: 1"]),
        (TORCHRUN, {"ranks": 2}, ["ranks: 2", "4 were started", "srun -n 2", "set ranks: 4"]),
        (SRUN, {}, ["ranks: 1", "2 were started"]),
        ({}, {"device": "gpu"}, ["device: gpu", "torch sees none"]),
    ],
)
def test_a_launch_that_is_not_the_stages_is_refused_at_once(environment, settings, says, monkeypatch):
    if torch.cuda.is_available():
        pytest.skip("needs a machine without GPU")
    for name in [*TORCHRUN, *WIDE, "SLURM_STEP_NUM_TASKS"]:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(dist, "init_process_group", lambda *_, **__: pytest.fail("it waits for other ranks"))
    with pytest.raises(UserError) as error:
        ranks.start(stage(**settings))
    assert all(part in str(error.value) for part in says), error.value


def counted():
    """Sums, a broadcast, and a disagreement."""
    rank = dist.get_rank()
    with pytest.raises(UserError, match=r"ranks disagree on x: \['0', '1'\]"):
        ranks.agree_on("x", str(rank))
    ranks.agree_on("y", "same")
    return ranks.total_over_ranks(1.0, 10.0 * rank), ranks.from_rank_0(0.1 + rank), dist.get_world_size()


def test_ranks_add_up_and_agree():
    assert on_ranks(2, counted) == [([2.0, 10.0], 0.1, 2)] * 2


def alone():
    dist.destroy_process_group()
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        os.environ.pop(name)
    ranks.start(stage())
    found = ranks.total_over_ranks(1.5), ranks.from_rank_0(0.1)
    dist.destroy_process_group()
    ranks.start(stage())  # once more, with the variables that the first start left
    return *found, dist.get_world_size(), os.environ["LOCAL_RANK"]


def test_a_process_alone_is_a_group_of_one():
    assert on_ranks(1, alone) == [([1.5], 0.1, 1, "0")]


def task(rank, job, out):
    """A task that srun would start."""
    os.environ.update(SRUN | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank), "SLURM_JOB_ID": str(job)})
    ranks.start(stage(ranks=2))
    out.write_bytes(pickle.dumps((counted(), os.environ["RANK"], os.environ["LOCAL_RANK"])))
    dist.barrier()
    dist.destroy_process_group()


def test_tasks_of_srun_meet(tmp_path):
    def is_free(job):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", launch_of(SRUN | {"SLURM_JOB_ID": str(job)}).port)) != 0

    job = next(filter(is_free, (random.randrange(10**6) for _ in range(50))))
    files = [tmp_path / str(rank) for rank in range(2)]
    tasks = [CONTEXT.Process(target=task, args=(rank, job, file)) for rank, file in enumerate(files)]
    for one in tasks:
        one.start()
    for one in tasks:
        one.join(60)
    found = [pickle.loads(file.read_bytes()) for file in files]
    assert found == [(([2.0, 10.0], 0.1, 2), str(rank), str(rank)) for rank in range(2)]


def test_ranks_of_torchrun_meet(tmp_path):
    script = tmp_path / "rank.py"
    script.write_text(
        "from xstilts.config.spec import StageSpec\n"
        "from xstilts.engine import ranks\n"
        "ranks.start(StageSpec(name='stage', parts=(), lr=1.0, batch=8, ranks=2))\n"
        "print(f'the sum is {ranks.total_over_ranks(2.0)}\\n', end='', flush=True)\n"
        "ranks.dist.barrier()\n"  # or the first to end would pull the wire out of the other's hand
        "ranks.dist.destroy_process_group()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in TORCHRUN}
    source = Path(ranks.__file__).parents[2]
    environment |= {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("the sum is [4.0]") == 2
