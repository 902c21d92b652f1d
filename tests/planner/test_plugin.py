"""The dry-run ends with the plan: of Snakemake's own jobs, once, and only where a plan is asked for."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from clones import ROOT, Clone, clone_into

TITLE = "Pending work, as planned"
LOGGER = ("--logger", "xstilts", "--cores=2")  # --logger takes all words up to the next option
MADE = "results/nano/records/mnli/dev.digest"
REPLICATION = ("world=real", "study=replication", "studies={replication: {seeds: [1, 2, 3]}}")


def dry_run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-m", "snakemake", "-n", *arguments, *LOGGER]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def processor_seconds() -> float:
    """Of all programs that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def counted_by_snakemake(text: str) -> Counter[str]:
    """Its job stats, without their total."""
    table = text[text.rindex("Job stats:") :].split("\n\n")[0]
    return Counter({rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M) if rule != "total"})


def counted_by_plan(file: Path) -> Counter[str]:
    return Counter(job["rule"] for job in json.loads(file.read_text())["jobs"])


def test_the_plan_of_the_real_replication_is_of_snakemakes_jobs_and_quick(tmp_path):
    began = processor_seconds()
    done = dry_run("all", "--logger-xstilts-json", str(tmp_path / "plan.json"), "--config", *REPLICATION)
    seconds = processor_seconds() - began
    assert done.returncode == 0, done.stderr[-2000:]
    stats = counted_by_snakemake(done.stdout)
    assert counted_by_plan(tmp_path / "plan.json") == stats
    assert stats["train_checkpoint"] > 150, "the replication is the whole grid"
    assert done.stdout.count(TITLE) == 1
    assert done.stdout.index("This was a dry-run") < done.stdout.index(TITLE), "after all that Snakemake says"
    total = re.search(r"^  total +([\d,]+)", done.stdout, re.M)
    assert total and int(total[1].replace(",", "")) == stats.total()
    assert seconds < 15  # about 6; of the processor, since other work on the machine is not the plan's


@pytest.mark.parametrize("quiet", [[], ["rules"], ["progress"], ["rules", "progress", "host"], ["all"]])
def test_quiet_keeps_snakemake_quiet_and_the_plan_whole(quiet, tmp_path):
    file = tmp_path / "plan.json"
    done = dry_run("records", f"--logger-xstilts-json={file}", "--quiet", *quiet)
    assert done.returncode == 0, done.stderr[-2000:]
    assert counted_by_plan(file) == {"prepare_records": 21, "records": 1}
    assert done.stdout.count(TITLE) == 1
    if not quiet or "rules" in quiet:
        assert "rule prepare_records:" not in done.stdout


def test_without_the_plugin_there_is_no_plan():
    command = [sys.executable, "-m", "snakemake", "-n", "records"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert TITLE not in done.stdout + done.stderr


def test_a_dry_run_that_fails_has_its_own_message_and_no_plan():
    done = dry_run("results/mini/nowhere")
    assert done.returncode == 1 and TITLE not in done.stdout
    assert "MissingRuleException" in done.stdout + done.stderr


@pytest.mark.parametrize("mode", [["--list-rules"], ["--summary"], ["--rulegraph"]])
def test_other_modes_have_no_plan(mode):
    assert TITLE not in dry_run("records", *mode).stdout


def test_a_file_that_cannot_be_written_is_a_failure_that_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    done = dry_run("records", "--logger-xstilts-csv", str(tmp_path / "file" / "plan.csv"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error: no plan: " in done.stderr and str(tmp_path / "file") in done.stderr


def test_a_reader_that_has_enough_ends_it_quietly():
    """`snakemake -n | head`: Snakemake's own part may complain of it, the plan's does not."""
    script = f"{sys.executable} -m snakemake -n records --quiet rules --logger xstilts | grep -m1 '{TITLE}'"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == TITLE and "Traceback" not in done.stderr


def test_a_workflow_that_is_not_this_one_gets_no_plan(tmp_path):
    (tmp_path / "Snakefile").write_text("rule all:\n    output: 'made'\n    shell: 'touch made'\n")
    done = dry_run(folder=tmp_path)
    assert done.returncode == 0 and "Job stats" in done.stdout and TITLE not in done.stdout


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """A clone in which the smallest world's records of one task are made for real, and what that run said."""
    clone = clone_into(tmp_path_factory.mktemp("records"))
    done = clone.snakemake(*LOGGER, MADE)
    return clone, done.stdout + done.stderr


def test_a_real_run_prints_no_plan_and_its_jobs_none_either(records):
    clone, said = records
    assert (clone.folder / MADE).exists()
    assert TITLE not in said
    assert not any(TITLE in log.read_text() for log in (clone.folder / ".snakemake/log").iterdir())


def test_what_is_made_is_not_pending(records, tmp_path):
    clone, _ = records
    done = clone.snakemake("-n", *LOGGER, f"--logger-xstilts-json={tmp_path / 'plan.json'}", "records")
    planned = counted_by_plan(tmp_path / "plan.json")
    assert planned == counted_by_snakemake(done.stdout)
    jobs = json.loads((tmp_path / "plan.json").read_text())["jobs"]
    names = {job["name"] for job in jobs}
    assert "mnli/train" in names and "mnli/dev" not in names


def test_nothing_pending_is_one_line(records):
    clone, _ = records
    said = clone.snakemake("-n", *LOGGER, MADE).stdout
    assert said.rstrip().endswith(f"{TITLE}: none.")
    assert said.count(TITLE) == 1 and "GPU-hours" not in said
