"""A study on a real Slurm gives what it gives on one machine, whatever is killed on the way."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from slurm import Slurm
from study import RANK, Run, Study, new_study, rules_of

LONG, WIDE = "tiny/s1/mnli", "tiny/s1/squad"
SAVED_OFTEN = {  # an edit that changes nothing in the result, and makes it last
    LONG: ("mnli: {steps: 1000, ", "mnli: {steps: 1000, save_minutes: 0, "),
    WIDE: ("zero: 3}", "zero: 3, save_minutes: 0}"),
}


@pytest.fixture(scope="module")
def here(cluster: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study, run on this machine and not disturbed."""
    study = new_study(tmp_path_factory.mktemp("here") / "clone")
    study.run_here("all")
    return study


@pytest.fixture(scope="module")
def there(cluster: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study, run on the cluster from nothing. Tests leave it as it is."""
    study = new_study(tmp_path_factory.mktemp("there") / "clone")
    study.run_on(cluster, "all")
    return study


@pytest.fixture
def copy(there: Study, tmp_path: Path) -> Study:
    return there.copy(tmp_path / "copy")


def slurm_jobs(cluster: Slurm) -> set[str]:
    return {job.id for job in cluster.jobs()}


def test_a_study_on_two_nodes_gives_the_scores_of_one_machine(here: Study, there: Study):
    assert there.scores() == here.scores() != {}
    assert (there.results / "report" / "small" / "report.html").exists()
    for node in ("tiny", WIDE):
        assert "2 ranks on 2 nodes" in there.log(node) and "2 ranks on n1, n2 are fit to train" in there.log(node)
        assert there.digest(node) == here.digest(node)
    assert (
        "zero=2" in (there.checkpoint("tiny") / "training.json").read_text()
        or '"zero": 2' in (there.checkpoint("tiny") / "training.json").read_text()
    )
    assert '"zero": 3' in (there.checkpoint(WIDE) / "training.json").read_text()


def test_small_jobs_went_as_arrays(there: Study, cluster: Slurm):
    assert {job.id.split("_")[0] for job in cluster.jobs() if "_" in job.id}
    assert not list((there.folder / ".snakemake" / "slurm_logs").rglob("*.log")), "logs of jobs that went well are gone"


def test_a_second_run_submits_nothing(there: Study, cluster: Slurm):
    before = slurm_jobs(cluster)
    assert "Nothing to be done" in there.run_on(cluster, "all")
    assert slurm_jobs(cluster) == before


def test_after_one_change_of_one_target_its_jobs_alone_are_submitted(copy: Study, cluster: Slurm):
    before = slurm_jobs(cluster)
    copy.edit("config/worlds/nano.yaml", "xnli: {steps: 20}", "xnli: {steps: 20, lr: 2.0e-4}")
    said = copy.run_on(cluster, "all")
    assert rules_of(said) == {"train_checkpoint": 3, "predict_target": 3, "score_target": 3, "compare_recipes": 1}
    assert len(slurm_jobs(cluster) - before) == 10


def kill_a_rank(cluster: Slurm, job: str) -> None:
    """kill -9 of one rank of several; the others would wait for it for ever."""
    node = cluster.job(job).nodes.replace("n[1-2]", "n2")
    ranks = [process for process, command in cluster.processes(node).items() if RANK in command.split("--spec")[0]]
    os.kill(ranks[-1], signal.SIGKILL)


def stall(cluster: Slurm, job: str) -> None:
    """Stop the program, as if the stage were too long for its time limit, and set that to a minute."""
    programs = [process for process, command in cluster.processes(cluster.job(job).nodes).items() if RANK in command]
    for process in programs:
        os.kill(process, signal.SIGSTOP)
    cluster.limit(job, 1)


WAYS = {  # what ends a Slurm job, which training that is done to, and what accounting then says of the job
    "cancelled": (Slurm.cancel, LONG, "CANCELLED"),
    "a rank killed": (kill_a_rank, WIDE, "FAILED"),
    "requeued, as when preempted": (lambda cluster, job: cluster.run("scontrol", "requeue", job), LONG, "REQUEUED"),
    "its node lost": (lambda cluster, job: cluster.kill_node(cluster.job(job).nodes), LONG, "NODE_FAIL"),
    "out of time": (stall, LONG, "TIMEOUT"),
}


@pytest.fixture
def whole(cluster: Slurm) -> Iterator[Slurm]:
    """The cluster, whose nodes are all there again afterwards."""
    yield cluster
    for node, state in cluster.nodes().items():
        if state.startswith("down"):
            cluster.revive_node(node)


@pytest.mark.parametrize("name", WAYS)
def test_training_that_is_disturbed_goes_on_and_ends_alike(name: str, copy: Study, whole: Slurm):
    way, node, state = WAYS[name]
    wanted, before = copy.digest(node), slurm_jobs(whole)
    copy.edit("config/config.yaml", *SAVED_OFTEN[node])
    copy.forget(node)
    run = copy.start_on(whole, f"results/nano/checkpoints/{node}/digest")
    run.wait_for(lambda: copy.saved(node))
    (job,) = slurm_jobs(whole) - before
    way(whole, job)
    run.end()
    again = re.search(r"goes on after step (\d+) of attempt 1", copy.log(node))
    assert again and int(again[1]) > 0, copy.log(node)
    assert copy.digest(node) == wanted
    runs, new = whole.recorded(job), slurm_jobs(whole) - before
    assert runs[0].startswith(state)
    if state in ("NODE_FAIL", "REQUEUED"):  # Slurm itself starts it again, under its own number
        assert new == {job} and runs[-1] == "COMPLETED"
    else:
        assert len(new) == 2
    assert "Nothing to be done" in copy.run_on(whole, "all"), "its children have the parent that they had"


def test_a_killed_snakemake_is_followed_by_one_that_repeats_and_doubles_nothing(copy: Study, cluster: Slurm):
    wanted, before = {node: copy.digest(node) for node in (LONG, WIDE)}, slurm_jobs(cluster)
    copy.edit("config/config.yaml", *SAVED_OFTEN[LONG])
    for node in wanted:
        copy.forget(node)
    targets = [f"results/nano/checkpoints/{node}/digest" for node in wanted]
    first = copy.start_on(cluster, *targets)
    first.wait_for(lambda: copy.saved(LONG) and "fit to train" in copy.log(WIDE))
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait()
    jobs = slurm_jobs(cluster) - before
    assert len(jobs) == 2
    cluster.wait_for(lambda: any(cluster.job(job).state == "COMPLETED" for job in jobs), 120)
    assert [cluster.job(job).state for job in jobs].count("RUNNING") == 1, "one ended unwatched, one is still running"

    copy.start("--unlock", environment=cluster.environment).end()
    said = copy.run_on(cluster, *targets)
    assert slurm_jobs(cluster) - before == jobs
    assert "of an earlier Snakemake goes on" in said
    assert {node: copy.digest(node) for node in wanted} == wanted
    # What ended unwatched is known by its parameters, as if it had been seen: a change of them is noticed.
    copy.edit("config/config.yaml", "zero: 3}", "zero: 3, lr: 1.0e-4}")
    planned = Run(copy, copy.start("-n", *targets, environment=cluster.environment).process).end()
    assert f"results/nano/checkpoints/{WIDE}/model.safetensors" in planned
    assert f"results/nano/checkpoints/{LONG}/model.safetensors" not in planned
