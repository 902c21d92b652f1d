"""The throwaway Slurm leaves a machine as it was, however it ends, and leaves another Slurm alone."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm_conf
from daemons import DaemonError
from place import FOLDERS, LINK, PREFIX, CannotStartError, processes_of, take, why_not
from slurm import throwaway_slurm

HOLD = """
import signal
from slurm import throwaway_slurm
signal.signal(signal.SIGINT, signal.default_int_handler)  # which shells take from what they start in the background
with throwaway_slurm() as cluster:
    cluster.submit("setsid sleep 600")
    cluster.wait_for(lambda: any("sleep 600" in line for line in cluster.processes("n1").values()), 20)
    print(cluster.folder, *[keeper.pid for keeper in cluster.daemons.keepers.values()], flush=True)
    input()
"""


def traces() -> list[Path]:
    """What there is in the two places where a throwaway Slurm has files."""
    return sorted([*LINK.parent.iterdir(), *FOLDERS.glob(f"{PREFIX}*")])


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Every test here starts with a machine that has no Slurm, and must end so."""
    if reason := why_not():
        pytest.skip(reason)
    take().leave()
    before = traces()
    yield
    assert traces() == before
    assert why_not() is None


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Another process that has a throwaway Slurm, and a job on it; its line says the folder and its keepers' ids."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while processes := processes_of(folder):
        assert time.monotonic() < deadline, processes
        time.sleep(0.1)


def test_jobs_and_daemons_end_with_the_cluster():
    with throwaway_slurm() as cluster:
        cluster.submit("setsid sleep 600 & sleep 600")
        cluster.wait_for(lambda: sum("sleep 600" in line for line in cluster.processes("n1").values()) >= 2, 20)
        processes = [process for node in ("n1", "n2") for process in cluster.processes(node)]
    assert len(processes) >= 4
    assert not [process for process in processes if Path(f"/proc/{process}").exists()]
    assert not processes_of(cluster.folder)


def test_a_start_that_fails_says_which_daemon_and_why(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as taken:
        taken.bind(("", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(slurm_conf, "free_ports", lambda count: (port,) * count)
        said = r"slurmdbd ended with status 1(?s:.*)Address already in use"
        with pytest.raises(DaemonError, match=said), throwaway_slurm():
            pass


def test_ctrl_c_ends_it(holder: subprocess.Popen[str]):
    folder = Path(holder.stdout.readline().split()[0])
    holder.send_signal(signal.SIGINT)
    holder.wait(20)
    assert not processes_of(folder)
    assert not folder.exists()


def test_what_a_killed_run_leaves_the_next_one_removes(holder: subprocess.Popen[str]):
    folder = Path(holder.stdout.readline().split()[0])
    assert "locked" in str(why_not())
    holder.kill()
    holder.wait()
    wait_until_gone(folder)
    assert LINK.readlink().parent == folder
    take().leave()


def test_daemons_that_lost_their_keepers_are_ended_by_the_next_run(holder: subprocess.Popen[str]):
    folder, *keepers = holder.stdout.readline().split()
    for process in [*map(int, keepers), holder.pid]:
        os.kill(process, signal.SIGKILL)
    holder.wait()
    assert processes_of(Path(folder))
    take().leave()
    wait_until_gone(Path(folder))


def test_another_slurm_is_left_alone():
    LINK.write_text("ClusterName=production\n")
    try:
        with pytest.raises(CannotStartError, match="a Slurm of its own"), throwaway_slurm():
            pass
        assert LINK.read_text() == "ClusterName=production\n"
    finally:
        LINK.unlink()
