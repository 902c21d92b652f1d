"""From an address to records, by the workflow's own rules: a release on a web server of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from clones import Clone, clone_into

RELEASE = """
reviews: {{title: Reviews, url: "https://example.org", licence: CC0, citation: us, note: Our own., languages: de en,
  reader: pairs, options: {{columns: {{text_a: review, label: grade}}}},
  files: {{train: [train.jsonl], dev: [dev.jsonl], test: ["test.{{language}}.jsonl"]}},
  archives: [{{from: "{address}/", files: {{{files}}}}}]}}
"""
TASK = """
LOCAL: tuple[Task, ...] = (
    Task("reviews", "Reviews", "classification", "target", ("de", "en"), ("train", "dev", "test"), "accuracy",
        english="reviews", stage="reviews", labels=("bad", "good"), chance=50.0, releases=("reviews",)),
)
"""
STUDY = """
world: real
study: mine
studies:
  mine: {asks: Does it work, seeds: [1], recipes: {none: []}, targets: [reviews], compare: {baseline: none}}
worlds: {real: {tasks: {reviews: {source: files}}, stages: {reviews: {epochs: 3}}}}
"""
NAMES = ("train.jsonl", "dev.jsonl", "test.en.jsonl", "test.de.jsonl")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder of files, and where a server shows it."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name in NAMES:
        rows = [{"review": f"{name} {i}", "grade": ["bad", "good"][i % 2]} for i in range(6)]
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """The test's output is no place for an access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def clone(served: tuple[Path, str], tmp_path: Path) -> Clone:
    """A clone whose registry has the release, and a task that reads it."""
    clone = clone_into(tmp_path / "clone")
    files = ", ".join(f"{name}: null" for name in NAMES)
    registry, local = (clone.folder / "src/xstilts/tasks" / name for name in ("releases.yaml", "local.py"))
    registry.write_text(registry.read_text() + RELEASE.format(address=served[1], files=files), encoding="utf-8")
    local.write_text(local.read_text().replace("LOCAL: tuple[Task, ...] = ()\n", TASK), encoding="utf-8")
    (clone.folder / "smoke.yaml").write_text(STUDY, encoding="utf-8")
    return clone


def test_what_is_fetched_becomes_records_and_stays(clone: Clone, served: tuple[Path, str]) -> None:
    clone.snakemake("-p", "records")
    folder = clone.folder / "data/downloads/reviews"
    record = json.loads((folder / "original/record.json").read_text())
    assert {file["path"] for file in record["files"]} == set(NAMES)
    test = json.loads((clone.folder / "results/real/records/reviews/test.json").read_text())
    assert test["rows"] == {"de": 6, "en": 6}
    assert {file["sha256"] for file in test["files"]} <= {file["sha256"] for file in record["files"]}
    assert "Nothing to be done" in clone.snakemake("-p", "records").stderr

    # What was seen first holds: another file under the same name is refused, even when the first has been deleted.
    (served[0] / "dev.jsonl").write_text('{"review": "other", "grade": "bad"}\n')
    (folder / "original/dev.jsonl").unlink()
    (folder / "original/digest").unlink()
    done = clone.snakemake("--retries", "0", "downloads", check=False)
    assert done.returncode and "dev.jsonl" in (folder.parent / "logs/reviews/original.log").read_text()
