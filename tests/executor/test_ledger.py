"""What a Snakemake submitted is known to the one after it, whenever the first was killed."""

from pathlib import Path

import pytest

from snakemake_executor_plugin_xstilts_slurm.ledger import Entry, Ledger


def entry(output: str, job: str = "1") -> Entry:
    return Entry(output, job, "0f", 1.5, "log")


def test_jobs_whose_end_was_not_seen_are_known_to_the_next(tmp_path):
    first = Ledger(tmp_path)
    for number, output in enumerate(["a", "b", "c"]):
        first.submitted(entry(output, str(number)))
    first.ended("b")
    first.ended("never submitted")
    again = Ledger(tmp_path)
    assert again.open == {"a": entry("a", "0"), "c": entry("c", "2")}
    assert again.run == first.run != Ledger(tmp_path / "elsewhere").run


def test_a_job_that_was_submitted_again_counts_once_by_its_last_number(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.submitted(entry("a", "1"))
    ledger.ended("a")
    ledger.submitted(entry("a", "2"))
    assert Ledger(tmp_path).open == {"a": entry("a", "2")}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_a_line_that_a_kill_cut_short_costs_that_line_alone(share, tmp_path):
    ledger = Ledger(tmp_path)
    ledger.submitted(entry("a"))
    whole = ledger.file.stat().st_size
    ledger.submitted(entry("b"))
    text = ledger.file.read_bytes()
    ledger.file.write_bytes(text[: whole + int((len(text) - whole - 1) * share)])
    again = Ledger(tmp_path)
    assert again.open == {"a": entry("a")}
    again.submitted(entry("c"))
    assert set(Ledger(tmp_path).open) == {"a", "c"}


def test_the_file_does_not_grow_from_run_to_run(tmp_path: Path):
    ledger = Ledger(tmp_path)
    for number in range(100):
        ledger.submitted(entry(str(number)))
        ledger.ended(str(number))
    assert Ledger(tmp_path).file.stat().st_size == 0
