"""What `snakemake submission` plans: an archive for each base, seed and recipe, from predictions and no scores."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from xstilts.config import load
from xstilts.errors import UserError
from xstilts.plan import Plan

ROOT = Path(__file__).parents[2]
NINE = ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc2018", "tatoeba")


def plan_of(world: str, **study: object) -> Plan:
    study = {"asks": "Is it written?", "seeds": [1, 2], "compare": {"baseline": "none"}} | study
    config = {"world": world, "study": "own", "studies": {"own": study}}
    return Plan(load(config, ROOT), ROOT / "scripts")


def test_a_submission_has_all_nine_targets_of_one_base_seed_and_recipe():
    plan = plan_of("real", recipes={"none": [], "chain": ["mnli", "squad"]}, targets=["xtreme"])
    names = ["xlmr-large-s1-none", "xlmr-large-s1-chain", "xlmr-large-s2-none", "xlmr-large-s2-chain"]
    assert [file.as_posix() for file in plan.submission.files()] == [
        f"results/real/submission/own/{n}.zip" for n in names
    ]
    spec = plan.submission.spec("xlmr-large-s2-chain")
    assert tuple(spec.folders) == NINE
    assert (spec.base, spec.seed, spec.recipe) == ("xlmr-large", 2, "chain")
    assert spec.folders["mlqa"].node == "xlmr-large/s2/mnli/squad/xquad"
    assert spec.folders["bucc2018"].node == "xlmr-large/s2/mnli/squad"
    assert spec.folders["pawsx"].labels == ("not_paraphrase", "paraphrase")
    assert not any(entry.generated for entry in spec.folders.values())


def test_its_inputs_stand_in_the_order_of_its_folders():
    plan = plan_of("real", recipes={"none": []}, targets=["bucc", "xnli", "xcopa"])
    name = "xlmr-large-s1-none"
    base = "results/real"
    assert list(map(str, plan.submission.inputs(name, "predictions"))) == [
        f"{base}/predictions/xlmr-large/s1/xnli/xnli.parquet",
        f"{base}/predictions/xlmr-large/bucc.parquet",
    ]
    assert list(map(str, plan.submission.inputs(name, "records"))) == [
        f"{base}/records/xnli/test.parquet",
        f"{base}/records/bucc/test.parquet",
    ]
    assert {file.suffix for file in plan.submission.inputs(name, "digests")} == {".digest"}


def test_generated_data_is_told_apart():
    plan = plan_of("mini", recipes={"none": []}, targets=["xnli", "tatoeba"])
    assert {entry.generated for entry in plan.submission.spec("tiny-s1-none").folders.values()} == {True}


def test_a_study_without_xtremes_targets_is_told_what_to_add():
    plan = plan_of("mini", recipes={"none": []}, targets=["xcopa"])
    with pytest.raises(UserError, match=r"'own' has no target of XTREME's nine \(xnli, .*\): targets: \[xtreme\]"):
        plan.submission.files()


def test_a_submission_that_the_study_lacks_is_refused():
    plan = plan_of("mini", recipes={"none": []}, targets=["xnli"])
    with pytest.raises(UserError, match="no submission 'tiny-s3-none', but tiny-s1-none, tiny-s2-none"):
        plan.submission.spec("tiny-s3-none")


def test_the_code_of_a_submission_holds_what_it_reaches_and_no_format():
    plan = plan_of("mini", recipes={"none": []}, targets=["xnli"])
    assert re.fullmatch("[0-9a-f]{12,64}", plan.submission.code("tiny-s1-none"))
    assert plan.submission.code("tiny-s1-none") == plan.submission.code("tiny-s2-none")


def test_snakemake_plans_one_job_for_each_and_no_scores():
    command = [sys.executable, "-m", "snakemake", "-n", "submission", "--config", "results=results/never"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rules = Counter(re.findall(r"^(?:local)?rule (\w+):$", done.stdout, flags=re.MULTILINE))
    assert rules["write_submission"] == 4  # the quickstart's recipes
    assert not rules.keys() & {"score_target", "compare_recipes"}
    assert "results/never/mini/submission/quickstart/tiny-s1-multi.zip" in done.stdout
