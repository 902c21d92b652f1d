"""Plans, and results as a study leaves them, of a machine whose speed is made up: records, benchmarks, curves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xstilts.config import load
from xstilts.config.site import Site
from xstilts.config.spec import RUNNING
from xstilts.cost.costs import Costs
from xstilts.cost.finished import FOLDERS, last_look
from xstilts.cost.laws import LAWS, total
from xstilts.plan import Plan

ROOT = Path(__file__).parents[2]
MB = 2**20


def plan_of(world: str, study: str, results: Path, **more: Any) -> Plan:
    """The plan of a study of the repository, with its results in a folder."""
    config = {"world": world, "study": study, "results": str(results), **more}
    return Plan(load(config, ROOT), ROOT / "scripts")


class Machine:
    """A computer that takes its own times: so much longer for each amount than the model of cost believes."""

    def __init__(self, slower: Mapping[str, float], memory: float = 1.0, noise: float = 0.03) -> None:
        self.slower, self.memory, self.noise = slower, memory, noise
        self.rng = np.random.default_rng(1)

    def takes(self, kind: str, time: Mapping[str, float], memory: Mapping[str, float]) -> dict[str, float]:
        """A line of a benchmark, of a job that was alone; its CPU time is that of Snakemake's last look."""
        prices = {name: price * self.slower.get(name, 1.0) for name, price in LAWS[kind].time.items()}
        seconds = total(prices, time) * float(np.exp(self.noise * self.rng.standard_normal()))
        most = self.memory * total(LAWS[kind].memory, memory) * float(np.exp(self.noise * self.rng.standard_normal()))
        return {"s": seconds, "cpu_time": last_look(seconds), "max_rss": most / MB}


def write(file: Path, told: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told), encoding="utf-8")


def run(plan: Plan, machine: Machine, rule: str, wildcards: Mapping[str, str]) -> dict[str, float]:
    """Leave what a job would leave that the plan reads; returns its benchmark."""
    works, results, name = Costs(plan, Site()).works, plan.results, "/".join(wildcards.values())
    work = works.of(rule, wildcards)
    line = machine.takes(work.kind, work.time, work.memory)
    line["cpu_time"] *= work.cores
    write(results / "benchmarks" / FOLDERS[rule] / f"{name}.jsonl", line)
    if rule in ("train_checkpoint", "pretrain_base"):
        stage = works.training(name).stage
        record = {
            "spec": {"stage": stage.as_dict()},
            "running": {setting: getattr(stage, setting) for setting in RUNNING},
            "steps": works.training(name).steps,
            "attempts": [],
            "seconds": 0.8 * line["s"],
        }
        write(results / "checkpoints" / name / "training.json", record)
        peak = line["max_rss"] * MB / 1e9 / stage.ranks
        write(results / "curves" / name / "curve.jsonl", {"step": 1, "peak_memory_gb": peak})
    return line
