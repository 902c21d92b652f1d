"""The points of a training run, in `curve.jsonl` and wherever else curves are looked at.

Telling about a run must never end it: a full disk or a broken tracker is one warning, and the training goes on.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from xstilts.engine.trackers import TRACKERS, About, Point, TensorBoard, Tracker, check_installed, event_files
from xstilts.files import write_text

logger = logging.getLogger(__name__)
CURVE = "curve.jsonl"
ATTEMPT = "attempt-"
DIGITS = 6  # significant ones of a figure


class Journal:
    """Writes points where they are asked for. One of no run at all, for ranks that stay silent, writes nothing.

    Nothing is imported or opened before the first point. Use it as a context, so that its trackers hear of the end.
    """

    def __init__(self, about: About | None = None, trackers: Sequence[str] = ()) -> None:
        self.about = about
        self.waiting: dict[str, type[Tracker]] = {}
        self.open: dict[str, Tracker] = {}
        self.warned: set[str] = set()
        if about is None:
            return
        check_installed(trackers)
        self.waiting = {"TensorBoard": TensorBoard, **{name: TRACKERS[name] for name in trackers}}
        self.curve = Curve(about.folder / CURVE)
        with self._harmless(CURVE):
            if not about.start:
                forget(about.folder)
            self.curve.resume(about.start)

    @classmethod
    def of(
        cls,
        folder: Path | None,
        name: str,
        config: Mapping[str, Any],
        trackers: Sequence[str] = (),
        start: int = 0,
        attempt: int = 0,
    ) -> Self:
        """The journal of an attempt at a node.

        folder   of the node's curves; None: nothing is written. A later attempt has a folder of its own in it
        name     the node's path
        config   what the run is told, for trackers that show it
        start    the step after which the run goes on: points beyond it are forgotten. 0 begins anew
        attempt  counted from 0
        """
        if folder is None:
            return cls()
        later = f"{ATTEMPT}{attempt + 1}" if attempt else ""
        return cls(About(folder / later, name, later, config, start), trackers)

    def point(self, step: int, values: Mapping[str, float]) -> None:
        """Write a point: where the training stands after `step` steps. Names are tags; `a/b` is shown below `a`.

        Costs a millisecond; the first one 0.1 s for TensorBoard, and seconds for W&B or MLflow.
        """
        if self.about is None:
            return
        point = {"step": step, **values}
        for name, tracker in self.waiting.items():
            with self._harmless(name):
                self.open[name] = tracker(self.about, [shown(one) for one in self.curve.points])
        self.waiting = {}
        with self._harmless(CURVE):
            self.curve.add(point)
        for name in list(self.open):
            with self._harmless(name):
                self.open[name].point(shown(point))

    def close(self, failed: bool = False) -> None:
        """The run is over, well or not."""
        for name in list(self.open):
            with self._harmless(name):
                self.open[name].close(failed)
        self.open = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close(failed=kind is not None)

    @contextmanager
    def _harmless(self, name: str) -> Iterator[None]:
        """What goes wrong in the block becomes a warning, the first time; a tracker is left out from then on."""
        try:
            yield
        except Exception as error:
            self.open.pop(name, None)
            if name not in self.warned:
                self.warned.add(name)
                said = str(error).strip().split("\n")[0]
                logger.warning("%s fails, and the training goes on: %s: %s", name, type(error).__name__, said)


class Curve:
    """`curve.jsonl`, one point a line, and the same points in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.points: list[Point] = []
        self.whole = False  # whether the file holds all the points

    def resume(self, start: int) -> None:
        """Keep what an earlier run wrote up to step `start`; what lies beyond goes."""
        self.points = [point for point in read_curve(self.path) if point["step"] <= start]
        if self.points:
            self._rewrite()

    def add(self, point: Point) -> None:
        """Append a point, or write all of them where the file lacks some."""
        self.points.append(point)
        if not self.whole:
            return self._rewrite()
        self.whole = False
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line_of(point))
        self.whole = True

    def _rewrite(self) -> None:
        write_text(self.path, "".join(map(line_of, self.points)))
        self.whole = True


def read_curve(path: Path) -> Iterator[dict[str, Any]]:
    """The points of a `curve.jsonl`; none where there is none, and without a last line that was cut short."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            point = json.loads(line)
        except ValueError:
            continue
        if isinstance(point, dict) and "step" in point:
            yield point


def line_of(point: Point) -> str:
    """A point as JSON, which has no word for a number that is not finite: null."""
    return json.dumps({name: written(value) for name, value in point.items()}) + "\n"


def written(value: float | None) -> float | None:
    """A figure to six digits; steps and other whole numbers to the last."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def shown(point: Point) -> dict[str, float]:
    """What trackers get of a point: the numbers that can be drawn."""
    return {name: value for name, value in point.items() if value is not None and math.isfinite(value)}


def forget(folder: Path) -> None:
    """Remove the curves of an earlier training and its attempts; what W&B and MLflow hold stays, it is the user's."""
    for one in (folder, *folder.glob(f"{ATTEMPT}*")):
        for path in (one / CURVE, *event_files(one)):
            path.unlink(missing_ok=True)
