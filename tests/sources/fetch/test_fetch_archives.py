"""Releases of archives: whole or a message, what is here is kept, what was seen first is trusted."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archives_made import tarred, zipped

from xstilts.errors import UserError
from xstilts.sources.fetch.folder import locked
from xstilts.sources.fetch.release import fetch_release
from xstilts.specs import Archive, DownloadSpec
from xstilts.tasks.release import releases

ROOT = Path(__file__).parents[3]
FILES = {"data/train.tsv": b"a\tb\n" * 1000, "data/dev.tsv": b"c\td\n"}


def sha(data):
    return hashlib.sha256(data).hexdigest()


def spec(*archives, **changes):
    settings = {"hub": None, "revision": None, "wanted": (), "shards": None}
    both = [Archive(url=url, sha256=known) for url, known in archives]
    return DownloadSpec(**{"release": "toy", "archives": tuple(both), **settings, **changes})


def contents(folder):
    """The files of a release, and those that xstilts adds."""
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: data for name, data in found.items() if not name.startswith(".fetch/")}


def data_of(folder):
    return {name: data for name, data in contents(folder).items() if name not in ("record.json", "digest")}


def leftovers(folder):
    return [p.relative_to(folder).as_posix() for p in (folder / ".fetch").rglob("*") if p.is_file()]


def book(tmp_path):
    return json.loads((tmp_path / "checksums.json").read_text())


def refused(spec, out):
    with pytest.raises(UserError) as error:
        fetch_release(spec, out, "code")
    return str(error.value)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "toy"


def test_archives_and_files_arrive_with_a_record(server, out, tmp_path):
    packed, plain = zipped(FILES), b'{"a": 1}\n'
    first = server.add("/files/x.zip", packed)
    second = server.add("/with space/more%.jsonl", plain).replace(" ", "%20").replace("%.", "%25.") + "?download=1"
    fetch_release(spec((first, sha(packed)), (second, None)), out, "c0de")
    expected = FILES | {"more%.jsonl": plain}
    assert data_of(out) == expected
    record = json.loads((out / "record.json").read_text())
    assert record["code"] == "c0de" and record["revision"] is None and record["spec"]["release"] == "toy"
    assert record["files"] == [
        {"path": name, "bytes": len(data), "sha256": sha(data)} for name, data in sorted(expected.items())
    ]
    assert record["archives"] == [
        {"url": first, "bytes": len(packed), "sha256": sha(packed), "checked": True},
        {"url": second, "bytes": len(plain), "sha256": sha(plain), "checked": False},
    ]
    assert (out / "digest").read_text().strip() == record["digest"]
    assert book(tmp_path) == {"revisions": {}, "sha256": {second: sha(plain)}}, "what is stated need not be kept"
    assert set(leftovers(out)) == {".fetch/lock", ".fetch/unpacked.json"}


def test_single_packed_files_stay_packed(server, out):
    fetch_release(spec((server.add("/ud.conllu.gz", b"\x1f\x8b"), None)), out, "")
    assert data_of(out) == {"ud.conllu.gz": b"\x1f\x8b"}


def test_a_repeated_fetch_asks_for_nothing(server, out):
    wanted = spec((server.add("/x.zip", zipped(FILES)), None), (server.add("/y.csv", b"1"), None))
    fetch_release(wanted, out, "")
    before = contents(out)
    server.asked.clear()
    fetch_release(wanted, out, "")
    for name in ("record.json", "digest"):
        (out / name).unlink()  # as Snakemake does before it runs a job again
    fetch_release(wanted, out, "")
    assert server.asked == []
    record = json.loads(before.pop("record.json"))
    assert {name: data for name, data in contents(out).items() if name != "record.json"} == before
    assert record["digest"] == json.loads((out / "record.json").read_text())["digest"]


def test_only_what_is_missing_or_damaged_is_fetched_again(server, out):
    urls = [server.add("/x.zip", zipped(FILES)), server.add("/y.csv", b"1"), server.add("/z.csv", b"2")]
    wanted = spec(*((url, None) for url in urls))
    fetch_release(wanted, out, "")
    server.asked.clear()
    (out / "data/dev.tsv").write_bytes(b"c\tX\n")
    (out / "z.csv").unlink()
    fetch_release(wanted, out, "")
    assert [asked.path for asked in server.asked] == ["/x.zip", "/z.csv"]
    assert data_of(out) == FILES | {"y.csv": b"1", "z.csv": b"2"}


def test_what_is_not_wanted_any_more_goes(server, out):
    first, second = server.add("/x.zip", zipped(FILES)), server.add("/data", b"a file where a folder was")
    fetch_release(spec((first, None)), out, "")
    old = (out / "digest").read_text()
    (out / "mine").symlink_to("/etc")
    fetch_release(spec((second, None)), out, "")
    assert data_of(out) == {"data": b"a file where a folder was"}
    assert (out / "digest").read_text() != old
    fetch_release(spec((first, None)), out, "")
    assert data_of(out) == FILES and (out / "digest").read_text() == old


def test_a_wrong_sum_says_what_to_do(server, out):
    url = server.add("/x.zip", zipped(FILES))
    message = refused(spec((url, "0" * 64)), out)
    assert sha(zipped(FILES)) in message and "0" * 64 in message and "`sha256` of the archive" in message
    assert "if that is wrong. If you can" in message and "`source: files`" in message
    assert contents(out) == {} and leftovers(out) == [".fetch/lock"]


def test_a_message_says_how_to_get_a_release_that_is_known(server, out):
    release = releases()["xnli"]
    message = refused(spec((server.url + "/lost.zip", None), release="xnli"), out)
    assert message.startswith("release 'xnli' can't be fetched") and "answers 404" in message
    assert f" {release.advice.rstrip('. ')}. If you can get" in message
    assert len(server.asked) == 1, "what is not there is not asked for twice"


def test_what_was_seen_first_is_trusted_even_when_the_outputs_are_gone(server, out, tmp_path):
    url = server.add("/y.csv", b"1,2")
    fetch_release(spec((url, None)), out, "")
    for file in [p for p in out.rglob("*") if p.is_file()]:
        file.unlink()
    server.add("/y.csv", b"1,3")
    message = refused(spec((url, None)), out)
    assert sha(b"1,2") in message and sha(b"1,3") in message
    assert f"remove the line of {url} from {tmp_path / 'checksums.json'}" in message
    assert contents(out) == {}
    fetch_release(spec((url, sha(b"1,3"))), out, "")
    assert data_of(out) == {"y.csv": b"1,3"}, "what the world states goes before what was seen"
    (tmp_path / "checksums.json").write_text(json.dumps({"revisions": {}, "sha256": {}}))
    fetch_release(spec((url, None)), out, "")
    assert book(tmp_path)["sha256"] == {url: sha(b"1,3")}


def test_a_bad_archive_is_not_trusted_and_leaves_nothing(server, out, tmp_path):
    good = server.add("/y.csv", b"1")
    bad = server.add("/x.tar.gz", tarred(FILES)[:-100])
    message = refused(spec((good, None), (bad, None)), out)
    assert "x.tar.gz is damaged, cut short or no such archive" in message
    assert set(contents(out)) == {"y.csv"}, "what was done is kept, and without a digest it is no release"
    assert not [name for name in leftovers(out) if "x.tar" in name or "draft" in name]
    assert book(tmp_path)["sha256"] == {good: sha(b"1")}
    server.add("/x.tar.gz", tarred(FILES))
    fetch_release(spec((good, None), (bad, None)), out, "")
    assert data_of(out) == FILES | {"y.csv": b"1"}


def test_an_archive_that_leads_out_leaves_nothing(server, out, tmp_path):
    url = server.add("/x.zip", zipped(FILES | {"../evil": b"evil"}))
    message = refused(spec((url, None)), out)
    assert "x.zip: '../evil' leads out of the folder" in message and "by hand" in message
    assert {p.name for p in tmp_path.iterdir()} == {"toy"}
    assert contents(out) == {} and leftovers(out) == [".fetch/lock"]


@pytest.mark.parametrize("name", ["record.json", "digest/x", ".fetch/unpacked.json"])
def test_names_of_our_own_are_taken(server, out, name):
    assert "is taken" in refused(spec((server.add("/x.zip", zipped({name: b"1"})), None)), out)


def test_a_web_page_is_no_data(server, out):
    url = server.add("/train.tsv", b"\n<!DOCTYPE html><html>Please log in</html>")
    assert "/train.tsv: the server sent a web page instead of the file" in refused(spec((url, None)), out)
    assert contents(out) == {}


def test_files_that_would_replace_each_other(server, out):
    same = [(server.add(f"/{language}/test.jsonl", b"1"), None) for language in ("de", "fr")]
    assert "both end in test.jsonl" in refused(spec(*same), out)
    assert server.asked == []
    archives = [(server.add(f"/{n}.zip", zipped({"readme": b"same", "data": b"%d" % n})), None) for n in (1, 2)]
    assert "1.zip both hold a file data, and the two differ" in refused(spec(*archives), out)
    server.add("/2.zip", zipped({"readme": b"same", "more": b"2"}))
    fetch_release(spec(*archives), out, "")
    assert data_of(out) == {"readme": b"same", "data": b"1", "more": b"2"}


@pytest.mark.parametrize("url", ["/", "/a/..", "/.hidden", f"/{'x' * 300}"])
def test_addresses_without_a_name(server, out, url):
    assert "does not end in the name of a file" in refused(spec((server.url + url, None)), out)


def test_nothing_wanted(out):
    assert "neither a hub data set nor an archive" in refused(spec(), out)


def test_no_network(out):
    message = refused(spec(("http://127.0.0.1:9/x.zip", None)), out)
    assert message == (
        "release 'toy' can't be fetched: http://127.0.0.1:9/x.zip: [Errno 111] Connection refused (tried 4 times). "
        "If you can get the files in another way, put them in a folder and write `source: files` and `folder: THAT "
        "FOLDER` for the task"
    )


def test_one_fetch_in_a_folder_at_a_time(server, out):
    wanted = spec((server.add("/y.csv", b"1"), None))
    with locked(out / ".fetch/lock"):
        assert "another fetch is at work" in refused(wanted, out)
    fetch_release(wanted, out, "")


@pytest.mark.parametrize("text", ["{", "[]", '{"sha256": {}}', '{"revisions": [], "sha256": {}}'])
def test_a_book_that_can_not_be_read(server, out, tmp_path, text):
    (tmp_path / "checksums.json").write_text(text)
    assert "checksums.json can't be read" in refused(spec((server.add("/y.csv", b"1"), None)), out)


CHILD = """
import os, resource, signal, sys
from pathlib import Path
from xstilts.errors import UserError
from xstilts.sources.fetch import unpack, folder, archives
from xstilts.sources.fetch.release import fetch_release
from xstilts.specs import DownloadSpec

