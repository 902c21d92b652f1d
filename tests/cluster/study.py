"""The workflow in a clone of the repository, as its user types it: on this machine, or on the throwaway Slurm."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clones import clone_into
from slurm import Slurm

# Pretraining is on two nodes under ZeRO 2, one intermediate stage on two nodes under ZeRO 3, and one that lasts.
CONFIG = """world: nano
study: small
aliases:
  all9: anli+ccg+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2
studies:
  small:
    asks: Does a cluster give what one machine gives?
    seeds: [1]
    recipes: {none: [], mnli: [mnli], squad: [squad]}
    targets: [xnli, tatoeba]
    compare: {baseline: none}
worlds:
  nano:
    stages:
      pretrain: {ranks: 2, nodes: 2, zero: 2}
      mnli: {steps: 1000, evaluate_every: 500}
      squad: {ranks: 2, nodes: 2, zero: 3}
"""
QUICK = (  # Slurm is asked more often than a real one should be
    *("--xstilts-slurm-init-seconds-before-status-checks", "2"),
    *("--xstilts-slurm-longest-between-status-checks", "5", "--latency-wait", "5"),
)
RANK = "train_checkpoint.py"


@dataclass(frozen=True)
class Study:
    """A clone, whose config/config.yaml names the small study."""

    folder: Path

    @property
    def results(self) -> Path:
        return self.folder / "results" / "nano"

    def checkpoint(self, node: str) -> Path:
        return self.results / "checkpoints" / node

    def digest(self, node: str) -> str:
        return (self.checkpoint(node) / "digest").read_text(encoding="utf-8")

    def log(self, node: str) -> str:
        file = self.results / "logs" / "checkpoints" / f"{node}.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def saved(self, node: str) -> set[str]:
        """The states that a training has saved."""
        return {path.name for path in (self.results / "states" / node / "_").glob("*/state-*")}

    def scores(self) -> dict[str, Any]:
        """All scores, without what says where and when they were made."""
        found = {}
        for file in sorted((self.results / "scores").rglob("*.json")):
            said = json.loads(file.read_text(encoding="utf-8"))
            found[str(file.relative_to(self.results))] = [
                {name: row[name] for name in ("language", "split", "metric", "value", "n") if name in row}
                for row in said["rows"]
            ]
        return found

    def forget(self, node: str) -> None:
        """Remove a checkpoint, not its children's, and what its training would go on from."""
        for file in self.checkpoint(node).iterdir():
            if file.is_file():
                file.unlink()
        shutil.rmtree(self.results / "states" / node / "_", ignore_errors=True)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def copy(self, folder: Path) -> Study:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Study(folder)

    def start(self, *arguments: str, environment: dict[str, str]) -> Run:
        """`snakemake` with the arguments, in a session of its own."""
        with (self.folder / "said.txt").open("w", encoding="utf-8") as said:
            process = subprocess.Popen(
                ["snakemake", *arguments],
                cwd=self.folder,
                env=environment
                | {
                    "PYTHONPATH": str(self.folder / "src"),
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                },
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Run(self, process)

    def run_here(self, *arguments: str) -> str:
        """Run it on this machine to its end; what it said."""
        return self.start("--profile", "profiles/local", "--cores", "2", *arguments, environment={**os.environ}).end()

    def run_on(self, cluster: Slurm, *arguments: str) -> str:
        """Run it on the cluster to its end; what it said."""
        return self.start_on(cluster, *arguments).end()

    def start_on(self, cluster: Slurm, *arguments: str) -> Run:
        return self.start(*arguments, "--profile", "slurm", *QUICK, environment=cluster.environment)


@dataclass(frozen=True)
class Run:
    """A Snakemake that is running."""

    study: Study
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        return (self.study.folder / "said.txt").read_text(encoding="utf-8")

    def end(self) -> str:
        """Wait for its end, which must be a good one."""
        status = self.process.wait(900)
        failed = re.findall(r"log: (\S+) \(check log", self.said)
        logs = "\n".join(
            f"== {name}\n{(self.study.folder / name).read_text()[-1500:]}" for name in dict.fromkeys(failed)
        )
        assert status == 0, f"{self.said[-4000:]}\n{logs}"
        return self.said

    def wait_for(self, happened: Callable[[], object], seconds: float = 120) -> None:
        """Wait for something to happen while it runs."""
        until = time.monotonic() + seconds
        while not happened():
            assert self.process.poll() is None and time.monotonic() < until, self.said[-3000:]
            time.sleep(0.1)


def rules_of(said: str) -> Counter[str]:
    """The jobs that a Snakemake executed, by rule, those on the machine where it runs left out."""
    return Counter(re.findall(r"^rule (\w+):", said, flags=re.MULTILINE))


def new_study(folder: Path) -> Study:
    """A clone as a user would set it up: the study in config/config.yaml, a small cluster in config/site.yaml."""
    clone = clone_into(folder)
    (clone.folder / "smoke.yaml").unlink()
    (clone.folder / "config" / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return Study(clone.folder)
