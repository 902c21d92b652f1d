"""What launchers leave in the environment, and which GPU each rank takes."""

import pytest
import torch

from xstilts.engine.launch import Launch, gpu_of, launch_of
from xstilts.errors import UserError

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
TORCHRUN |= {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"}
SRUN = {"SLURM_PROCID": "1", "SLURM_NTASKS": "2", "SLURM_LOCALID": "1", "SLURM_STEP_NODELIST": "n1"}
SRUN |= {"SLURM_STEP_TASKS_PER_NODE": "2", "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "1"}
WIDE = SRUN | {"SLURM_STEP_TASKS_PER_NODE": "2(x2),1", "SLURM_NODEID": "2", "SLURM_NTASKS": "5", "SLURM_PROCID": "4"}
WIDE |= {"SLURM_STEP_NODELIST": "localhost,n[2-3]", "SLURM_LOCALID": "0"}

CASES = {
    "alone": ({}, Launch()),
    "torchrun": (TORCHRUN, Launch(3, 4, 1, 2, False, "10.0.0.1", 29500)),
    "a launcher that counts no local ranks": (
        {name: value for name, value in TORCHRUN.items() if name != "LOCAL_WORLD_SIZE"},
        Launch(3, 4, 1, 2, False, "10.0.0.1", 29500),
    ),
    "torchrun with one rank": (TORCHRUN | {"RANK": "0", "WORLD_SIZE": "1"}, Launch()),
    "torchrun in a job step": (SRUN | TORCHRUN, Launch(3, 4, 1, 2, False, "10.0.0.1", 29500)),
    "srun": (SRUN, Launch(1, 2, 1, 2, True)),
    "srun, three nodes": (WIDE, Launch(4, 5, 0, 1, True)),
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
    "environment, says",
    [
        ({"RANK": "0"}, ["LOCAL_RANK=None", "scripts/launch --ranks N"]),
        (TORCHRUN | {"WORLD_SIZE": "two"}, ["WORLD_SIZE=two"]),
        ({"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}, ["MASTER_ADDR=None", "MASTER_PORT=None"]),
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
