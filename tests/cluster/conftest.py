"""A throwaway Slurm for each file of tests that asks for `cluster`: no file meets another's jobs and lost nodes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))  # clones of the repository

from place import why_not
from slurm import Slurm, throwaway_slurm


@pytest.fixture(scope="module")
def cluster() -> Iterator[Slurm]:
    """A running cluster; skips, and says why, on a machine that cannot have one."""
    if reason := why_not():
        pytest.skip(reason)
    with throwaway_slurm() as slurm:
        yield slurm
