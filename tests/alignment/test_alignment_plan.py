"""Which checkpoints are measured, in which studies, and what is said where there is nothing to measure on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from xstilts.config import load
from xstilts.errors import UserError
from xstilts.plan import Plan

ROOT = Path(__file__).parents[2]
STUDY = {
    "asks": "?",
    "seeds": [1, 2],
    "recipes": {"none": [], "chain": ["mnli", "squad"]},
    "targets": ["xnli", "tatoeba"],
    "compare": {"baseline": "none"},
}


def planned(**changes: Any) -> Plan:
    config = {"world": "nano", "study": "own", "studies": {"own": STUDY | changes}}
    return Plan(load(config, ROOT), ROOT / "scripts")


def test_every_checkpoint_that_is_no_targets_is_measured():
    plan = planned()
    folder = Path("results/nano/alignment/tiny")
    nodes = ["", *(f"s{seed}/{stages}" for seed in (1, 2) for stages in ("mnli", "mnli/squad"))]
    assert set(plan.alignment.files()) == {folder / node / "tatoeba.digest" for node in nodes}
    assert plan.alignment.probed() == []
    assert planned(probes=["alignment"]).alignment.probed() == plan.alignment.files()


def test_every_target_in_pairs_is_measured_on():
    plan = planned(targets=["tatoeba", "bucc"])
    assert {file.stem for file in plan.alignment.files()} == {"tatoeba"}


def test_without_a_target_in_pairs_it_is_an_error_that_names_one():
    plan = planned(targets=["xnli", "bucc"])
    with pytest.raises(UserError, match="add tatoeba to its targets"):
        plan.alignment.files()
    with pytest.raises(UserError, match=r"(?s)studies.own.probes\[0\].*add tatoeba to the targets"):
        planned(targets=["xnli", "bucc"], probes=["alignment"])


@pytest.mark.parametrize(
    "probes, message", [(["alinment"], "did you mean 'alignment'"), (["alignment"] * 2, "stands twice")]
)
def test_probes_are_checked(probes, message):
    with pytest.raises(UserError, match=message):
        planned(probes=probes)


def test_a_spec_says_what_a_measurement_depends_on():
    plan = planned()
    spec = plan.alignment.spec("tiny/s1/mnli", "tatoeba")
    assert (spec.max_length, spec.rates) == (128, (0.1, 0.2, 0.3))
    assert plan.alignment.code("tiny", "tatoeba") == plan.alignment.code("tiny/s1/mnli", "tatoeba")
    assert plan.alignment.code("tiny", "tatoeba") != plan.predictions.code("tiny", "tatoeba")


def test_a_dry_run_plans_it(tmp_path: Path):
    config = ["world=nano", f"results={tmp_path}", "studies={quickstart: {targets: [tatoeba], probes: [alignment]}}"]
    for target, more in (("all", True), ("alignment", False)):
        command = [sys.executable, "-m", "snakemake", "-n", "--nolock", target, "--config", *config]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        counted = dict(line.split() for line in done.stdout.splitlines() if len(line.split()) == 2)
        assert counted["measure_alignment"] == "4", "the base, and three intermediates"
        assert ("compare_recipes" in counted) == more
