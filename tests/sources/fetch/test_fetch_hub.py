"""Data sets of a local hub, asked by the real clients: files of a commit, as Parquet, or a message."""

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from servers import Hub

from xstilts.specs import DownloadSpec, FetchSpec

ROOT = Path(__file__).parents[3]
PROGRAM = """
import runpy, sys
from xstilts.sources.fetch import errors
errors.PAUSES = (0.0,)
sys.argv[0] = "scripts/fetch_release.py"
runpy.run_path(ROOT + "/scripts/fetch_release.py", run_name="__main__")
""".replace("ROOT", repr(str(ROOT)))
CARD = b"""---
configs:
- config_name: mrpc
  data_files:
  - split: train
    path: mrpc/train-*
  - split: validation
    path: mrpc/validation-*
- config_name: sst2
  data_files: sst2/*.parquet
- config_name: raw
  data_files:
  - split: train
    path: raw/train.jsonl
---
# GLUE
"""


def table(*values):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"value": list(values)}), buffer)
    return buffer.getvalue()


FILES = {
    "README.md": CARD,
    **{f"mrpc/train-{n:05d}-of-00003.parquet": table(n) for n in range(3)},
    "mrpc/validation-00000-of-00001.parquet": table(10, 11),
    "sst2/all.parquet": table(20),
    "raw/train.jsonl": b'{"value": 1}\n',
}
COPY = {
    ".gitattributes": b"",
    "mrpc/train/0000.parquet": table(1),
    "mrpc/train/0001.parquet": table(2),
    "mrpc/partial-test/0000.parquet": table(3),
    "sst2/train/0000.parquet": table(4),
}


def spec(name, *wanted, **changes):
    settings = {"release": "toy", "revision": None, "shards": None, "archives": ()}
    return DownloadSpec(**{"hub": name, "wanted": wanted, **settings, **changes})


def values(out):
    """The values in each Parquet file, by its path."""
    return {p.relative_to(out).as_posix(): pq.read_table(p)["value"].to_pylist() for p in out.rglob("*.parquet")}


def downloads(hub):
    return [asked for asked in hub.asked if asked.method == "GET" and asked.path.startswith("/cdn/")]


def book(out):
    return json.loads((out.parent / "checksums.json").read_text())


@pytest.fixture
def out(tmp_path):
    return tmp_path / "toy"


