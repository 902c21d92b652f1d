"""What training jobs ask of Slurm, by ranks and nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from left_behind import plan_of

MNLI = {"parent": "xlmr-large/s1", "stage": "mnli"}


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
    questions = {
        "gpus": asks.training_gpus(),
        "gres": asks.training_gres(),
        "mpi": asks.mpi(),
        "tasks": asks.tasks(),
        "per_node": asks.tasks_per_node(),
        "per_gpu": asks.tasks_per_gpu(),
        "cpus": asks.cpus_per_task(),
    }
    assert {name: ask(MNLI) for name, ask in questions.items() if callable(ask)} == {
        "tasks": None,
        "per_node": None,
        "per_gpu": None,
    } | asked


def test_each_attempt_asks_for_more_up_to_the_sites_limit(tmp_path: Path) -> None:
    asks = plan_of("real", "replication", tmp_path).asks
    memory = [asks.mem_mb("train_checkpoint")(MNLI, attempt) for attempt in (1, 2, 3)]
    minutes = [asks.runtime("train_checkpoint")(MNLI, attempt) for attempt in (1, 2, 3, 50)]
    assert memory == [memory[0] * n for n in (1, 2, 3)] and memory[0] % 500 == 0
    assert minutes[:3] == [minutes[0] * n for n in (1, 2, 3)] and minutes[3] == asks.site.longest_minutes
    estimate = asks.plan.costs.of("train_checkpoint", MNLI)
    assert memory[0] * 1e6 >= 1.3 * estimate.memory and minutes[0] * 60 >= 2 * estimate.seconds


def test_what_is_alike_in_all_stages_of_a_world_is_a_constant(tmp_path: Path) -> None:
    alike = plan_of("real", "replication", tmp_path).asks
    assert (alike.ranks(), alike.nodes(), alike.threads(), alike.training_gpus(), alike.mpi()) == (4, 1, 32, 4, None)
    assert alike.training_gres() == "gpu:4"
    differing = {"real": {"mixtures": {"ranks": 8}}}
    asks = plan_of("real", "replication", tmp_path, worlds=differing).asks
    ranks = asks.ranks()
    assert callable(ranks) and ranks(MNLI) == 4
    assert ranks({"parent": "xlmr-large/s1", "stage": "mnli+squad"}) == 8, "a stage that no study has"
