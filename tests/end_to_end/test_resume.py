"""Training that is killed at any moment goes on when the same command is given again, and ends in the same weights.

XSTILTS_KILLS is how often each run is killed; XSTILTS_SEED repeats the moments of an earlier test.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clones import Clone

KILLS = int(os.environ.get("XSTILTS_KILLS", "1"))
SEED = int(os.environ.get("XSTILTS_SEED", str(time.time_ns() % 10**6)))


class Run:
    """The training of one node by Snakemake, again and again."""

    def __init__(self, clone: Clone, node: str) -> None:
        self.clone, self.node = clone, node
        self.folder = clone.results / "checkpoints" / node
        self.states = clone.results / "states" / node / "_"
        self.wanted = self.result()
        # How often a run is saved changes nothing in it, so none of this makes Snakemake train anything anew.
        clone.edit("config/worlds/nano.yaml", "training: {", "training: {save_minutes: 0, ")
        clone.edit("config/worlds/nano.yaml", "pretrain: {", "pretrain: {save_minutes: 0.005, ")
        self.forget()

    def result(self) -> tuple[bytes, dict[str, Any]]:
        """The weights, and the record but for what a run may take longer or do differently."""
        record = json.loads((self.folder / "training.json").read_text(encoding="utf-8"))
        return (self.folder / "model.safetensors").read_bytes(), {
            name: value for name, value in record.items() if name not in ("seconds", "running")
        }

    def forget(self) -> None:
        """Remove the result, and what a next run would go on from."""
        self.drop_outputs()
        shutil.rmtree(self.states, ignore_errors=True)

    def drop_outputs(self) -> None:
        """As Snakemake does with outputs of a job that it was told to stop. Children's folders lie beside them."""
        for file in self.folder.iterdir() if self.folder.exists() else ():
            if file.is_file():
                file.unlink()

    def start(self) -> subprocess.Popen[str]:
        """Give the command."""
        environment = os.environ | {
            "PYTHONPATH": str(self.clone.folder / "src"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        command = ["snakemake", "--cores", "2", "--configfile", "smoke.yaml", "--rerun-incomplete", "--nolock"]
        target = f"results/nano/checkpoints/{self.node}/digest"
        return subprocess.Popen(
            [*command, target], cwd=self.clone.folder, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def log(self) -> str:
        file = self.clone.results / "logs" / "checkpoints" / f"{self.node}.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def saved(self, pattern: str = "state-*") -> set[str]:
        return {path.name for path in self.states.glob(f"*/{pattern}")}

    def has_saved(self) -> Callable[[], object]:
        """A function that says whether there is a state that wasn't there before."""
        before = self.saved()
        return lambda: self.saved() - before

    def has_ended(self) -> list[str]:
        """Look at what came out, and begin anew."""
        assert self.result() == self.wanted
        self.forget()
        return []

    def wait(self, process: subprocess.Popen[str], happened: Callable[[], object]) -> bool:
        """Wait for something to happen before the process ends; whether it did."""
        while process.poll() is None:
            if happened():
                return True
            time.sleep(0.001)
        return False


def family(pid: int) -> list[int]:
    """A process and its descendants, of whichever session, the oldest first."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def programs(pid: int) -> list[int]:
    """Those of them that train: the ranks, and with several of them first the process that launched them."""
    found = []
    for one in family(pid)[1:]:
        try:
            words = Path(f"/proc/{one}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if Path(words[0]).name.startswith("python") and any(word.endswith("train_checkpoint.py") for word in words):
            found.append(one)
    return found


def kill(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def killed(run: Run, chance: random.Random) -> str | None:
    """Start the run and kill it somewhere after its first new state; how it was done, None if it ended first."""
    process = run.start()
    how = chance.choice(["while it saved", "at some moment"])
    victims = chance.choice(["all processes", "one rank", "the launcher"])
    if not run.wait(process, run.has_saved()):
        assert process.returncode == 0, process.communicate()[0] + run.log()
        return None
    if how == "while it saved":
        run.wait(process, lambda: run.saved(".*.draft"))
    else:
        time.sleep(chance.uniform(0, 1.5))
    trained = programs(process.pid)
    if victims == "all processes":
        kill(family(process.pid))
    elif trained:
        kill([trained[0] if victims == "the launcher" else trained[-1]])
    process.communicate()
    return f"{victims} {how}, with {sorted(run.saved() | run.saved('.*.draft'))}"


@pytest.fixture(params=["tiny/s1/mnli", "tiny"], ids=["one rank", "two ranks"])
def run(copy: Clone, request: pytest.FixtureRequest) -> Run:
    """A node whose weights are known from a run that nobody disturbed."""
    return Run(copy, request.param)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_run_that_is_killed_and_stopped_ends_in_the_weights_of_one_that_was_not(run: Run) -> None:
    chance, done, alone = random.Random(SEED), [], run.node != "tiny"
    while len(done) < KILLS:
        how = killed(run, chance)
        done += [how] if how else run.has_ended()
    while not run.wait(process := run.start(), run.has_saved()):
        run.has_ended()
    os.kill(programs(process.pid)[-1], signal.SIGTERM)
    said = process.communicate()[0]
    assert process.returncode == 1, said
    stopped = re.search(r"asked to stop after step (\d+); its state is saved", run.log())
    assert stopped, run.log()
    assert not (run.folder / "digest").exists()

    process = run.start()
    if alone and run.wait(process, run.has_saved()):
        process.send_signal(signal.SIGTERM)  # Snakemake then lets its jobs end
    said = process.communicate()[0]
    assert f"goes on after step {stopped[1]} of attempt 1" in run.log(), said
    assert run.result() == run.wanted, f"seed {SEED}: {done}"
    assert run.saved("*") == {"finished"}

    if alone:
        run.drop_outputs()
        said = run.start().communicate()[0]
        assert "taken from" in run.log(), said
        assert run.result() == run.wanted
