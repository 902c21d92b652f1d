"""The Slurm executor takes over the jobs of a Snakemake that was killed, or ends them; and what it asks sbatch for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from slurm import Slurm

LAUNCH = Path(__file__).parents[2] / "scripts" / "launch"
WORKFLOW = """
rule all:
    input: expand("out/{x}", x=list("abc"))

rule work:
    output: "out/{x}"
    params: word=config.get("word", "first")
    shell:
        "echo $SLURM_JOB_ID >> started.{wildcards.x}; "
        "while [ ! -e go ]; do sleep .2; done; "
        "echo {params.word} > {output}"

rule wide:
    output: "wide"
    resources: gpus=4, gres="gpu:2", nodes=2, tasks_per_node=2, tasks_per_gpu=0, cpus_per_task=1, mpi="srun"
    shell: "bash scripts/launch --ranks 4 --nodes 2 --gpus 4 --cpus 1 show > {output}"
"""
OPTIONS = (
    *("--executor", "xstilts-slurm", "--jobs", "8", "--default-resources", "mem_mb=200", "runtime=5", "nodes=1"),
    *("--xstilts-slurm-array-jobs", "work", "--xstilts-slurm-no-account", "--latency-wait", "5", "--rerun-incomplete"),
    *("--xstilts-slurm-init-seconds-before-status-checks", "1", "--xstilts-slurm-longest-between-status-checks", "2"),
)


@dataclass
class Workflow:
    """Three small jobs in a folder, which end when there is a file `go`."""

    folder: Path
    cluster: Slurm

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["snakemake", *arguments, *OPTIONS],
            cwd=self.folder,
            env=self.cluster.environment
            | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> str:
        said = self.start(*arguments).communicate(timeout=120)[0]
        assert "Error" not in said, said
        return said

    def killed(self) -> None:
        """A Snakemake that is killed as soon as its three jobs run."""
        process = self.start()
        until = time.monotonic() + 60
        while len(list(self.folder.glob("started.*"))) < 3:
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise AssertionError(process.communicate()[0])
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        subprocess.run(["snakemake", "--unlock"], cwd=self.folder, check=True, capture_output=True)

    def go(self) -> None:
        (self.folder / "go").touch()

    @property
    def words(self) -> list[str]:
        return [(self.folder / "out" / x).read_text().strip() for x in "abc"]

    @property
    def starts(self) -> list[int]:
        """How often each job was started."""
        return [len((self.folder / f"started.{x}").read_text().split()) for x in "abc"]

    @property
    def name(self) -> str:
        file = self.folder / ".snakemake" / "xstilts-slurm" / "run.json"
        return str(json.loads(file.read_text(encoding="utf-8"))["name"])

    def states(self) -> list[str]:
        return [job.state for job in self.cluster.jobs() if job.name == self.name]


@pytest.fixture
def workflow(cluster: Slurm, tmp_path: Path) -> Workflow:
    (tmp_path / "Snakefile").write_text(WORKFLOW, encoding="utf-8")
    return Workflow(tmp_path, cluster)


def test_tasks_of_an_array_that_run_are_waited_for(workflow: Workflow):
    workflow.killed()
    next_one = workflow.start()
    assert next_one.stdout is not None
    said = list(islice((line for line in next_one.stdout if "of an earlier Snakemake goes on" in line), 3))
    workflow.go()
    next_one.communicate(timeout=120)
    assert len(said) == 3
    assert workflow.words == ["first"] * 3 and workflow.starts == [1, 1, 1]
    assert workflow.states() == ["COMPLETED"] * 3


def test_jobs_that_do_something_else_than_now_are_ended_before_theirs_begin(workflow: Workflow):
    workflow.killed()
    next_one = workflow.start("--config", "word=second")
    workflow.cluster.wait_for(lambda: workflow.starts == [2, 2, 2], 90)
    assert sorted(workflow.states()) == ["CANCELLED"] * 3 + ["RUNNING"] * 3
    workflow.go()
    said = next_one.communicate(timeout=120)[0]
    assert "Cancelling Slurm jobs that an earlier Snakemake left" in said
    assert workflow.words == ["second"] * 3


def test_what_ended_unwatched_is_not_repeated_and_a_later_change_is_seen(workflow: Workflow):
    workflow.killed()
    workflow.go()
    workflow.cluster.wait_for(lambda: workflow.states() == ["COMPLETED"] * 3, 60)
    said = workflow.start("--config", "word=second").communicate(timeout=60)[0]
    assert "with other parameters or code" in said and "--forcerun" in said and "out/b" in said
    assert "Nothing to be done" in workflow.run()
    assert workflow.starts == [1, 1, 1]
    workflow.run("--config", "word=second")
    assert workflow.words == ["second"] * 3 and workflow.starts == [2, 2, 2]


def test_a_job_that_no_ledger_knows_is_ended(workflow: Workflow, cluster: Slurm):
    workflow.go()
    workflow.run()
    stray = cluster.submit("sleep 600", f"--job-name={workflow.name}")
    other = cluster.submit("sleep 600", "--job-name=somebody-elses")
    (workflow.folder / "out" / "a").unlink()
    workflow.run()
    assert cluster.job(stray).state == "CANCELLED" and cluster.job(other).state in ("RUNNING", "PENDING")
    cluster.cancel(other)


def test_a_copy_of_the_folder_leaves_the_originals_jobs_alone(workflow: Workflow, tmp_path: Path):
    process = workflow.start()
    workflow.cluster.wait_for(lambda: len(list(workflow.folder.glob("started.*"))) == 3, 60)
    shutil.copytree(workflow.folder, tmp_path / "copy")
    copy = Workflow(tmp_path / "copy", workflow.cluster)
    subprocess.run(["snakemake", "--unlock"], cwd=copy.folder, check=True, capture_output=True)
    copy.go()
    copy.run()
    assert copy.words == ["first"] * 3 and copy.name != workflow.name
    assert workflow.states() == ["RUNNING"] * 3
    workflow.go()
    process.communicate(timeout=60)
    assert workflow.words == ["first"] * 3


def test_a_slurm_that_does_not_answer_is_said_and_nothing_is_submitted(workflow: Workflow, tmp_path: Path):
    mute = tmp_path / "bin" / "squeue"
    mute.parent.mkdir()
    mute.write_text("#!/bin/sh\necho 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1\n")
    mute.chmod(0o755)
    path = f"{mute.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    said = workflow.start(PATH=path).communicate(timeout=60)[0]
    assert "Unable to contact slurm controller" in said and "Nothing was submitted" in said
    assert "Traceback" not in said and not list(workflow.folder.glob("started.*"))


def test_ranks_on_two_nodes_are_spread_evenly_with_a_gpu_each(workflow: Workflow):
    (workflow.folder / "scripts").mkdir()
    shutil.copy(LAUNCH, workflow.folder / "scripts" / "launch")
    (workflow.folder / "scripts" / "show.py").write_text(
        "import os; print(os.environ['SLURM_PROCID'], os.environ['SLURMD_NODENAME'], os.environ['SLURM_LOCALID'], "
        "os.environ['CUDA_VISIBLE_DEVICES'], flush=True)"
    )
    workflow.run("wide")
    ranks = sorted((workflow.folder / "wide").read_text().splitlines())
    assert ranks == ["0 n1 0 0,1", "1 n1 1 0,1", "2 n2 0 0,1", "3 n2 1 0,1"]
