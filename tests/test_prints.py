"""Fingerprints are kept as long as no source has changed, and no longer."""

import os
import shutil
from pathlib import Path

import pytest

from xstilts.plan import code, prints
from xstilts.plan.prints import Prints

ROOT = Path(__file__).parents[1]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "scripts"


def never() -> str:
    raise AssertionError("it was worked out again")


def test_what_was_worked_out_once_is_kept(scripts, tmp_path):
    file = tmp_path / "kept" / "prints.json"
    assert Prints(scripts, file).of("train", lambda: "1") == "1"
    again = Prints(scripts, file)
    assert again.of("train", never) == "1" and again.of("score", lambda: "2") == "2"
    assert Prints(scripts, file).known == {"train": "1", "score": "2"}


def test_an_edit_forgets_all_even_one_that_leaves_size_and_date(scripts, tmp_path):
    file = tmp_path / "prints.json"
    Prints(scripts, file).of("train", lambda: "1")
    program = scripts / "train_checkpoint.py"
    before, text = program.stat(), program.read_text(encoding="utf-8")
    program.write_text(text.replace("args.out", "args.tuo", 1), encoding="utf-8")
    os.utime(program, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert program.stat().st_size == before.st_size
    assert Prints(scripts, file).of("train", lambda: "2") == "2"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"sources": "x"}', '{"sources": 1, "prints": 2}'])
def test_a_torn_file_is_as_if_it_were_not_there(text, scripts, tmp_path):
    file = tmp_path / "prints.json"
    file.write_text(text)
    assert Prints(scripts, file).of("train", lambda: "1") == "1"


def test_a_folder_that_cannot_be_written_to_is_no_error(scripts, tmp_path):
    (tmp_path / "file").touch()
    assert Prints(scripts, tmp_path / "file" / "prints.json").of("train", lambda: "1") == "1"


def test_kept_fingerprints_are_those_that_are_worked_out(scripts, tmp_path, monkeypatch):
    monkeypatch.setattr(prints, "FILE", tmp_path / "prints.json")
    wanted = code.Code(scripts, frozen=False).now("train", "xstilts.formats.span")
    kept = code.Code(scripts, frozen=False)
    monkeypatch.setattr(code, "fingerprint", lambda *_: never())
    assert kept.now("train", "xstilts.formats.span") == wanted
