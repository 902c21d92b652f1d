"""The throwaway Slurm does what tests of the workflow on a cluster rely on."""

from pathlib import Path

from slurm import Slurm
from slurm_conf import KILL_WAIT, NODE_TIMEOUT, REQUEUE_WAIT


def test_both_nodes_wait_for_jobs(cluster: Slurm):
    assert cluster.nodes() == {"n1": "idle", "n2": "idle"}


def test_ranks_run_on_both_nodes(cluster: Slurm):
    ranks = cluster.run("srun", "-N2", "-n2", "bash", "-c", "echo $SLURM_PROCID $SLURM_NODEID $SLURMD_NODENAME")
    assert sorted(ranks.splitlines()) == ["0 0 n1", "1 1 n2"]


def test_accounting_knows_jobs_that_ended(cluster: Slurm):
    good = cluster.submit("true", "--comment=a|b c", "--job-name=" + "long" * 20)
    bad = cluster.submit("exit 3")
    cluster.wait_for(lambda: cluster.recorded(good) == ["COMPLETED"] and cluster.recorded(bad) == ["FAILED"], 20)
    assert (cluster.job(good).name, cluster.job(good).comment) == ("long" * 20, "a|b c")
    assert cluster.job(bad).state == "FAILED"


def test_jobs_side_by_side_are_told_of_different_gpus(cluster: Slurm, tmp_path: Path):
    outputs = [tmp_path / name for name in "ab"]
    script = "echo $CUDA_VISIBLE_DEVICES $SLURM_JOB_GPUS > {}; sleep 600"
    jobs = [cluster.submit(script.format(output), "--gpus=1", "--nodelist=n1") for output in outputs]
    cluster.wait_for(lambda: all(output.exists() and output.read_text() for output in outputs), 20)
    third = cluster.submit("true", "--gpus=1", "--nodelist=n1")
    assert sorted(output.read_text() for output in outputs) == ["0 0\n", "1 1\n"]
    assert cluster.job(third).state == "PENDING"
    for job in jobs:
        cluster.cancel(job)
    cluster.wait_for(lambda: cluster.job(third).state == "COMPLETED", KILL_WAIT + 20)
    assert cluster.recorded(jobs[0]) == ["CANCELLED by 0"]


def test_a_running_job_gets_another_time_limit(cluster: Slurm):
    job = cluster.submit("sleep 600", "--time=10")
    cluster.wait_for(lambda: cluster.job(job).state == "RUNNING", 20)
    cluster.limit(job, 2)
    assert cluster.run("squeue", "-h", "-j", job, "-o", "%l").strip() == "2:00"
    cluster.cancel(job)


def test_a_job_whose_node_loses_power_runs_again_elsewhere_under_its_id(cluster: Slurm, tmp_path: Path):
    log = tmp_path / "log"
    script = (
        f"echo $SLURM_JOB_ID $SLURMD_NODENAME $SLURM_RESTART_COUNT >> {log}; test $SLURM_RESTART_COUNT || sleep 600"
    )
    job = cluster.submit(script, "--requeue")
    cluster.wait_for(log.exists, 20)
    lost = cluster.job(job).nodes
    assert any(line.startswith("sleep") for line in cluster.processes(lost).values())

    cluster.kill_node(lost)
    cluster.wait_for(lambda: cluster.nodes()[lost] == "down*", NODE_TIMEOUT + 30)
    cluster.wait_for(lambda: cluster.job(job).state == "COMPLETED", REQUEUE_WAIT + 30)
    other = "n2" if lost == "n1" else "n1"
    assert log.read_text() == f"{job} {lost}\n{job} {other} 1\n"
    assert cluster.job(job).restarts == 1
    cluster.wait_for(lambda: cluster.recorded(job) == ["NODE_FAIL", "COMPLETED"], 20)

    cluster.revive_node(lost)
    assert cluster.run("srun", f"--nodelist={lost}", "bash", "-c", "echo $SLURMD_NODENAME") == f"{lost}\n"
