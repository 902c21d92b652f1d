"""A throwaway Slurm on this machine: a controller, two nodes, accounting, pretend GPUs. Needs root, and Debian's Slurm.

    with throwaway_slurm() as cluster:
        cluster.run("srun", "-N2", "-n2", "hostname")

It takes some five seconds to start and one to end. Its files lie in a folder of its own below /tmp, but for one link,
/etc/slurm/slurm.conf (place.py). Each daemon runs under a keeper (keeper.py), which ends it and all that it started,
jobs included, in whatever way this process ends. What a killed run leaves, its folder and the link, the next start
removes.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import keeper
from daemons import Daemons
from place import take
from slurm_conf import settings

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """A job as the controller sees it. A requeued job keeps its id and has one more restart."""

    id: str  # of an array's task: 12_3
    state: str
    restarts: int
    nodes: str  # as Slurm writes them: n1, n[1-2]
    reason: str
    name: str
    comment: str


@contextmanager
def throwaway_slurm() -> Iterator[Slurm]:
    """A running cluster whose two nodes are idle. Raises place.CannotStartError where there cannot be one."""
    place = take()
    try:
        daemons = Daemons(settings(place.folder))
        try:
            daemons.start()
            place.publish()
            yield Slurm(daemons)
        finally:
            daemons.end(*daemons.keepers)
    finally:
        place.leave()


@dataclass(frozen=True)
class Slurm:
    """What a test may do with the cluster. Programs that shall use it need nothing but `environment`."""

    daemons: Daemons

    @property
    def environment(self) -> dict[str, str]:
        """This process's, without what a Slurm job set in which the tests themselves may run."""
        return {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "SBATCH_", "SRUN_"))}

    @property
    def folder(self) -> Path:
        """Where the daemons' logs are, until the cluster is gone."""
        return self.daemons.files.folder

    def run(self, *command: str) -> str:
        """Run a program as a user of the cluster; return what it prints, fail with that if it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def submit(self, script: str, *options: str) -> str:
        """Submit a few lines of shell as a job; return its id. Its output is lost unless `options` keep it."""
        return self.run("sbatch", "--parsable", "--output=/dev/null", *options, f"--wrap={script}").strip()

    def jobs(self) -> list[Job]:
        """All jobs since the cluster started, ended ones included."""
        fields = ["JobArrayID", "State", "RestartCnt", "NodeList", "Reason", "Name", "Comment"]
        rows = self.run("squeue", "-hr", "--states=all", "--sort=i", "-O", ",".join(f"{name}:\x1f" for name in fields))
        jobs = []
        for row in rows.splitlines():
            id, state, restarts, *others = row.split("\x1f")
            jobs.append(Job(id, state, int(restarts), *others[:4]))
        return jobs

    def job(self, id: str) -> Job:
        return next(job for job in self.jobs() if job.id == id)

    def recorded(self, id: str) -> list[str]:
        """The states in which accounting has the runs of a job: a requeued job has one for each run, oldest first."""
        rows = self.run("sacct", "-nPX", "--duplicates", f"--jobs={id}", "--format=State")
        return rows.splitlines()

    def nodes(self) -> dict[str, str]:
        """The state of each node, such as idle, mixed, down*; a star says that the node does not answer."""
        return dict(row.split() for row in self.run("sinfo", "-hN", "-o", "%N %T").splitlines())

    def wait_for(self, question: Callable[[], T], seconds: float) -> T:
        """Ask until the answer is true, and return it; fail with what the cluster does after so many seconds."""
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            if time.monotonic() > deadline:
                state = "\n".join(map(str, [self.nodes(), *self.jobs()]))
                raise AssertionError(f"not so within {seconds} s\n{state}\n{self.daemons.log('slurmctld')}")
            time.sleep(0.2)
        return answer

    def cancel(self, id: str) -> None:
        self.run("scancel", id)

    def limit(self, id: str, minutes: int) -> None:
        """Give a job another time limit. The controller looks twice a minute for jobs past theirs."""
        self.run("scontrol", "update", f"JobId={id}", f"TimeLimit={minutes}")

    def kill_node(self, node: str) -> None:
        """Cut a node's power: its processes end at once and report nothing, but their connections break."""
        self.daemons.end(node)

    def revive_node(self, node: str) -> None:
        """Start a node whose power was cut; return when it takes jobs again."""
        self.daemons.start_node(node)
        self.wait_for(lambda: self.nodes()[node] in ("idle", "mixed", "allocated"), 60)

    def processes(self, node: str) -> dict[int, str]:
        """The command lines of a node's processes by their ids: daemon, job steps and programs of jobs."""
        found = {}
        for process in keeper.descendants(self.daemons.keepers[node].pid):
            try:
                found[process] = Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ").strip()
            except OSError:  # it ended meanwhile
                continue
        return found
