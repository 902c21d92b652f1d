"""What a study has taken beside its plan: sums over benchmark files as Snakemake writes them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from xstilts.cost.finished import last_look
from xstilts.errors import UserError
from xstilts.plan import open_plan
from xstilts.planner.study import study_plan
from xstilts.report.planned import PlannedJobs, StudyPlan
from xstilts.report.spent import Spending, SpentRow, spending

ROOT = Path(__file__).parents[2]
HOUR = 3600.0
NODES = ("checkpoints/b/s1/mnli", "checkpoints/b/s1/squad")
READ = ("predictions/b/s1/mnli/xnli", "predictions/b/s1/squad/xnli")
PLAN = StudyPlan(
    study="small",
    world="real",
    gpu="a100-40gb",
    jobs=(
        PlannedJobs(kind="records", seconds=3, cpu_seconds=2, gpus=0, guessed=False, names=("records/xnli/test",)),
        PlannedJobs(
            kind="intermediate training", seconds=7200, cpu_seconds=7000, gpus=4, guessed=False, names=NODES[:1]
        ),
        PlannedJobs(
            kind="intermediate training", seconds=3600, cpu_seconds=3000, gpus=2, guessed=False, names=NODES[1:]
        ),
        PlannedJobs(kind="prediction", seconds=60, cpu_seconds=50, gpus=1, guessed=False, names=READ),
        PlannedJobs(kind="scores", seconds=9, cpu_seconds=9, gpus=0, guessed=False, names=("scores/b/s1/mnli/xnli",)),
    ),
)
RESULTS = {"checkpoints": "/digest", "drawn": "/digest", "tokenizers": "/digest", "scores": ".json"}


def finish(results: Path, name: str, seconds: float | None, cpu_seconds: float = 0.0) -> None:
    """Leave a job's result and, where it has one, its benchmark in Snakemake's format: CPU time is of the last look."""
    made = results / f"{name}{RESULTS.get(name.split('/')[0], '.digest')}"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text("{}")
    if seconds is None:
        return
    line = {
        "cpu_time": cpu_seconds * last_look(seconds) / seconds,
        "h:m:s": f"0:00:{seconds:02.0f}",
        "io_in": 0.0,
        "io_out": 0.1,
        "max_pss": 90.0,
        "max_rss": 100.0,
        "max_uss": 80.0,
        "max_vms": 500.0,
        "mean_load": 100 * cpu_seconds / seconds,
        "s": seconds,
    }
    file = results / "benchmarks" / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(line) + "\n")


def recorded(results: Path, name: str, **told: Any) -> None:
    (results / name / "training.json").write_text(json.dumps(told))


def found(tmp_path: Path, plan: StudyPlan = PLAN) -> Spending:
    plan.write(tmp_path / "plan.json")
    return spending(tmp_path / "plan.json", tmp_path)


def row(spent: Spending, kind: str) -> SpentRow:
    return next(row for row in spent.rows if row.kind == kind)


def everything(results: Path) -> None:
    finish(results, "records/xnli/test", 4.0, 3.5)
    finish(results, NODES[0], 10_000.0, 9_000.0)
    finish(results, NODES[1], 1_800.0, 1_700.0)
    finish(results, READ[0], 75.0, 60.0)
    finish(results, READ[1], 45.0, 40.0)
    finish(results, "scores/b/s1/mnli/xnli", 6.0, 5.5)


def test_sums_are_those_of_the_benchmarks(tmp_path: Path) -> None:
    everything(tmp_path)
    spent = found(tmp_path)
    assert [one.kind for one in spent.rows] == ["records", "intermediate training", "prediction", "scores"]
    training = row(spent, "intermediate training")
    assert (training.jobs, training.done, training.measured) == (2, 2, 2)
    assert training.planned_hours == pytest.approx((7200 + 3600) / HOUR)
    assert training.spent_hours == pytest.approx((10_000 + 1_800) / HOUR)
    assert training.planned_cpu_hours == pytest.approx((7000 + 3000) / HOUR)
    assert training.spent_cpu_hours == pytest.approx((9_000 + 1_700) / HOUR)
    assert training.planned_gpu_hours == pytest.approx((4 * 7200 + 2 * 3600) / HOUR)
    assert training.spent_gpu_hours == pytest.approx((4 * 10_000 + 2 * 1_800) / HOUR)
    assert training.ratio == pytest.approx(11_800 / 10_800)
    assert training.gpu_ratio == pytest.approx(43_600 / 36_000)
    prediction = row(spent, "prediction")
    assert prediction.planned_gpu_hours == pytest.approx(2 * 60 / HOUR)
    assert prediction.spent_gpu_hours == pytest.approx((75 + 45) / HOUR)
    records = row(spent, "records")
    assert (records.spent_gpu_hours, records.gpu_ratio) == (0.0, None)
    assert (spent.total.jobs, spent.total.done, spent.total.measured) == (6, 6, 6)
    assert spent.total.planned_hours == pytest.approx((3 + 7200 + 3600 + 2 * 60 + 9) / HOUR)
    assert spent.total.spent_hours == pytest.approx((4 + 10_000 + 1_800 + 75 + 45 + 6) / HOUR)
    assert spent.total.spent_cpu_hours == pytest.approx((3.5 + 9_000 + 1_700 + 60 + 40 + 5.5) / HOUR)
    assert "a100-40gb" in spent.notes[0] and not any("not measured" in note for note in spent.notes)


def test_of_a_study_half_done_only_what_is_done_is_compared(tmp_path: Path) -> None:
    finish(tmp_path, NODES[1], 1_800.0, 1_700.0)
    finish(tmp_path, READ[1], 45.0, 40.0)
    spent = found(tmp_path)
    training = row(spent, "intermediate training")
    assert (training.jobs, training.done, training.measured) == (2, 1, 1)
    assert training.planned_hours == pytest.approx(3.0), "the plan is of all jobs"
    assert training.spent_hours == pytest.approx(0.5)
    assert training.ratio == pytest.approx(0.5), "of the one job that is done"
    scores = row(spent, "scores")
    assert (scores.done, scores.spent_hours, scores.ratio, scores.cpu_ratio) == (0, None, None, None)
    assert spent.total.ratio == pytest.approx((1_800 + 45) / (3_600 + 60))


def test_of_a_study_that_has_not_begun_nothing_is_known_but_the_plan(tmp_path: Path) -> None:
    spent = found(tmp_path)
    assert spent.total.planned_hours > 0
    assert (spent.total.done, spent.total.spent_hours, spent.total.ratio) == (0, None, None)
    assert len(spent.notes) == 1


@pytest.mark.parametrize("text", [None, "", "{", '{"s": 1}', '{"s": "-", "cpu_time": null, "max_rss": null}'])
def test_what_is_done_but_not_measured_is_said(tmp_path: Path, text: str | None) -> None:
    everything(tmp_path)
    file = tmp_path / "benchmarks" / f"{NODES[0]}.jsonl"
    file.unlink() if text is None else file.write_text(text)
    spent = found(tmp_path)
    training = row(spent, "intermediate training")
    assert (training.done, training.measured) == (2, 1)
    assert training.spent_hours == pytest.approx(0.5)
    assert training.ratio == pytest.approx(0.5)
    assert any(note.startswith("1 job was done but not measured") for note in spent.notes)


def test_a_result_that_was_deleted_counts_as_not_done(tmp_path: Path) -> None:
    everything(tmp_path)
    (tmp_path / "scores/b/s1/mnli/xnli.json").unlink()
    scores = row(found(tmp_path), "scores")
    assert (scores.jobs, scores.done, scores.spent_hours) == (1, 0, None)


def test_a_training_counts_with_the_gpus_that_it_had(tmp_path: Path) -> None:
    everything(tmp_path)
    recorded(tmp_path, NODES[0], seconds=9_900.0, running={"ranks": 8, "device": "gpu"})
    recorded(tmp_path, NODES[1], seconds=1_700.0, running={"ranks": 2, "device": "cpu"})
    training = row(found(tmp_path), "intermediate training")
    assert training.spent_gpu_hours == pytest.approx(8 * 10_000 / HOUR)
    assert training.spent_hours == pytest.approx(11_800 / HOUR), "a record's seconds leave out start and end"


def test_a_resumed_training_counts_with_all_its_parts(tmp_path: Path) -> None:
    everything(tmp_path)
    recorded(tmp_path, NODES[0], seconds=12_000.0, running={"ranks": 4, "device": "gpu"})
    spent = found(tmp_path)
    training = row(spent, "intermediate training")
    assert training.spent_hours == pytest.approx((12_000 + 1_800) / HOUR)
    assert training.spent_gpu_hours == pytest.approx((4 * 12_000 + 2 * 1_800) / HOUR)
    assert any(note.startswith("1 job was stopped and went on") for note in spent.notes)


@pytest.mark.parametrize("text", ["", "[]", '{"seconds": 3}', '{"seconds": null, "running": {"ranks": 1}}'])
def test_a_torn_record_leaves_the_benchmark_and_the_plan(tmp_path: Path, text: str) -> None:
    everything(tmp_path)
    (tmp_path / NODES[0] / "training.json").write_text(text)
    training = row(found(tmp_path), "intermediate training")
    assert training.spent_gpu_hours == pytest.approx((4 * 10_000 + 2 * 1_800) / HOUR)


def test_guesses_are_said(tmp_path: Path) -> None:
    jobs = tuple(one.model_copy(update={"guessed": one.kind == "prediction"}) for one in PLAN.jobs)
    notes = found(tmp_path, PLAN.model_copy(update={"jobs": jobs})).notes
    assert any(note.startswith("2 jobs were planned by a guess") for note in notes)


def test_a_study_without_gpus_names_none(tmp_path: Path) -> None:
    jobs = tuple(one.model_copy(update={"gpus": 0}) for one in PLAN.jobs)
    assert "GPU" not in found(tmp_path, PLAN.model_copy(update={"jobs": jobs})).notes[0]


@pytest.mark.parametrize("text", [None, "", '{"study": "small"}'])
def test_without_a_plan_a_message_says_what_to_do(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "plan.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UserError, match="let snakemake make it again"):
        spending(file, tmp_path)


def test_a_real_study_is_summed_up_from_all_its_files(tmp_path: Path) -> None:
    plan = study_plan(open_plan({"world": "mini", "study": "quickstart", "results": str(tmp_path)}, ROOT))
    expected: dict[str, list[float]] = {}
    for jobs in plan.jobs:
        for number, name in enumerate(jobs.names, start=1):
            finish(tmp_path, name, number * jobs.seconds, number * jobs.seconds / 2)
            expected.setdefault(jobs.kind, []).append(number * jobs.seconds)
    spent = found(tmp_path, plan)
    assert {one.kind: one.spent_hours for one in spent.rows} == {
        kind: pytest.approx(sum(took) / HOUR) for kind, took in expected.items()
    }
    assert all(one.jobs == one.done == one.measured == len(expected[one.kind]) for one in spent.rows)
    assert Spending.model_validate_json(spent.model_dump_json()) == spent


def test_a_thousand_jobs_are_summed_up_in_a_moment(tmp_path: Path) -> None:
    config = {"world": "real", "study": "replication", "studies": {"replication": {"seeds": [1, 2, 3]}}}
    plan = study_plan(open_plan({**config, "results": str(tmp_path)}, ROOT))
    for jobs in plan.jobs:
        for name in jobs.names:
            finish(tmp_path, name, jobs.seconds, jobs.cpu_seconds)
    plan.write(tmp_path / "plan.json")
    started = time.monotonic()
    spent = spending(tmp_path / "plan.json", tmp_path)
    assert time.monotonic() - started < 2.0
    assert spent.total.jobs == spent.total.measured > 800
    assert spent.total.gpu_ratio == pytest.approx(1.0)
