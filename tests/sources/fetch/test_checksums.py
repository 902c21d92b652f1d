"""The book of first sight: for people to read, and for several fetches to write."""

import errno
import fcntl
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from xstilts.sources.fetch.checksums import Checksums
from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.folder import locked


def test_it_is_json_in_order(tmp_path):
    book = Checksums(tmp_path / "checksums.json")
    assert book.expected("b") is None and book.revision("owner/data") is None
    book.keep("b", "2")
    book.keep("a", "1")
    assert book.keep_revision("owner/data", "c") == "c"
    assert json.loads(book.path.read_text()) == {"revisions": {"owner/data": "c"}, "sha256": {"a": "1", "b": "2"}}
    assert book.path.read_text().index('"a"') < book.path.read_text().index('"b"')


def test_what_came_first_stays(tmp_path):
    book = Checksums(tmp_path / "checksums.json")
    book.keep("a", "1")
    book.keep("a", "2")
    assert book.keep_revision("owner/data", "c") == "c"
    assert book.keep_revision("owner/data", "d") == "c"
    known = book.expected("a")
    known.check("a", "1")
    with pytest.raises(FetchError, match="a has sha256 2, and when it was fetched first it had 1; if the new one"):
        known.check("a", "2")


def test_fetches_at_the_same_time_lose_nothing(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Checksums(tmp_path / "checksums.json").keep(f"{n:03d}", str(n)), range(64)))
    assert len(json.loads((tmp_path / "checksums.json").read_text())["sha256"]) == 64


def test_file_systems_without_locks_will_do(tmp_path, monkeypatch):
    def flock(file, kind):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    number = errno.ENOSYS
    with locked(tmp_path / "lock", wait=False):
        pass
    number = errno.EWOULDBLOCK
    with pytest.raises(BlockingIOError), locked(tmp_path / "lock", wait=False):
        pass
