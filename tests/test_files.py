"""Files appear whole or not at all."""

import hashlib
import os

import pytest

from xstilts.files import digest_of, read_digest, whole, write_digest, write_json


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_its_block_has_ended(tmp_path):
    path = tmp_path / "below" / "it" / "data.txt"
    with whole(path) as draft:
        draft.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert names(path.parent) == ["data.txt"], "the draft is gone"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "as it was"])
def test_nothing_appears_or_changes_when_the_block_raises(tmp_path, error, before):
    path = tmp_path / "data.txt"
    if before is not None:
        path.write_text(before)
    with pytest.raises(error), whole(path) as draft:
        draft.write_text("half of i")
        raise error
    assert names(tmp_path) == ([] if before is None else ["data.txt"])
    assert before is None or path.read_text() == before


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), whole(tmp_path / "data.txt"):
        pass
    assert names(tmp_path) == []


def test_two_processes_that_write_one_file_do_not_meet(tmp_path, monkeypatch):
    path = tmp_path / "data.txt"
    with whole(path) as first:
        first.write_text("first")
        monkeypatch.setattr(os, "getpid", lambda: 10**9)
        with whole(path) as second:
            second.write_text("second")
            assert first.read_text() == "first" and first.parent == second.parent == tmp_path
            assert first.name.startswith(".") and "data.txt" in first.name
        assert path.read_text() == "second"
    assert path.read_text() == "first", "the last one to end is the one that stays, and it is whole"
    assert names(tmp_path) == ["data.txt"]


def test_drafts_of_different_files_have_different_names(tmp_path):
    with whole(tmp_path / "a.json") as first, whole(tmp_path / "a.txt") as second:
        first.write_text("1")
        second.write_text("2")
    assert (tmp_path / "a.json").read_text() + (tmp_path / "a.txt").read_text() == "12"


def test_digests_are_of_contents_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("xstilts.files.BLOCK", 3)
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"abcdefg")
    second.write_bytes(b"hi")
    assert digest_of([first, second]) == hashlib.sha256(b"abcdefghi").hexdigest()
    assert digest_of([second, first]) != digest_of([first, second])
    write_digest(tmp_path / "digest", digest_of([first]))
    assert read_digest(tmp_path / "digest") == digest_of([first])


def test_json_is_for_people_to_read(tmp_path):
    write_json(tmp_path / "data.json", {"z": "日本", "a": [1]})
    assert (tmp_path / "data.json").read_text(encoding="utf-8") == '{\n  "z": "日本",\n  "a": [\n    1\n  ]\n}\n'
