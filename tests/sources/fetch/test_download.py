"""Downloads go on where they stopped, wait out trouble, and never pass for what they are not."""

import hashlib
import random

import pytest

from xstilts.sources.fetch import download as module
from xstilts.sources.fetch.checksums import Expected
from xstilts.sources.fetch.download import Source, beside, download
from xstilts.sources.fetch.errors import PAUSES, FetchError

CONTENT = random.Random(1).randbytes(300_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def part(tmp_path):
    return tmp_path / "parts" / "data.part"


@pytest.fixture
def source(server):
    return Source(server.add("/data", CONTENT), "data")


def expecting(sha256=SUM):
    return Expected(sha256, "what is stated for it is", "compare with its publisher's")


def ranges(server):
    return [asked.headers.get("Range") for asked in server.gets("/data")]


def test_a_file_arrives(server, source, part):
    assert download(source, part, None) == SUM
    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize("known", [True, False])
def test_a_broken_connection_goes_on_where_it_broke(server, source, part, known):
    server.faults["/data"] = [("cut", 100_000), ("cut", 50_000)]
    assert download(source, part, expecting() if known else None) == SUM
    assert ranges(server) == [None, "bytes=100000-", "bytes=150000-"]
    assert server.sent("/data") == len(CONTENT), "no byte is asked for twice"


def test_servers_without_ranges_begin_anew(server, source, part):
    server.ranges = False
    server.faults["/data"] = [("cut", 100_000)]
    assert download(source, part, None) == SUM
    assert server.sent("/data") == 100_000 + len(CONTENT)


def test_without_a_version_only_a_known_sum_lets_it_go_on(server, source, part):
    server.validators = False
    server.faults["/data"] = [("cut", 100_000)]
    assert download(source, part, None) == SUM
    assert ranges(server) == [None, None]
    part.unlink()
    server.asked.clear()
    server.faults["/data"] = [("cut", 100_000)]
    assert download(source, part, expecting()) == SUM
    assert ranges(server) == [None, "bytes=100000-"]


@pytest.mark.parametrize("ranges_are_conditional", [True, False])
def test_a_file_that_changed_meanwhile_is_not_mixed(server, source, part, ranges_are_conditional, monkeypatch):
    monkeypatch.setattr("xstilts.sources.fetch.errors.PAUSES", ())
    server.faults["/data"] = [("cut", 100_000)]
    with pytest.raises(FetchError, match="100000 of 300000 bytes"):
        download(source, part, None)
    assert part.stat().st_size == 100_000
    new = CONTENT[::-1]
    server.add("/data", new)
    if not ranges_are_conditional:
        server.conditional = False
    monkeypatch.setattr("xstilts.sources.fetch.errors.PAUSES", (0.0,))
    assert download(source, part, None) == hashlib.sha256(new).hexdigest()


def test_a_part_that_is_longer_than_the_file_is_dropped(server, source, part):
    part.parent.mkdir()
    part.write_bytes(bytes(400_000))
    beside(part).write_text('{"version": null, "total": null}')
    assert download(source, part, expecting()) == SUM, "answered 416"
    assert ranges(server) == ["bytes=400000-", None]


def test_what_is_whole_is_not_asked_for_again(server, source, part):
    download(source, part, None)
    server.asked.clear()
    assert download(source, part, expecting()) == SUM
    assert server.asked == []


@pytest.mark.parametrize("fault", [("status", 503), ("status", 500), ("status", 429), ("refuse", 0), ("busy", 0)])
def test_trouble_that_passes_is_waited_out(server, source, part, fault):
    server.faults["/data"] = [fault, fault]
    assert download(source, part, None) == SUM


def test_a_server_that_asks_for_time_gets_it_within_limits(server, source, part, monkeypatch):
    waits = []
    monkeypatch.setattr("xstilts.sources.fetch.errors.time.sleep", waits.append)
    server.faults["/data"] = [("busy", 7), ("busy", 100_000)]
    download(source, part, None)
    assert waits == [7, 120]


def test_a_silent_server_is_asked_again(server, source, part, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    server.faults["/data"] = [("stall", 70_000), ("stall", 0)]
    assert download(source, part, None) == SUM
    assert ranges(server) == [None, "bytes=70000-", "bytes=70000-"]


def test_trouble_that_stays_is_told(server, source, part):
    server.faults["/data"] = [("status", 503)] * 9
    with pytest.raises(FetchError, match=r"/data: the server answers 503 .*\(tried 4 times\)"):
        download(source, part, None)
    assert len(server.asked) == 4


def test_an_outage_is_waited_out_for_two_minutes(server, source, part, monkeypatch):
    waits = []
    monkeypatch.setattr("xstilts.sources.fetch.errors.time.sleep", waits.append)
    monkeypatch.setattr("xstilts.sources.fetch.errors.PAUSES", PAUSES)
    server.faults["/data"] = [("status", 503), ("refuse", 0), ("busy", 1), ("status", 500)]
    assert download(source, part, None) == SUM
    assert waits == list(PAUSES) == sorted(PAUSES) and len(waits) == 4 and sum(waits) == 120


def test_each_gain_renews_patience(server, source, part):
    server.faults["/data"] = [("cut", 10_000)] * 8
    assert download(source, part, None) == SUM


def test_a_server_without_ranges_that_always_breaks_is_given_up(server, source, part):
    server.ranges = False
    server.faults["/data"] = [("cut", 10_000)] * 50
    with pytest.raises(FetchError, match="the connection broke after 10000 of 300000 bytes"):
        download(source, part, None)
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_told_at_once(server, source, part, status):
    server.faults["/data"] = [("status", status)] * 2
    with pytest.raises(FetchError, match=f"the server answers {status}"):
        download(source, part, None)
    assert len(server.asked) == 1
    assert not part.exists()


def test_a_wrong_sum_is_told_with_both_and_the_file_goes(server, source, part):
    server.faults["/data"] = [("lie", 0)]
    with pytest.raises(FetchError) as error:
        download(source, part, expecting())
    lie = hashlib.sha256(bytes(byte ^ 1 for byte in CONTENT)).hexdigest()
    assert f"/data has sha256 {lie}, and what is stated for it is {SUM}; compare" in str(error.value)
    assert list(part.parent.iterdir()) == []
    assert len(server.asked) == 1, "a server that lies is not asked again"


def test_a_bad_part_from_earlier_is_not_held_against_the_server(server, source, part):
    part.parent.mkdir()
    part.write_bytes(bytes(1000))
    assert download(source, part, expecting()) == SUM
    assert ranges(server) == ["bytes=1000-", None]


def test_files_of_unknown_length(server, source, part):
    server.lengths = False
    assert download(source, part, expecting()) == SUM
    server.faults["/data"] = [("cut", 1000)]
    part.unlink()
    known = Source(source.url, "data", size=len(CONTENT))
    assert download(known, part, expecting()) == SUM, "the size is known from elsewhere"


def test_an_empty_file(server, part):
    assert download(Source(server.add("/empty", b""), "empty"), part, None) == hashlib.sha256(b"").hexdigest()
    assert part.read_bytes() == b""


def test_redirections_are_followed_without_the_secret(server, part):
    server.redirect("/old", server.add("/data", CONTENT))
    secret = {"Authorization": "Bearer x"}
    assert download(Source(f"{server.url}/old", "data", secret=secret), part, None) == SUM
    assert [asked.headers.get("Authorization") for asked in server.asked] == ["Bearer x", None]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "data", "http://", "http://[", "http://a b/c"])
def test_what_is_no_address_of_the_web(url, part):
    with pytest.raises(FetchError, match=r"no http or https address|no address|tried"):
        download(Source(url, "x"), part, None)


def test_no_server(part):
    with pytest.raises(FetchError, match=r"http://127.0.0.1:9/x: .*refused \(tried 4 times\)"):
        download(Source("http://127.0.0.1:9/x", "x"), part, None)