def killed_at(owner, name, number):
    original, calls = getattr(owner, name), []
    def function(*arguments):
        calls.append(1)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)
    setattr(owner, name, function)

exec(sys.argv[1])
try:
    fetch_release(DownloadSpec.read(sys.argv[2]), Path(sys.argv[3]), "")
except UserError as error:
    sys.exit(str(error))
"""


def child(code, wanted, out):
    """Fetch in a process of its own that is made to fail."""
    command = [sys.executable, "-c", CHILD, code, wanted.text(), str(out)]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)


@pytest.mark.parametrize(
    "moment",
    [
        "killed_at(unpack, 'write', 2)",
        "killed_at(folder.Folder, 'put', 1)",
        "killed_at(folder.Folder, 'put', 2)",
        "killed_at(archives.Journal, 'add', 1)",
        "killed_at(archives, 'discard', 1)",
        "killed_at(folder.Folder, 'clean', 1)",
    ],
)
def test_a_kill_at_any_moment_loses_nothing(server, out, moment):
    wanted = spec((server.add("/x.zip", zipped(FILES)), None))
    assert child(moment, wanted, out).returncode == -signal.SIGKILL
    assert not (out / "digest").exists() and not (out / "record.json").exists()
    assert len(server.gets("/x.zip")) == 1
    fetch_release(wanted, out, "")
    assert data_of(out) == FILES and set(leftovers(out)) == {".fetch/lock", ".fetch/unpacked.json"}
    assert len(server.gets("/x.zip")) == 1, "the archive was whole, and is not asked for again"


def test_a_killed_download_goes_on(server, out):
    data = zipped({"noise": random.Random(0).randbytes(2_000_000)})
    url = server.add("/x.zip", data)
    server.faults["/x.zip"] = [("slow", 50_000)]
    command = [sys.executable, ROOT / "scripts/fetch_release.py", "--out", out, "--spec", spec((url, sha(data))).text()]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    parts = out / ".fetch/parts"
    deadline = time.monotonic() + 20
    while sum(p.stat().st_size for p in parts.glob("*-x.zip")) < 300_000:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    arrived = sum(p.stat().st_size for p in parts.glob("*-x.zip"))
    assert 300_000 <= arrived < len(data) and contents(out) == {}
    server.asked.clear()
    ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert [asked.headers.get("Range") for asked in server.asked] == [f"bytes={arrived}-"]
    assert server.sent("/x.zip") == len(data) - arrived
    assert set(data_of(out)) == {"noise"}


@pytest.mark.parametrize("limit", [50_000, 150_000])
def test_a_full_disk_is_told_and_gone_on_from(server, out, limit):
    """Of 100 kB that are packed and 200 kB that are not, the download or the unpacking finds no room."""
    noise = random.Random(0).randbytes(100_000)
    wanted = spec((server.add("/x.zip", zipped({"twice": noise + bytes(100_000)})), None))
    ended = child(f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))", wanted, out)
    assert ended.returncode == 1
    assert f"release 'toy' can't be written below {out}: [Errno 27] File too large" in ended.stderr
    assert "Make room" in ended.stderr and "Traceback" not in ended.stderr
    assert contents(out) == {} and not list((out / ".fetch").glob("draft*"))
    fetch_release(wanted, out, "")
    assert set(data_of(out)) == {"twice"}
    if limit > 100_000:
        assert len(server.gets("/x.zip")) == 1
