"""The conda environment and the lock name the same versions."""

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_conda_environment_follows_the_lock():
    locked = (ROOT / "requirements.lock").read_text().splitlines()
    conda = (ROOT / "workflow/envs/xstilts.yaml").read_text().splitlines()
    pinned = [line.strip("- ") for line in conda if "==" in line]
    assert len(pinned) > 50
    assert not set(pinned) - set(locked)
