"""A line now and then, and a time left that is right for a resumed run too."""

import logging
import time

import pytest

from xstilts.progress import Progress, clock


@pytest.fixture
def now(monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    return seconds


def said(caplog):
    return [record.getMessage() for record in caplog.records]


def test_a_clock():
    assert [clock(0), clock(59.9), clock(61), clock(3723)] == ["0:00", "0:59", "1:01", "1:02:03"]


def test_lines_come_at_most_every_few_seconds_and_at_the_end(now, caplog):
    caplog.set_level(logging.INFO)
    progress = Progress("step", 100)
    for done in range(1, 101):
        now[0] += 1
        progress.at(done, "fast")
    assert len(said(caplog)) == 10
    assert said(caplog)[0] == "step 10/100  0:10 spent, 1:30 left  fast"
    assert said(caplog)[-1] == "step 100/100  1:40 spent, 0:00 left  fast"


def test_the_time_left_of_a_resumed_run_follows_from_its_own_pace(now, caplog):
    caplog.set_level(logging.INFO)
    progress = Progress("step", 1000, start=900)
    now[0] += 20
    progress.at(910)
    assert said(caplog) == ["step 910/1000  0:20 spent, 3:00 left  "]


def test_a_note_is_made_only_when_it_is_said(now, caplog):
    made = []
    progress = Progress("step", 100)
    for level, times in ((logging.INFO, 5), (logging.WARNING, 0)):
        caplog.set_level(level)
        made.clear()
        for done in range(1, 51):
            now[0] += 1
            progress.at(done, lambda: made.append("x") or "made")
        assert len(made) == times, "ranks that are told to be silent make none"
