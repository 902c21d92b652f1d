"""The plan of a whole study: all its jobs, as they could be planned before the first of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from clones import ROOT

from xstilts.config.site import Gpu, Site
from xstilts.cost.costs import Costs
from xstilts.cost.finished import RULES, wildcards_of
from xstilts.plan import Plan, open_plan
from xstilts.planner.study import study_plan
from xstilts.report.planned import StudyPlan

THREE_SEEDS = {"studies": {"replication": {"seeds": [1, 2, 3]}}}


def opened(results: Path, **config: Any) -> Plan:
    return open_plan({"results": str(results), **config}, ROOT)


@pytest.mark.parametrize(
    ("config", "written"),
    [
        ({"world": "mini"}, ["world=mini"]),
        (
            {"world": "nano", "study": "laboratory", "studies": {"laboratory": {"probes": ["alignment"]}}},
            ["world=nano", "study=laboratory", "studies={laboratory: {probes: [alignment]}}"],
        ),
        ({"world": "real", "study": "replication"}, ["world=real", "study=replication"]),
    ],
    ids=["mini", "nano with alignment", "real"],
)
def test_the_jobs_are_those_that_a_dry_run_names(tmp_path: Path, config: dict[str, Any], written: list[str]) -> None:
    command = [sys.executable, "-m", "snakemake", "-n", "all", "--config", f"results={tmp_path}", *written]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    named = re.findall(rf"benchmark: {tmp_path}/\w+/benchmarks/(\S+)\.jsonl", done.stdout + done.stderr)
    of_bases_fetched = r"checkpoints/[^/]+" if config["world"] == "real" else "(?!)"
    wanted = {name for name in named if not re.fullmatch(rf"report/.*|{of_bases_fetched}", name)}
    planned = [name for jobs in study_plan(opened(tmp_path, **config)).jobs for name in jobs.names]
    assert len(planned) == len(set(planned))
    assert set(planned) == wanted


def test_each_jobs_figures_are_those_of_the_model_of_cost(tmp_path: Path) -> None:
    plan = opened(tmp_path, world="real", study="replication")
    costs = Costs(plan, plan.site, learn=False)
    for jobs in study_plan(plan).jobs:
        for name in jobs.names:
            folder, *parts = name.split("/")
            wildcards = wildcards_of(RULES[folder], tuple(parts))
            assert wildcards
            one = costs.of(RULES[folder], wildcards)
            assert (jobs.seconds, jobs.cpu_seconds) == pytest.approx((one.seconds, one.cpu_seconds), abs=1e-3), name
            assert (jobs.gpus, jobs.guessed) == (one.gpus, False), name


def test_training_for_targets_is_told_from_training_before(tmp_path: Path) -> None:
    kinds = {name: jobs.kind for jobs in study_plan(opened(tmp_path, world="mini")).jobs for name in jobs.names}
    assert kinds["checkpoints/tiny"] == kinds["drawn/tiny"] == "pretraining"
    assert kinds["checkpoints/tiny/s1/mnli"] == "intermediate training"
    assert kinds["checkpoints/tiny/s1/mnli/xnli"] == "target training"
    assert kinds["predictions/tiny/s1/mnli/xnli/xnli"] == "prediction"


def test_nothing_that_has_run_changes_it(tmp_path: Path) -> None:
    """Or the report would be made anew by every call, and the plan would know what it is compared with."""
    blank = study_plan(opened(tmp_path, world="mini"))
    plan = opened(tmp_path, world="mini")
    node = {"node": "tiny/s1/mnli/xnli", "target": "xnli"}
    expected = plan.costs.of("predict_target", node).seconds
    tokenizer = plan.checkpoints.facts.tokenizer_of("tiny")
    counts = {"records": 90_000, "sequences": 90_000, "tokens": 9_000_000}
    _write(plan.results / "tokens" / tokenizer / "xnli" / "test.json", counts)
    line = {"s": 900.0, "cpu_time": 900.0, "max_rss": 600.0}
    for target in ("xnli", "xquad", "udpos", "tydiqa"):
        _write(plan.results / "benchmarks" / "scores" / "tiny/s1/mnli" / target / f"{target}.jsonl", line)
    after = opened(tmp_path, world="mini")
    assert after.costs.of("predict_target", node).seconds > 2 * expected, "the plan of what is pending learns"
    assert after.costs.of("score_target", node).source == "finished jobs"
    assert study_plan(after).text == blank.text and study_plan(after).digest == blank.digest


@pytest.mark.parametrize(
    "change",
    [
        {"studies": {"quickstart": {"seeds": [1, 2]}}},
        {"world": "nano"},
    ],
    ids=["another seed", "another world"],
)
def test_other_jobs_are_another_plan(tmp_path: Path, change: dict[str, Any]) -> None:
    blank = study_plan(opened(tmp_path, world="mini", study="quickstart"))
    assert study_plan(opened(tmp_path, **{"world": "mini", "study": "quickstart", **change})).digest != blank.digest


def test_the_same_jobs_carried_out_otherwise_are_no_reason_to_plan_anew(tmp_path: Path) -> None:
    blank = study_plan(opened(tmp_path, world="mini", study="quickstart"))
    ranks = {"worlds": {"mini": {"training": {"ranks": 2, "threads": 1}}}}
    other = study_plan(opened(tmp_path, world="mini", study="quickstart", **ranks))
    assert other.digest == blank.digest and other.text != blank.text


def test_another_gpu_has_another_plan(tmp_path: Path) -> None:
    plan = opened(tmp_path, world="real", study="replication")
    found = {}
    for kind in ("a100-40gb", "v100-32gb"):
        plan.site = Site(gpu=Gpu(kind=kind))
        found[kind] = study_plan(plan)
        assert found[kind].gpu == kind
    hours = {kind: sum(jobs.gpus * jobs.seconds * len(jobs.names) for jobs in one.jobs) for kind, one in found.items()}
    assert 0 < hours["a100-40gb"] < hours["v100-32gb"]


def test_a_model_of_unknown_shape_is_planned_by_a_guess(tmp_path: Path) -> None:
    theirs = {"hub": "someone/model", "revision": "0" * 40}
    worlds = {"real": {"bases": {"theirs": theirs}}}
    studies = {"replication": {"bases": ["xlmr-large", "theirs"]}}
    plan = study_plan(opened(tmp_path, world="real", study="replication", worlds=worlds, studies=studies))
    guessed = {name for jobs in plan.jobs if jobs.guessed for name in jobs.names}
    read = ("checkpoints/theirs", "predictions/theirs")
    assert guessed == {name for jobs in plan.jobs for name in jobs.names if name.startswith(read)}
    assert guessed


def test_a_thousand_jobs_are_planned_in_a_moment(tmp_path: Path) -> None:
    plan = opened(tmp_path, world="real", study="replication", **THREE_SEEDS)
    started = time.process_time()
    found = study_plan(plan)
    assert time.process_time() - started < 1.0
    assert sum(len(jobs.names) for jobs in found.jobs) > 800
    assert len(found.text) < 100_000


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = study_plan(opened(tmp_path, world="mini"))
    plan.write(tmp_path / "report" / "plan.json")
    assert StudyPlan.read(tmp_path / "report" / "plan.json") == plan


def _write(file: Path, told: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told), encoding="utf-8")
