"""What training jobs ask of Slurm, by ranks and nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from left_behind import plan_of

NODE = "xlmr-large/s1/mnli"


@pytest.mark.parametrize(
    ("stage", "asked"),
    [
        ({"ranks": 1}, {"gpus": 1, "gres": "gpu:1", "mpi": None, "cpus": 8}),
        ({"ranks": 4}, {"gpus": 4, "gres": "gpu:4", "mpi": None, "cpus": 32}),
        # tests/cluster/test_executor.py has such a job on two nodes.
        ({"ranks": 8, "nodes": 2}, {"gpus": 8, "gres": "gpu:4", "mpi": "srun", "per_node": 4, "per_gpu": 0, "cpus": 8}),
        ({"ranks": 2, "nodes": 2}, {"gpus": 2, "gres": "gpu:1", "mpi": "srun", "tasks": 2, "per_gpu": 0, "cpus": 8}),
        ({"ranks": 2, "nodes": 2, "device": "any"}, {"gpus": 0, "gres": None, "mpi": "srun", "tasks": 2, "cpus": 8}),
        ({"ranks": 4, "device": "any"}, {"gpus": 0, "gres": None, "mpi": None, "cpus": 32}),
    ],
)
def test_gpus_and_tasks_follow_from_ranks_and_nodes(stage: dict, asked: dict, tmp_path: Path) -> None:
    asks = plan_of("real", "replication", tmp_path, worlds={"real": {"stages": {"mnli": stage}}}).asks
    found = {
        "gpus": asks.gpus_of(NODE),
        "gres": asks.gres_of(NODE),
        "mpi": asks.mpi_of(NODE),
        "tasks": asks.tasks_of(NODE),
        "per_node": asks.tasks_per_node_of(NODE),
        "per_gpu": asks.tasks_per_gpu_of(NODE),
        "cpus": asks.cpus_of(NODE),
    }
    assert found == {"tasks": None, "per_node": None, "per_gpu": None} | asked


def test_each_attempt_asks_for_more_up_to_the_sites_limit(tmp_path: Path) -> None:
    asks = plan_of("real", "replication", tmp_path).asks
    wildcards = {"parent": "xlmr-large/s1", "stage": "mnli"}
    memory = [asks.mem_mb("train_checkpoint", wildcards, attempt) for attempt in (1, 2, 3)]
    minutes = [asks.runtime("train_checkpoint", wildcards, attempt) for attempt in (1, 2, 3, 50)]
    assert memory == [memory[0] * n for n in (1, 2, 3)] and memory[0] % 500 == 0
    assert minutes[:3] == [minutes[0] * n for n in (1, 2, 3)] and minutes[3] == asks.site.longest_minutes
    estimate = asks.plan.costs.of("train_checkpoint", wildcards)
    assert memory[0] * 1e6 >= 1.3 * estimate.memory and minutes[0] * 60 >= 2 * estimate.seconds
