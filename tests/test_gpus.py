"""Jobs that run side by side on one machine have GPUs of their own, and give them back however they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xstilts import gpus

LAUNCH = Path(__file__).parents[1] / "scripts" / "launch"
SHOW = "import os, sys, time; print(os.environ['CUDA_VISIBLE_DEVICES'], flush=True); time.sleep(float(sys.argv[1]))"


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Path:
    """One whose driver lists four GPUs."""
    driver = tmp_path / "bin" / "nvidia-smi"
    driver.parent.mkdir()
    driver.write_text("#!/bin/sh\nprintf '0\\n1\\n2\\n3\\n'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(LAUNCH.parents[1] / "src"))
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def job(wanted: int, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "xstilts.gpus", str(wanted), sys.executable, "-c", SHOW, str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def seen(one: subprocess.Popen[str]) -> set[str]:
    assert one.stdout is not None
    return set(one.stdout.readline().strip().split(","))


def test_jobs_side_by_side_share_no_gpu(machine):
    first, second = job(2, 60), job(2, 60)
    a, b = seen(first), seen(second)
    assert len(a) == len(b) == 2 and a | b == set("0123")
    third = job(3, 0)
    time.sleep(1)
    assert third.poll() is None
    first.send_signal(signal.SIGKILL)
    time.sleep(2)
    assert third.poll() is None, "two are free, and it wants three"
    second.terminate()
    assert len(seen(third)) == 3
    for one in (first, second, third):
        one.communicate()


def test_jobs_that_want_all_do_not_wait_for_each_other(machine):
    jobs = [job(4, 0.1) for _ in range(4)]
    assert [seen(one) for one in jobs] == [set("0123")] * 4
    assert [one.wait(30) for one in jobs] == [0] * 4


def test_more_than_there_are_is_an_error_at_once(machine):
    one = job(5, 0)
    assert one.wait(30) == 1
    assert "asks for 5 GPUs, and there are 4 here (0, 1, 2, 3)" in one.communicate()[1]


def test_gpus_that_the_user_named_are_the_ones_that_are_lent(machine, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-8f3a")
    assert gpus.gpus_here() == ["2", "GPU-8f3a"]
    assert gpus.lent(1, gpus.gpus_here(), machine / "locks") == ["2"]


def launched(folder: Path, *options: str) -> str:
    """What `launch` starts, by a copy of it whose only program prints what it was given."""
    (folder / "scripts").mkdir(exist_ok=True)
    (folder / "scripts" / "launch").write_text(LAUNCH.read_text(encoding="utf-8"), encoding="utf-8")
    program = "import os, sys; print(os.environ.get('CUDA_VISIBLE_DEVICES'), *sys.argv[1:])"
    (folder / "scripts" / "show.py").write_text(program)
    command = ["bash", str(folder / "scripts" / "launch"), *options, "show", "a", "b c"]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(LAUNCH.parents[1] / "src")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_launch_gives_a_program_its_gpus(machine):
    assert launched(machine) == "None a b c\n"
    assert launched(machine, "--gpus", "1") == "0 a b c\n"
    assert launched(machine, "--ranks", "1", "--nodes", "1", "--gpus", "3") == "0,1,2 a b c\n"


def test_within_a_slurm_job_its_own_gpus_are_lent(machine, monkeypatch):
    outside = job(4, 60)
    assert seen(outside) == set("0123")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    inside = job(1, 60)
    assert len(seen(inside)) == 1 and launched(machine, "--gpus", "1") in ("0 a b c\n", "1 a b c\n")
    for one in (outside, inside):
        one.kill()
        one.communicate()


def test_fewer_gpus_than_ranks_are_refused_with_the_setting_that_did_it(machine):
    with pytest.raises(subprocess.CalledProcessError) as error:
        launched(machine, "--ranks", "8", "--gpus", "4")
    assert "8 ranks want a GPU each, and may have 4: raise gpus_in_flight" in error.value.stderr