def test_files_of_splits_arrive_at_a_commit(hub, client, name, out):
    repository = hub.repository(name)
    commit = repository.commit(FILES)
    repository.commit({**FILES, "mrpc/train-00000-of-00003.parquet": table(99)})
    wanted = spec(name, ("mrpc", "train"), ("sst2", "train"), ("mrpc", "validation"), revision=commit)
    assert client("release", wanted, out) is None
    assert values(out) == {
        "mrpc/train-00000.parquet": [0],
        "mrpc/train-00001.parquet": [1],
        "mrpc/train-00002.parquet": [2],
        "mrpc/validation-00000.parquet": [10, 11],
        "sst2/train-00000.parquet": [20],
    }
    record = json.loads((out / "record.json").read_text())
    assert record["revision"] == commit and [file["path"] for file in record["files"]] == sorted(values(out))
    for file in record["files"]:
        data = (out / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert (out / "digest").read_text().strip() == record["digest"]
    assert book(out)["revisions"] == {}, "a stated revision need not be kept"
    assert f"{name}@{commit}:sst2/all.parquet" in book(out)["sha256"]
    assert {asked.headers.get("Authorization") for asked in downloads(hub)} == {None}, "the token stays with the hub"


def test_a_repeated_fetch_downloads_nothing(hub, client, name, out):
    hub.repository(name).commit(FILES)
    wanted = spec(name, ("mrpc", "train"))
    assert client("release", wanted, out) is None
    digest = (out / "digest").read_text()
    hub.asked.clear()
    assert client("release", wanted, out) is None
    assert hub.asked == []
    (out / "mrpc/train-00001.parquet").write_bytes(b"damaged")
    assert client("release", wanted, out) is None
    assert len(downloads(hub)) == 1 and values(out)["mrpc/train-00001.parquet"] == [1]
    assert client("release", spec(name, ("mrpc", "train"), shards=1), out) is None
    assert len(downloads(hub)) == 1 and list(values(out)) == ["mrpc/train-00000.parquet"]
    assert (out / "digest").read_text() != digest


@pytest.mark.parametrize("pinned", [True, False])
def test_what_is_all_here_needs_no_network(tmp_path, out, pinned):
    hub = Hub()
    commit = hub.repository("owner/data").commit(FILES)
    wanted = spec("owner/data", ("mrpc", "train"), ("sst2", "train"), revision=commit if pinned else None)

    def fetch(wanted):
        command = [sys.executable, "-c", PROGRAM, "--out", out, "--spec", wanted.text()]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hub"), "PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    ended = fetch(wanted)
    assert ended.returncode == 0, ended.stderr
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*.parquet")}
    digest = (out / "digest").read_text()
    hub.close()
    for name in ("record.json", "digest"):
        (out / name).unlink()  # as Snakemake does before it runs a job again
    ended = fetch(wanted)
    assert ended.returncode == 0, ended.stderr
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*.parquet")} == before
    record = json.loads((out / "record.json").read_text())
    assert record["revision"] == commit and record["digest"] == digest.strip() == (out / "digest").read_text().strip()
    assert "refused" in fetch(wanted.model_copy(update={"shards": 1})).stderr, "another wish has to be asked for"
    (out / "sst2/train-00000.parquet").unlink()
    assert "refused" in fetch(wanted).stderr


@pytest.mark.parametrize("text", ["", "[]", '{"meant": 1}', "{"])
def test_a_memory_that_can_not_be_read_is_done_without(hub, client, name, out, text):
    hub.repository(name).commit(FILES)
    wanted = spec(name, ("mrpc", "train"))
    assert client("release", wanted, out) is None
    good = json.loads((out / ".fetch/listed.json").read_text())
    for bad in (text, json.dumps({**good, "files": [["x"]]}), json.dumps({**good, "files": 1})):
        (out / ".fetch/listed.json").write_text(bad)
        hub.asked.clear()
        assert client("release", wanted, out) is None
        assert hub.asked and downloads(hub) == []


def test_another_wish_is_asked_for(hub, client, name, out):
    """The memory of an earlier fetch holds for its data set, commit, splits and number of files, and no other."""
    repository = hub.repository(name)
    first, second = (repository.commit({**FILES, "sst2/all.parquet": table(n)}) for n in (1, 2))
    for wanted, revision in [((("sst2", "train"),), first), ((("sst2", "train"),), second)]:
        assert client("release", spec(name, *wanted, revision=revision), out) is None
    assert values(out) == {"sst2/train-00000.parquet": [2]}
    for shards, number in ((1, 1), (2, 2), (None, 3), (2, 2)):
        assert client("release", spec(name, ("mrpc", "train"), revision=second, shards=shards), out) is None
        assert len(values(out)) == number


def test_the_newest_revision_is_kept_from_then_on(hub, client, name, out, tmp_path):
    repository = hub.repository(name)
    first = repository.commit(FILES)
    wanted = spec(name, ("sst2", "train"))
    assert client("release", wanted, out) is None
    assert book(out)["revisions"] == {name: first}
    second = repository.commit({**FILES, "sst2/all.parquet": table(21)})
    assert second != first
    for file in [p for p in out.rglob("*") if p.is_file()]:
        file.unlink()
    assert client("release", wanted, out) is None
    assert values(out) == {"sst2/train-00000.parquet": [20]}
    assert json.loads((out / "record.json").read_text())["revision"] == first
    assert client("release", wanted, tmp_path / "other" / "toy") is None
    assert values(tmp_path / "other" / "toy") == {"sst2/train-00000.parquet": [21]}, "elsewhere it is seen first now"


def test_small_files_without_a_sum_of_the_hub_are_seen_first(hub, client, name, out):
    repository = hub.repository(name)
    repository.lfs = False
    commit = repository.commit(FILES)
    wanted = spec(name, ("sst2", "train"))
    assert client("release", wanted, out) is None
    assert client("release", wanted, out) is None
    path = f"/datasets/{name}/resolve/{commit}/sst2/all.parquet"
    assert len(hub.gets(path)) == 1
    assert hub.gets(path)[0].headers["Authorization"] == "Bearer hf_secret"
    repository.commits[commit]["sst2/all.parquet"] = table(66)
    (out / "sst2/train-00000.parquet").unlink()
    message = client("release", wanted, out)
    assert "when it was fetched first it had" in message and f"{name}@{commit}:sst2/all.parquet" in message
    assert not (out / "digest").exists() or not values(out)


def test_a_sum_that_the_hub_changes_is_refused(hub, client, name, out):
    repository = hub.repository(name)
    commit = repository.commit(FILES)
    assert client("release", spec(name, ("sst2", "train")), out) is None
    repository.commits[commit] = {**FILES, "sst2/all.parquet": table(66)}
    message = client("release", spec(name, ("sst2", "train"), ("mrpc", "train")), out)
    assert "as the hub lists it, has sha256" in message and "checksums.json" in message
    assert (out / "digest").exists() and values(out) == {"sst2/train-00000.parquet": [20]}, "nothing was touched"


def test_a_connection_that_breaks_and_a_lie_on_the_way(hub, client, name, out):
    hub.repository(name).commit(FILES)
    data = FILES["sst2/all.parquet"]
    path = f"/cdn/{hashlib.sha256(data).hexdigest()}"
    hub.faults[path] = [("cut", 100), ("status", 503), ("stall", 50)]
    assert client("release", spec(name, ("sst2", "train")), out) is None
    assert [asked.headers.get("Range") for asked in hub.gets(path)] == [None, *["bytes=100-"] * 2, "bytes=150-"]
    (out / "sst2/train-00000.parquet").unlink()
    hub.faults[path] = [("lie", 0)]
    message = client("release", spec(name, ("sst2", "train")), out)
    assert "the hub says" in message and "damaged on its way" in message and values(out) == {}
    assert client("release", spec(name, ("sst2", "train")), out) is None


def test_trouble_of_the_hub_itself_is_waited_out(hub, client, name, out):
    commit = hub.repository(name).commit(FILES)
    hub.faults[f"/api/datasets/{name}/revision/main"] = [("status", 503), ("stall", 0), ("refuse", 0)]
    hub.faults[f"/api/datasets/{name}/tree/{commit}"] = [("stall", 0)]
    assert client("release", spec(name, ("sst2", "train")), out) is None
    hub.faults[f"/api/datasets/{name}/revision/main"] = [("status", 503)] * 9
    message = client("release", spec(name, ("sst2", "train")), out.parent / "other/toy")
    assert f"data set {name}" in message and "503" in message and "(tried 4 times)" in message


@pytest.mark.parametrize(
    "wanted,match",
    [
        (("mprc", "train"), "has no configuration 'mprc' (did you mean 'mrpc'?); it has mrpc, sst2, raw"),
        (("mrpc", "valid"), "has no split 'valid' (did you mean 'validation'?); it has train, validation"),
        (("raw", "train"), "raw/train.jsonl is no Parquet file"),
    ],
)
def test_what_a_data_set_does_not_have(hub, client, name, out, wanted, match):
    hub.repository(name).commit(FILES)
    message = client("release", spec(name, wanted), out)
    assert match in message and name in message and "If you can get the files" in message
    assert not (out.parent / "checksums.json").exists(), "a revision that was no use is not kept"


def test_a_data_set_without_a_card(hub, client, name, out):
    hub.repository(name).commit({f"data/{s}-00000-of-00001.parquet": table(n) for n, s in enumerate(("train", "test"))})
    assert client("release", spec(name, ("default", "test")), out) is None
    assert values(out) == {"default/test-00000.parquet": [1]}


def test_a_loading_script_is_refused(hub, client, name, out):
    script = f"{name.split('/')[1]}.py"
    commit = hub.repository(name).commit({script: b"1/0", "mrpc/train.parquet": table(1)})
    message = client("release", spec(name, ("mrpc", "train")), out)
    assert f"revision {commit} can't be read: it needs its loading script {script}" in message
    assert "and the hub has no Parquet copy" in message


def test_formats_but_parquet_are_refused(hub, client, name, out):
    hub.repository(name).commit({"train.jsonl": b'{"a": 1}\n'})
    assert "can't be read: it has no Parquet files" in client("release", spec(name, ("default", "train")), out)


def test_the_hubs_own_copy_stands_in_for_a_script(hub, client, name, out):
    repository = hub.repository(name)
    script = repository.commit({f"{name.split('/')[1]}.py": b"1/0", "README.md": CARD})
    copy = repository.commit(COPY, "refs/convert/parquet")
    wanted = [("mrpc", "train"), ("sst2", "train")]
    found = {"mrpc/train-00000.parquet": [1], "mrpc/train-00001.parquet": [2], "sst2/train-00000.parquet": [4]}
    assert client("release", spec(name, *wanted), out) is None
    assert values(out) == found and book(out)["revisions"] == {name: copy}
    assert client("release", spec(name, *wanted, revision=copy), out.parent / "other/toy") is None
    assert values(out.parent / "other/toy") == found
    message = client("release", spec(name, *wanted, revision=script), out)
    assert f"the hub has a Parquet copy: write revision {copy}" in message
    message = client("release", spec(name, ("mrpc", "test")), out)
    assert "no split 'test'; it has partial-test, train" in message


def test_older_copies_of_the_hub(hub, client, name, out):
    short = name.split("/")[1]
    files = {
        ".gitattributes": b"",
        f"default/{short}-train-00000-of-00002.parquet": table(1),
        f"default/{short}-train-00001-of-00002.parquet": table(2),
        f"default/{short}-dev_r1.parquet": table(3),
    }
    commit = hub.repository(name).commit(files)
    wanted = spec(name, ("default", "train"), ("default", "dev_r1"), revision=commit)
    assert client("release", wanted, out) is None
    assert values(out) == {
        "default/train-00000.parquet": [1],
        "default/train-00001.parquet": [2],
        "default/dev_r1-00000.parquet": [3],
    }


def test_a_file_that_is_no_parquet(hub, client, name, out):
    hub.repository(name).commit({"train.parquet": b"version https://git-lfs.github.com/spec/v1\n"})
    assert "train.parquet is no Parquet file" in client("release", spec(name, ("default", "train")), out)
    assert not [p for p in out.rglob("*") if p.is_file() and p.name != "lock"]


def test_repositories_that_are_not_to_be_had(hub, client, name, out):
    assert "is not on the hub, or is private" in client("release", spec(name, ("a", "train")), out)
    hub.repository(name).commit(FILES)
    hub.gated.add(name)
    assert "is gated: accept its terms" in client("release", spec(name, ("a", "train")), out)
    hub.gated.clear()
    message = client("release", spec(name, ("mrpc", "train"), revision="0" * 40), out)
    assert "has no such revision" in message


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_of_the_hub_is_told_at_once(hub, client, name, out, status):
    commit = hub.repository(name, "models").commit(MODEL)
    hub.repository(name).commit(FILES)
    hub.faults[f"/api/datasets/{name}/revision/main"] = [("status", status)] * 2
    assert name in client("release", spec(name, ("mrpc", "train")), out)
    assert len(hub.asked) == 1
    hub.asked.clear()
    hub.faults[f"/api/models/{name}/tree/{commit}"] = [("status", status)] * 2
    assert "can't be fetched" in client("base", FetchSpec(base="mine", hub=name, revision=commit, path=None), out)
    assert len(hub.asked) == 1


def test_no_splits_are_wanted(hub, client, name, out):
    assert "no configuration and split" in client("release", spec(name), out)


MODEL = {"model.safetensors": b"weights", "config.json": b"{}", "tokenizer.json": b"{}", "pytorch_model.bin": b"pickle"}


def test_bases_come_from_the_hub_too(hub, client, name, out):
    commit = hub.repository(name, "models").commit(MODEL)
    base = FetchSpec(base="mine", hub=name, revision=commit, path=None)
    assert client("base", base, out) is None
    assert (out / "model.safetensors").read_bytes() == b"weights" and (out / "digest").exists()
    assert not (out / "pytorch_model.bin").exists()
    assert not any("pytorch_model" in asked.path for asked in hub.asked)


def test_a_base_that_is_not_to_be_had(hub, client, name, out):
    message = client("base", FetchSpec(base="mine", hub=name, revision="0" * 40, path=None), out)
    assert message.startswith(f"{name} at revision {'0' * 40} can't be fetched: model {name} is not on the hub")
    assert "write `mine: {path: FOLDER}` under `bases:` of the world" in message
