"""W&B and MLflow: only where they are asked for, without a network, and what they wrote is read back.

The packages are optional; what needs one is skipped without it. `pip install wandb mlflow-skinny` runs all.
"""

import json
import os
import subprocess
import sys

import pytest

from xstilts.engine import trackers
from xstilts.engine.journal import Journal, read_curve
from xstilts.engine.trackers import check_installed, flat
from xstilts.errors import UserError

NODE = "tiny/s1/mnli@mt-de+squad~lr=5e-6"
CONFIG = {"lr": 1e-5, "parts": [{"task": "mnli", "languages": ["en"]}, {"task": "squad"}], "betas": (0.9, 0.98)}
JOB = """
import json, logging, sys
from pathlib import Path
from xstilts.engine.journal import Journal
logging.basicConfig(level=logging.INFO, format="%(message)s")
folder, name, config, start, *steps = json.loads(sys.argv[1])
with Journal.of(Path(folder), {node!r}, config, [name], start) as journal:
    for step in steps:
        journal.point(step, {{"loss": 1 / step, "dev": 0.5, "dev/mnli@mt-de": 0.5, "bad": float("nan")}})
print("trained")
"""


def job(folder, name, *steps, start=0, **variables):
    """A training's points, in a process of its own in which neither a home nor an account is known."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "MLFLOW_"))}
    told = json.dumps([str(folder / "curves"), name, CONFIG, start, *steps])
    return subprocess.run(
        [sys.executable, "-c", JOB.format(node=NODE), told],
        env={**keep, "HOME": str(folder / "home"), **variables},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


def test_a_missing_package_is_said_at_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="wandb, which is not installed here: pip install wandb"):
        Journal.of(tmp_path, NODE, CONFIG, ["wandb"])
    with pytest.raises(UserError, match="pip install mlflow-skinny"):
        check_installed(["mlflow"])
    check_installed([])
    assert not list(tmp_path.iterdir())


def test_there_is_no_other_tracker():
    with pytest.raises(UserError, match="there is no tracker 'comet'; there are wandb, mlflow"):
        check_installed(["comet"])


def test_a_configuration_in_one_level():
    assert dict(flat(CONFIG)) == {
        "lr": "1e-05",
        "parts.0.task": "mnli",
        "parts.0.languages.0": "en",
        "parts.1.task": "squad",
        "betas.0": "0.9",
        "betas.1": "0.98",
    }


def leveldb_log(data):
    """Records of W&B's file, as long as it is one block: after a head, each has a checksum, a length and a kind."""
    place = 7
    assert data.startswith(b":W&B") and len(data) < 32768
    while place + 7 < len(data):
        length, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        assert kind == 1, "a whole record"
        yield data[place + 7 : place + 7 + length]
        place += 7 + length


def wandb_records(folder):
    """What offline runs of W&B hold, oldest first: (configuration, points)."""
    from wandb.proto.wandb_internal_pb2 import Record

    for path in sorted(folder.glob("curves/wandb/offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime_ns):
        config, points, name = {}, [], ""
        for data in leveldb_log(path.read_bytes()):
            record = Record()
            record.ParseFromString(data)
            if record.HasField("run"):
                name = record.run.display_name
                config |= {one.key: json.loads(one.value_json) for one in record.run.config.update}
            if record.HasField("history"):
                items = record.history.item
                points.append({"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in items})
        yield name, config, points


def test_wandb_writes_a_run_offline_and_a_resumed_one_with_the_points_before(tmp_path):
    pytest.importorskip("wandb")
    done = job(tmp_path, "wandb", 10, 20, 30)
    assert done.stdout == "trained\n" and done.stderr == ""
    job(tmp_path, "wandb", 30, start=25)
    (name, config, points), (_, resumed, more) = wandb_records(tmp_path)
    assert name == NODE and config["lr"] == 1e-5 and config["parts"][1] == {"task": "squad"}
    assert [point["step"] for point in points] == [10, 20, 30] and points[1]["loss"] == 0.05
    assert points[0]["dev/mnli@mt-de"] == 0.5 and "bad" not in points[0]
    assert resumed["resumed_after"] == 25 and [point["step"] for point in more] == [10, 20, 30]
    assert not (tmp_path / "home").exists() and {path.name for path in tmp_path.iterdir()} == {"curves"}


def test_wandb_without_an_account_is_a_warning_and_no_question(tmp_path):
    pytest.importorskip("wandb")
    done = job(tmp_path, "wandb", 10, 20, WANDB_MODE="online")
    assert done.stdout == "trained\n"
    assert len([line for line in done.stderr.splitlines() if line.startswith("wandb fails")]) == 1
    assert [point["step"] for point in read_curve(tmp_path / "curves/curve.jsonl")] == [10, 20]


def mlflow_runs(store):
    """Runs of an MLflow store, oldest first."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store)
    (experiment,) = [one for one in client.search_experiments() if one.name == "xstilts"]
    runs = client.search_runs([experiment.experiment_id])
    return client, sorted(runs, key=lambda run: run.info.start_time)


def test_mlflow_writes_a_run_into_files_and_a_resumed_one_with_the_points_before(tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    done = job(tmp_path, "mlflow", 10, 20, 30)
    assert done.stdout == "trained\n" and done.stderr == ""
    job(tmp_path, "mlflow", 30, start=25)
    client, (first, second) = mlflow_runs((tmp_path / "curves" / "mlflow").as_uri())
    assert first.info.run_name == NODE and first.info.status == "FINISHED"
    assert first.data.params["parts.1.task"] == "squad" and second.data.params["resumed_after"] == "25"
    assert first.data.metrics["dev"] == first.data.metrics["dev.mnli.mt-de"] == 0.5
    for run in (first, second):
        history = client.get_metric_history(run.info.run_id, "loss")
        assert [(one.step, one.value) for one in history] == [(10, 0.1), (20, 0.05), (30, pytest.approx(1 / 30))]
    assert {path.name for path in tmp_path.iterdir()} == {"curves"}


def test_mlflow_whose_server_does_not_answer_is_a_warning(tmp_path):
    pytest.importorskip("mlflow")
    done = job(tmp_path, "mlflow", 10, 20, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.stdout == "trained\n"
    assert len([line for line in done.stderr.splitlines() if line.startswith("mlflow fails")]) == 1
