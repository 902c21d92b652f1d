"""Where points go beside `curve.jsonl`: TensorBoard's event files, and W&B or MLflow for those who ask for them.

All of it works without a network and asks for no login, unless the user's environment points elsewhere. Libraries are
imported when the first point comes: a job that has none to tell does not wait for them.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from xstilts.errors import UserError

logger = logging.getLogger(__name__)
PROJECT = "xstilts"
NAME = re.compile(r"[^\w.-]")  # what becomes a point for MLflow, to which `dev/mnli` would be a file in the file `dev`
Point = Mapping[str, float]  # `step`, and figures by name

PACKAGES = {"wandb": "wandb", "mlflow": "mlflow-skinny"}
"""What to install. MLflow's full package would take back pyarrow; the skinny one has all that is used here."""


@dataclass(frozen=True)
class About:
    """The run that points belong to."""

    folder: Path
    node: str
    attempt: str
    """Its name, empty for the first one."""
    config: Mapping[str, Any]
    start: int = 0
    """The step after which it goes on; 0 for a run from the beginning."""

    @property
    def name(self) -> str:
        return f"{self.node} {self.attempt}".strip()


class Tracker(ABC):
    """Takes points. Whatever goes wrong is an exception, which `Journal` turns into a warning."""

    @abstractmethod
    def __init__(self, about: About, kept: Sequence[Point]) -> None:
        """Begin; `kept` are the points of an earlier run that this one resumes."""

    @abstractmethod
    def point(self, point: Point) -> None:
        """Take a point, and have it on disk when this returns."""

    @abstractmethod
    def close(self, failed: bool) -> None:
        """The run is over."""


class TensorBoard(Tracker):
    """An event file, written at once and without a thread, so that a full disk is seen and a killed run loses nothing.

    The library's protobufs and record format are used, not its own writer: that has a thread, and loads TensorFlow
    where it is installed.
    """

    def __init__(self, about: About, kept: Sequence[Point]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.event, self.summary = Event, Summary
        about.folder.mkdir(parents=True, exist_ok=True)
        # Files are read in the order of their names, and clocks of two machines may disagree.
        stamps = [int(path.name.split(".")[3]) for path in event_files(about.folder)]
        stamp = max([int(time.time()), *(stamp + 1 for stamp in stamps)])
        path = about.folder / f"events.out.tfevents.{stamp:010d}.{socket.gethostname()}.{os.getpid()}"
        self.writer = RecordWriter(path.open("xb"))
        self._write(file_version="brain.Event:2")
        if about.start:  # points beyond, of the run that was killed, are to be forgotten
            self._write(step=about.start + 1, session_log=SessionLog(status=SessionLog.START))

    def _write(self, **fields: Any) -> None:
        self.writer.write(self.event(wall_time=time.time(), **fields).SerializeToString())
        self.writer.flush()

    def point(self, point: Point) -> None:
        values = [self.summary.Value(tag=tag, simple_value=value) for tag, value in point.items() if tag != "step"]
        self._write(step=int(point["step"]), summary=self.summary(value=values))

    def close(self, failed: bool) -> None:
        self.writer.close()


def event_files(folder: Path) -> Iterator[Path]:
    """TensorBoard's files in a folder."""
    return folder.glob("events.out.tfevents.[0-9]*.*")


class WandB(Tracker):
    """Weights & Biases, offline unless WANDB_MODE says otherwise; `wandb sync` sends it later.

    A resumed run is a new one that begins with the points that were kept: offline, W&B cannot go on with another.
    """

    def __init__(self, about: About, kept: Sequence[Point]) -> None:
        home = about.folder / "wandb"
        # SILENT also keeps it from asking for a login, at which a run started by hand would wait for ever.
        ours = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
        places = {f"WANDB_{name}_DIR": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        for name, value in (ours | places).items():
            os.environ.setdefault(name, value)
        import wandb

        home.mkdir(parents=True, exist_ok=True)  # or it would write into /tmp
        wishes = {"console": "off", "disable_git": True, "disable_code": True, "x_disable_stats": True}
        wishes |= {"init_timeout": 30, "finish_timeout": 60}
        known = {name: value for name, value in wishes.items() if name in wandb.Settings.model_fields}
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=about.name,
            group=about.node,
            dir=about.folder,
            config={**about.config, "resumed_after": about.start},
            settings=wandb.Settings(**known),
        )
        self.run.define_metric("*", step_metric="step")
        for point in kept:
            self.run.log(dict(point))

    def point(self, point: Point) -> None:
        self.run.log(dict(point))

    def close(self, failed: bool) -> None:
        self.run.finish(exit_code=int(failed))


class MLflow(Tracker):
    """MLflow, into files below the run's folder unless MLFLOW_TRACKING_URI names another store.

    Files, although MLflow would rather have a database: making one takes 7 s, and many file systems of clusters lock
    none. A resumed run is a new one that begins with the points that were kept: MLflow cannot forget the others.
    """

    def __init__(self, about: About, kept: Sequence[Point]) -> None:
        store = os.environ.get("MLFLOW_TRACKING_URI")
        ours = {"MLFLOW_DISABLE_TELEMETRY": "true"}
        # A server that does not answer is given up after seconds, not after minutes.
        ours |= {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
        ours |= {} if store else {"MLFLOW_ALLOW_FILE_STORE": "true"}
        for name, value in ours.items():
            os.environ.setdefault(name, value)
        from mlflow.entities import Metric, Param
        from mlflow.tracking import MlflowClient

        self.metric = Metric
        self.client = MlflowClient(tracking_uri=store or (about.folder / "mlflow").resolve().as_uri())
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        found = self.client.get_experiment_by_name(name)
        experiment = found.experiment_id if found else self.client.create_experiment(name)
        self.run = str(self.client.create_run(experiment, run_name=about.name).info.run_id)
        params = iter([Param(key, value) for key, value in flat({**about.config, "resumed_after": about.start})])
        while some := list(islice(params, 100)):  # as many as it takes at once
            self.client.log_batch(self.run, params=some)
        for point in kept:
            self.point(point)

    def point(self, point: Point) -> None:
        now, step = int(time.time() * 1000), int(point["step"])
        figures = [(NAME.sub(".", name), value) for name, value in point.items() if name != "step"]
        metrics = [self.metric(name, value, now, step) for name, value in figures]
        self.client.log_batch(self.run, metrics=metrics)

    def close(self, failed: bool) -> None:
        self.client.set_terminated(self.run, "FAILED" if failed else "FINISHED")


def flat(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """A nested configuration as names and short texts: `parts.0.task`."""
    for key, value in config.items():
        if isinstance(value, list | tuple):
            value = dict(enumerate(value))
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value)[:500]


TRACKERS: Mapping[str, type[Tracker]] = {"wandb": WandB, "mlflow": MLflow}


def check_installed(trackers: Iterable[str]) -> None:
    """UserError where a configured tracker's package is missing; imports nothing."""
    for name in trackers:
        if name not in TRACKERS:
            raise UserError(f"there is no tracker {name!r}; there are {', '.join(TRACKERS)}")
        if find_spec(name) is None:
            package = PACKAGES[name]
            raise UserError(f"trackers has {name}, which is not installed here: pip install {package}, or leave it out")
