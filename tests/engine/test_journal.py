"""Points on disk: as JSON and as TensorBoard reads them, cut after a resume, and never a reason for a run to end."""

import json
import logging
import subprocess
import sys
import time

import pytest

from xstilts.engine import journal as module
from xstilts.engine.journal import CURVE, Journal, read_curve
from xstilts.engine.trackers import Tracker

NODE = "tiny/s1/mnli@mt-de~lr=5e-6"


def steps(folder):
    return [point["step"] for point in read_curve(folder / CURVE)]


def events(folder):
    """What TensorBoard shows of a run: (step, value) by tag."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    return {tag: [(one.step, one.value) for one in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def run(folder, numbers, start=0, **settings):
    with Journal.of(folder, NODE, {"lr": 1e-5}, start=start, **settings) as journal:
        for step in numbers:
            journal.point(step, {"loss": 1 / step, "dev/mnli": 0.5, "tokens": 100 * step})


def test_points_are_lines_of_json_and_curves_in_tensorboard(tmp_path):
    run(tmp_path / "new", (10, 20, 30))
    lines = (tmp_path / "new" / CURVE).read_text().splitlines()
    assert json.loads(lines[1]) == {"step": 20, "loss": 0.05, "dev/mnli": 0.5, "tokens": 2000}
    shown = events(tmp_path / "new")
    assert set(shown) == {"loss", "dev/mnli", "tokens"}
    assert [step for step, _ in shown["loss"]] == [10, 20, 30]
    assert shown["loss"][1][1] == pytest.approx(0.05)


def test_a_point_is_on_disk_at_once(tmp_path):
    journal = Journal.of(tmp_path, NODE, {})
    journal.point(1, {"loss": 1.0})
    assert steps(tmp_path) == [1] and events(tmp_path)["loss"] == [(1, 1.0)]


def test_a_resumed_run_forgets_what_lies_beyond_its_start(tmp_path):
    run(tmp_path, (10, 20, 30, 40))
    run(tmp_path, (30, 45), start=25)
    assert steps(tmp_path) == [10, 20, 30, 45]
    shown = events(tmp_path)["tokens"]
    assert shown == [(10, 1000), (20, 2000), (30, 3000), (45, 4500)]
    assert len(list(tmp_path.glob("events.*"))) == 2


def test_a_resume_at_the_very_step_keeps_it(tmp_path):
    run(tmp_path, (10, 20))
    run(tmp_path, (30,), start=20)
    assert steps(tmp_path) == [10, 20, 30] and [step for step, _ in events(tmp_path)["loss"]] == [10, 20, 30]


def test_event_files_come_in_order_though_clocks_disagree(tmp_path, monkeypatch):
    run(tmp_path, (10, 20))
    monkeypatch.setattr(time, "time", lambda: 1_500_000_000.0)
    run(tmp_path, (20, 30), start=10)
    assert [step for step, _ in events(tmp_path)["loss"]] == [10, 20, 30]


def test_a_line_that_was_cut_short_is_no_point(tmp_path):
    run(tmp_path, (10, 20))
    with (tmp_path / CURVE).open("a") as file:
        file.write('{"step": 30, "lo')
    run(tmp_path, (40,), start=35)
    assert steps(tmp_path) == [10, 20, 40] and len((tmp_path / CURVE).read_text().splitlines()) == 3


def test_a_run_from_the_beginning_forgets_the_training_before_it(tmp_path):
    run(tmp_path, (10, 20))
    run(tmp_path, (10,), attempt=1)
    run(tmp_path, (5,))
    assert steps(tmp_path) == [5] and [step for step, _ in events(tmp_path)["loss"]] == [5]
    assert not list((tmp_path / "attempt-2").iterdir())


def test_a_later_attempt_has_a_folder_of_its_own(tmp_path):
    run(tmp_path, (10, 20))
    run(tmp_path, (1, 2), attempt=1)
    assert steps(tmp_path) == [10, 20] and steps(tmp_path / "attempt-2") == [1, 2]
    assert [step for step, _ in events(tmp_path / "attempt-2")["loss"]] == [1, 2]


def test_numbers_that_are_not_finite_are_null_and_not_drawn(tmp_path):
    with Journal.of(tmp_path, NODE, {}) as journal:
        journal.point(1, {"loss": float("nan"), "dev": float("-inf"), "lr": 1.23456789e-5})
    text = (tmp_path / CURVE).read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"step": 1, "loss": None, "dev": None, "lr": 1.23457e-5}
    run(tmp_path, (2,), start=1)
    assert steps(tmp_path) == [1, 2] and set(events(tmp_path)) == {"lr", "loss", "dev/mnli", "tokens"}


def test_no_folder_no_points(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for silent in (Journal(), Journal.of(None, NODE, {})):
        with silent:
            silent.point(1, {"loss": 1.0})
    assert not list(tmp_path.iterdir())


def test_nothing_is_imported_before_the_first_point(tmp_path):
    code = (
        "import sys; from pathlib import Path; from xstilts.engine.journal import Journal\n"
        f"journal = Journal.of(Path({str(tmp_path)!r}), 'tiny', {{}})\n"
        "print(*sorted({'tensorboard', 'torch', 'numpy'} & set(sys.modules)))\n"
        "journal.point(1, {'loss': 1.0})\n"
        "print(*sorted({'tensorboard', 'tensorflow', 'torch'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "tensorboard"]


class Broken(Tracker):
    def __init__(self, about, kept):
        self.points = 0

    def point(self, point):
        self.points += 1
        if self.points > 1:
            raise ConnectionError("nobody there\nand a long story")

    def close(self, failed):
        raise AssertionError("a tracker that was left out is not closed")


def test_a_broken_tracker_is_one_warning(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(module, "TRACKERS", {"wandb": Broken})
    monkeypatch.setattr(module, "check_installed", lambda names: None)
    with caplog.at_level(logging.WARNING):
        run(tmp_path, (1, 2, 3, 4), trackers=["wandb"])
    (record,) = caplog.records
    assert record.getMessage() == "wandb fails, and the training goes on: ConnectionError: nobody there"
    assert steps(tmp_path) == [1, 2, 3, 4] and len(events(tmp_path)["loss"]) == 4


FULL = """
import logging, resource, signal, sys
from pathlib import Path
from xstilts.engine.journal import Journal
logging.basicConfig(level=logging.INFO, format="%(message)s")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal.of(Path(sys.argv[1]), "tiny", {}) as journal:
    for step in range(1, 40):
        journal.point(step, {"loss": 1.0})
        if step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        if step == 30:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("trained")
"""


def test_a_full_disk_ends_nothing_and_the_curve_is_whole_once_there_is_room(tmp_path):
    """A limit on the size of files stands in for the disk: writing fails in the middle, as there."""
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "trained\n"
    warned = [line.split(" fails")[0] for line in done.stderr.splitlines()]
    assert sorted(warned) == ["TensorBoard", CURVE], "each once"
    assert steps(tmp_path) == list(range(1, 40))
    assert not list(tmp_path.glob(".*")), "no draft stays"


def test_a_folder_that_cannot_be_made_ends_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        run(tmp_path / "file" / "curves", (1, 2, 3))
    assert len(caplog.records) == 2
