"""Jobs make no connection: every Python of a real run is watched (see watch/sitecustomize.py)."""

import os
import subprocess
import sys

from clones import ROOT, WATCH

ASK_THE_HUB = "from huggingface_hub import HfApi; HfApi().dataset_info('nyu-mll/glue')"


def attempt(folder, code, **environment):
    """What a program says that is watched as jobs are, and what is noted of it."""
    noted = folder / "connections.txt"
    watched = os.environ | {"PYTHONPATH": str(WATCH), "XSTILTS_CONNECTIONS": str(noted)} | environment
    done = subprocess.run([sys.executable, "-c", code], env=watched, capture_output=True, text=True, check=False)
    return done, noted.read_text() if noted.exists() else ""


def test_a_connection_would_be_seen(tmp_path):
    done, noted = attempt(tmp_path, "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)")
    assert done.returncode and "192.0.2.1" in noted
    done, noted = attempt(tmp_path, ASK_THE_HUB, HF_HUB_OFFLINE="0")
    assert done.returncode and "huggingface.co" in noted


def test_no_job_makes_one(finished):
    clone, _ = finished
    assert not clone.connections.exists(), clone.connections.read_text()


def test_jobs_run_with_the_hub_switched_off(tmp_path):
    launch = (ROOT / "scripts/launch").read_text()
    assert "export HF_HUB_OFFLINE=1" in launch
    done, noted = attempt(tmp_path, ASK_THE_HUB, HF_HUB_OFFLINE="1")
    assert done.returncode and "offline" in done.stderr.lower() and not noted
