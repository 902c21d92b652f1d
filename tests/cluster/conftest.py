"""A throwaway Slurm for each file of tests that asks for `cluster`: no file meets another's jobs and lost nodes."""

from collections.abc import Iterator

import pytest
from place import why_not
from slurm import Slurm, throwaway_slurm


@pytest.fixture(scope="module")
def cluster() -> Iterator[Slurm]:
    """A running cluster; skips, and says why, on a machine that cannot have one."""
    if reason := why_not():
        pytest.skip(reason)
    with throwaway_slurm() as slurm:
        yield slurm
