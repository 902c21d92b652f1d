"""The plan learns from jobs that have finished, and from those alone that tell something."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from left_behind import ROOT, Machine, plan_of, run

from xstilts.config.site import Site
from xstilts.cost.costs import Costs
from xstilts.plan import Plan


def jobs_of(plan: Plan) -> Iterator[tuple[str, dict[str, str]]]:
    """As the benchmark lists them, which is no module of a package."""
    spec = spec_from_file_location("benchmark_of_plan", ROOT / "benchmarks" / "plan.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield from module.jobs_of(plan)


SLOW = {"start": 1.7, "compute": 2.5, "calls": 0.6, "items": 3.0, "tokens": 2.0, "draws": 2.0}
TARGETS = ("xnli", "xcopa", "udpos", "tydiqa")
MNLI = "train_checkpoint", {"parent": "tiny/s1", "stage": "mnli"}


def costs_after(tmp_path: Path, study: str = "quickstart") -> Costs:
    return Costs(plan_of("mini", study, tmp_path), Site())


def test_another_study_is_planned_by_what_one_took(tmp_path: Path) -> None:
    machine = Machine(SLOW, memory=1.4)
    known, asked = (plan_of("mini", study, tmp_path) for study in ("quickstart", "laboratory"))
    done = [(rule, wildcards) for rule, wildcards in jobs_of(known)]
    for rule, wildcards in done:
        run(known, machine, rule, wildcards)
    costs = Costs(asked, Site())
    planned = {
        (rule, *wildcards.values()): costs.of(rule, wildcards)
        for rule, wildcards in jobs_of(asked)
        if (rule, wildcards) not in done and rule != "compare_recipes"
    }
    assert len(planned) > 80 and {one.source for one in planned.values()} == {"finished jobs"}
    real = {}
    for rule, wildcards in jobs_of(asked):
        line = run(asked, machine, rule, wildcards)
        real[rule, *wildcards.values()] = line
    total = sum(one.seconds for one in planned.values()) / sum(real[job]["s"] for job in planned)
    assert total == pytest.approx(1.0, abs=0.05)
    for job, one in planned.items():
        assert one.memory == pytest.approx(real[job]["max_rss"] * 2**20, rel=0.2), job
        assert one.seconds == pytest.approx(real[job]["s"], rel=0.25), job


def test_the_benchmark_says_how_right_the_plan_was(tmp_path: Path) -> None:
    machine = Machine(SLOW, memory=1.2)
    for study in ("quickstart", "laboratory"):
        plan = plan_of("mini", study, tmp_path)
        for rule, wildcards in jobs_of(plan):
            run(plan, machine, rule, wildcards)
    command = [sys.executable, "benchmarks/plan.py", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("all "))
    off = int(re.findall(r"([+-]\d+)%", line)[0])
    assert abs(off) <= 5, done.stdout
    assert re.search(r"memory: (\d+) of \1 jobs", done.stdout), done.stdout
    alone = subprocess.run([*command, "--known", "nothing"], cwd=ROOT, capture_output=True, text=True, check=True)
    line = next(line for line in alone.stdout.splitlines() if line.startswith("all "))
    assert int(re.findall(r"([+-]\d+)%", line)[0]) < -25, "the model of cost alone knows nothing of a slow machine"
    assert "finished jobs" not in alone.stdout


def test_a_few_jobs_are_not_believed_yet(tmp_path: Path) -> None:
    machine, plan = Machine({"compute": 3.0}), plan_of("mini", "quickstart", tmp_path)
    alone = costs_after(tmp_path).of(*MNLI)
    for number, stage in enumerate(TARGETS):
        one = costs_after(tmp_path).of(*MNLI)
        assert (one.source == "finished jobs") == (number >= 3) and (one == alone) == (number < 3)
        run(plan, machine, "train_checkpoint", {"parent": "tiny/s1", "stage": stage})
    assert costs_after(tmp_path).of(*MNLI).seconds > 1.5 * alone.seconds


def test_the_last_part_of_a_resumed_training_is_no_measurement(tmp_path: Path) -> None:
    machine, plan = Machine({}), plan_of("mini", "quickstart", tmp_path)
    stages = [f"{recipe}{stage}" for recipe in ("", "mnli/", "squad/") for stage in TARGETS]
    for stage in stages:
        parent, _, last = f"tiny/s1/{stage}".rpartition("/")
        run(plan, machine, "train_checkpoint", {"parent": parent, "stage": last})
    whole = costs_after(tmp_path)
    before = whole.of(*MNLI)
    for stage in stages[:8]:
        file = plan.results / "benchmarks/checkpoints/tiny/s1" / f"{stage}.jsonl"
        line = json.loads(file.read_text())
        file.write_text(json.dumps({**line, "s": line["s"] / 5, "cpu_time": line["cpu_time"] / 5}))
    resumed = costs_after(tmp_path)
    assert len(resumed.calibration.jobs) == len(whole.calibration.jobs) - 8
    assert resumed.of(*MNLI).seconds == pytest.approx(before.seconds, rel=0.1)


def test_what_a_training_was_counts_not_what_the_world_says_now(tmp_path: Path) -> None:
    machine, plan = Machine({}), plan_of("mini", "quickstart", tmp_path)
    for stage in TARGETS:
        run(plan, machine, "train_checkpoint", {"parent": "tiny/s1", "stage": stage})
    stages = {stage: {"steps": 1500} for stage in TARGETS}
    longer = plan_of("mini", "quickstart", tmp_path, worlds={"mini": {"stages": stages}})
    short, long = (
        Costs(one, Site()).of("train_checkpoint", {"parent": "tiny/s1", "stage": "xcopa"}) for one in (plan, longer)
    )
    assert long.source == "finished jobs" and long.seconds > 3 * short.seconds


def test_curves_tell_what_a_gpu_held(tmp_path: Path) -> None:
    machine, plan = Machine({}), plan_of("real", "replication", tmp_path)
    job = "train_checkpoint", {"parent": "xlmr-large/s1", "stage": "hellaswag"}
    before = Costs(plan, Site()).of(*job).gpu_memory
    for stage in ("mnli", "squad", "qqp", "xnli"):
        run(plan, machine, "train_checkpoint", {"parent": "xlmr-large/s1", "stage": stage})
        training = Costs(plan, Site()).works.training(f"xlmr-large/s1/{stage}")
        held = training.states.peak(round(training.activations)) + 0.6 * training.activations
        curve = plan.results / "curves/xlmr-large/s1" / stage / "curve.jsonl"
        curve.write_text(json.dumps({"peak_memory_gb": held / 1e9}) + '\n{"step": 40, "peak_mem')
    after = Costs(plan, Site()).of(*job).gpu_memory
    assert before and after and after.weights == before.weights
    assert after.activations == pytest.approx(1.6 * before.activations, rel=0.01)


def test_jobs_of_another_world_are_left_alone(tmp_path: Path) -> None:
    machine, plan = Machine({}), plan_of("mini", "quickstart", tmp_path)
    run(plan, machine, "train_checkpoint", {"parent": "tiny/s1", "stage": "xnli"})
    for folder in ("benchmarks/checkpoints", "benchmarks/predictions/gone/s1", "benchmarks/tokens/gone/gone"):
        file = plan.results / folder / "gone.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"s": 5.0, "cpu_time": 5.0, "max_rss": 5.0}))
    assert [job.found.wildcards["stage"] for job in costs_after(tmp_path).calibration.jobs] == ["xnli"]
