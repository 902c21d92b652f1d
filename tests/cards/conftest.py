"""A small world that was trained for real, and a copy of it with scores."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "report"))
sys.path.append(str(Path(__file__).parents[1] / "engine"))
from small_study import SCORED, write_scores


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """The results of the world; read only."""
    out = tmp_path_factory.mktemp("results")
    program = Path(__file__).with_name("small_world.py")
    subprocess.run([sys.executable, program, out], check=True, capture_output=True)
    return out / "nano"


@pytest.fixture
def results(trained, tmp_path, monkeypatch) -> Path:
    """A copy to write into, with score files; relative, as Snakemake says it."""
    shutil.copytree(trained, tmp_path / "results" / "nano")
    monkeypatch.chdir(tmp_path)
    results = Path("results/nano")
    for node, target in SCORED:
        write_scores(results / "scores", node, target)
    return results
