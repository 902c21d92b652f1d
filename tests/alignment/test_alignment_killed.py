"""A measurement that is killed goes on after its last finished language, and gives the same table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from parallel import SHARED

from xstilts.alignment.parts import Parts
from xstilts.engine import align
from xstilts.engine.align import Job, measure_alignment
from xstilts.engine.vectors import Reader

KILLED = """
import os, signal, sys
from pathlib import Path
from xstilts.alignment.parts import Parts
from xstilts.engine.align import Job, measure_alignment
from xstilts.specs import AlignmentSpec

keep = Parts.keep
def kept(self, language, *part):
    if language == "qlb":
        os.kill(os.getpid(), signal.SIGKILL)
    keep(self, language, *part)

Parts.keep = kept
spec, base, records, tokens, out, parts = sys.argv[1:]
paths = map(Path, (base, records, tokens, out, parts))
measure_alignment(Job(AlignmentSpec.read(spec), "code", *paths, micro_tokens=256))
"""


class Killed(BaseException):
    """What no one catches."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What readers read from now on."""
    found: list[str] = []
    vectors = Reader.vectors

    def noted(self, sentences, what):
        found.append(what)
        return vectors(self, sentences, what)

    monkeypatch.setattr(Reader, "vectors", noted)
    return found


def again(read: list[str]) -> set[str]:
    """The languages that were measured, not only asked for at the end."""
    return {what.split()[0] for what in read if not what.endswith("again")}


def wanted(job: Job, tmp_path: Path) -> bytes:
    """The table of a run that no one disturbs."""
    alone = replace(job, parts=None, out=tmp_path / "alone" / "tatoeba")
    measure_alignment(alone)
    return alone.out.with_suffix(".parquet").read_bytes()


def interrupted(job: Job, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run until the sentences called `at` are to be read."""
    vectors = Reader.vectors

    def cut(self, sentences, what):
        if what == at:
            raise Killed
        return vectors(self, sentences, what)

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "vectors", cut)
        with pytest.raises(Killed):
            measure_alignment(job)
    assert not job.out.with_suffix(".parquet").exists()


@pytest.mark.parametrize(
    "at, left",
    [("qla drop 0.1", {"qla", "qlb", "qlc"}), ("qlc typo 0.3", {"qlc"}), ("qlb again", set())],
)
def test_it_goes_on_wherever_it_was(job, tmp_path, monkeypatch, read, at, left):
    table = wanted(job, tmp_path)
    interrupted(job, at, monkeypatch)
    read.clear()
    measure_alignment(job)
    assert again(read) == left
    assert job.out.with_suffix(".parquet").read_bytes() == table
    assert not job.parts.exists(), "nothing is left to go on from"


@pytest.mark.skipif(sys.platform == "win32", reason="knows no SIGKILL")
def test_killed_outright_it_goes_on(job, tmp_path, read):
    table = wanted(job, tmp_path)
    told = [job.spec.text(), job.checkpoint, job.records, job.tokens, job.out, job.parts]
    source = Path(__file__).parents[2] / "src"
    environment = os.environ | {"PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", KILLED, *map(str, told)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    read.clear()
    measure_alignment(job)
    assert again(read) == {"qlb", "qlc"}
    assert job.out.with_suffix(".parquet").read_bytes() == table


@pytest.mark.parametrize("change", ["spec", "code"])
def test_parts_of_another_job_are_not_used(job, tmp_path, monkeypatch, read, change):
    interrupted(job, "qlc", monkeypatch)
    spec = job.spec.model_copy(update={"rates": (0.2,)})
    other = replace(job, spec=spec) if change == "spec" else replace(job, code="newer")
    read.clear()
    measure_alignment(other)
    assert again(read) == set(SHARED)


@pytest.mark.parametrize("suffix", ["parquet", "npz", "json"])
@pytest.mark.parametrize("harm", ["cut", "altered", "gone"])
def test_a_damaged_part_is_measured_again(job, monkeypatch, read, caplog, suffix, harm):
    interrupted(job, "qlc English", monkeypatch)
    file = next(job.parts.rglob(f"qlb.{suffix}"))
    content = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(content[: len(content) // 2] if harm == "cut" else content.replace(content[40:44], b"damn"))
    read.clear()
    monkeypatch.setattr(align, "write", lambda job, table: None)  # what comes out is looked at elsewhere
    measure_alignment(job)
    assert again(read) == {"qlb", "qlc"}
    assert "measured again" in caplog.text or (suffix, harm) == ("json", "gone")


def test_without_a_folder_nothing_is_kept(job, tmp_path):
    measure_alignment(replace(job, parts=None))
    assert not (tmp_path / "parts").exists()
    assert Parts(None, {}).read("qla") is None
