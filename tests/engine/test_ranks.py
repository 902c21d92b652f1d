"""Ranks find each other however they are launched, and what is wrong with a launch is said before any of them waits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from pair import on_ranks
from test_launch import SRUN, TORCHRUN, WIDE

from xstilts.config.spec import StageSpec
from xstilts.engine import ranks
from xstilts.errors import UserError


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
