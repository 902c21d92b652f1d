"""What every program shares: messages instead of tracebacks, and nothing half-written when it is told to stop."""

import signal
import subprocess
import sys
import time

WRITES = """
import time
from pathlib import Path
from xstilts.command import run
from xstilts.files import whole

def main():
    with whole(Path("{path}")) as draft:
        draft.write_text("half")
        print("ready", flush=True)
        time.sleep(60)

run(main)
"""


def start(code):
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_program_that_is_told_to_stop_leaves_no_draft(tmp_path):
    program = start(WRITES.format(path=tmp_path / "out"))
    assert program.stdout.readline() == "ready\n"
    assert len(list(tmp_path.iterdir())) == 1
    program.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert program.wait() == 143 and time.monotonic() - begun < 30
    assert list(tmp_path.iterdir()) == []


def test_a_user_error_is_its_message():
    program = start("from xstilts.command import run\nfrom xstilts.errors import UserError\n"
                    "def main(): raise UserError('mend it')\nrun(main)")  # fmt: skip
    _, said = program.communicate()
    assert (program.returncode, said) == (2, "error: mend it\n")
