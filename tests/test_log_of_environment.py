"""What the log of a job says of where it runs, and what it must not say."""

import logging
import re
from pathlib import Path

import pytest
import torch

from xstilts import environment
from xstilts.environment import described, git_commit, launch, log_environment, memory_limit

CPU = torch.device("cpu")


def test_a_few_lines_tell_host_device_launch_and_versions(caplog):
    with caplog.at_level(logging.INFO):
        log_environment(CPU)
    host, device, launched, versions, *_ = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(r"host \S+: \d+ of \d+ CPUs, [\d.]+ GB of memory, .*, Python 3\.\d+\.\d+", host)
    assert re.fullmatch(r"device: CPU \(\w+\), \d+ threads? a rank", device)
    assert launched.startswith("launch: ")
    assert f"torch {torch.__version__}" in versions and "deepspeed" in versions
    assert len(caplog.records) <= 5


def test_secrets_are_never_told():
    variables = {
        "NCCL_DEBUG": "INFO",
        "CUDA_VISIBLE_DEVICES": "0,1",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_TOKEN": "secret",
        "WANDB_API_KEY": "secret",
        "MLFLOW_TRACKING_URI": "https://me:secret@host",
        "MY_NCCL_PASSWORD": "secret",
    }
    *_, told = described(CPU, variables)
    assert told == "CUDA_VISIBLE_DEVICES=0,1 HF_HUB_OFFLINE=1 NCCL_DEBUG=INFO OMP_NUM_THREADS=1"


def test_launches():
    assert launch({}) == "1 rank on 1 node"
    assert launch({"WORLD_SIZE": "1"}) == "1 rank on 1 node"
    torchrun = {"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}
    assert launch(torchrun) == "8 ranks on 2 nodes"
    slurm = {"SLURM_JOB_ID": "17", "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_RESTART_COUNT": "1"}
    assert launch(torchrun | slurm) == "8 ranks on 2 nodes, Slurm job 17 on n[1-2], restarted 1 times"


def test_a_commit_is_read_from_the_checkouts_files(tmp_path):
    assert git_commit(tmp_path) is None
    (tmp_path / ".git" / "refs" / "heads").mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert git_commit(tmp_path) is None
    (tmp_path / ".git" / "packed-refs").write_text("# packed\n" + "a" * 40 + " refs/heads/main\n")
    assert git_commit(tmp_path) == "a" * 40
    (tmp_path / ".git" / "refs" / "heads" / "main").write_text("b" * 40 + "\n")
    assert git_commit(tmp_path) == "b" * 40
    (tmp_path / ".git" / "HEAD").write_text("c" * 40 + "\n")
    assert git_commit(tmp_path) == "c" * 40


@pytest.mark.skipif(not Path("/proc/self/cgroup").exists(), reason="only Linux has control groups")
def test_a_control_groups_limit_counts(tmp_path, monkeypatch):
    whole = memory_limit()
    monkeypatch.setattr(environment, "CONTROL_GROUPS", tmp_path)
    (tmp_path / "memory").mkdir()
    for file, limit in {"memory.max": "1000000", "memory/memory.limit_in_bytes": "1000000"}.items():
        (tmp_path / file).write_text(limit)
    assert memory_limit() == 1_000_000
    for file, limit in {"memory.max": "max", "memory/memory.limit_in_bytes": str((1 << 63) - 4096)}.items():
        (tmp_path / file).write_text(limit)
    assert memory_limit() >= whole
