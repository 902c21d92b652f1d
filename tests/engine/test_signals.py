"""A run that is asked to stop notes it, and ends by itself; one that is asked again, seconds later, ends at once."""

import signal
import subprocess
import sys
import time

import pytest

from xstilts.engine.signals import STOPPED, Interrupted

LISTENING = """
import os, signal, sys, time
from xstilts.engine import signals
signals.BURST = 0.5
signals.listen()
sys.stdout.write("listening\\n")  # in one piece: ranks share the pipe
sys.stdout.flush()
while not signals.stop_wanted():
    time.sleep(0.01)
print("asked", flush=True)
time.sleep(float(sys.argv[1]))
raise signals.Interrupted(7, safe=True)
"""
LAUNCHER = """
import os, subprocess, sys
os.environ["TORCHELASTIC_RUN_ID"] = "as torchrun does"
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], "0"], start_new_session=True)
child.wait()
"""


def listening(*arguments):
    """A process that listens, and then lives for so many seconds."""
    process = subprocess.Popen([sys.executable, "-c", LISTENING, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "listening\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_noted_and_the_exit_status_says_try_again(number):
    process = listening("0")
    process.send_signal(number)
    assert process.wait(10) == STOPPED == 75
    assert process.stdout.readline() == "asked\n"


def test_a_burst_of_signals_is_one_request():
    process = listening("0.3")
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
        time.sleep(0.02)
    assert process.wait(10) == STOPPED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_request_ends_the_process_at_once(number):
    process = listening("60")
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "asked\n"
    time.sleep(0.6)
    process.send_signal(number)
    assert process.wait(10) == -number


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell of a parent's end")
def test_a_rank_whose_launcher_is_killed_stops():
    launcher = subprocess.Popen([sys.executable, "-c", LAUNCHER, LISTENING], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout.readline() == "listening\n"
    launcher.kill()
    assert launcher.stdout.read() == "asked\n", "which ends when the rank has ended"
    launcher.wait()


def test_the_launcher_of_several_ranks_passes_signals_and_the_exit_status_on(tmp_path):
    pytest.importorskip("xstilts.engine.torchrun")
    (tmp_path / "program.py").write_text(LISTENING, encoding="utf-8")
    command = [sys.executable, "-m", "xstilts.engine.torchrun", "--standalone", "--nproc-per-node", "2"]
    launcher = subprocess.Popen([*command, tmp_path / "program.py", "0.2"], stdout=subprocess.PIPE, text=True)
    assert [launcher.stdout.readline() for _ in range(2)] == ["listening\n"] * 2
    launcher.send_signal(signal.SIGTERM)
    assert launcher.stdout.read() == "asked\n" * 2
    assert launcher.wait() == STOPPED


def test_an_interruption_is_no_error_that_a_program_may_swallow():
    with pytest.raises(SystemExit) as caught:
        try:
            raise Interrupted(3, safe=False)
        except Exception:  # as a loop that goes on after any error would
            pytest.fail("swallowed")
    assert caught.value.code == STOPPED
