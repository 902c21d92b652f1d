"""One real run of a small study in a clone of the repository, for all the tests of this folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from clones import Clone, clone_into


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """The clone after one run from nothing, and what that run said. Tests must leave it as it is."""
    clone = clone_into(tmp_path_factory.mktemp("finished"))
    return clone, clone.snakemake().stderr


@pytest.fixture
def copy(finished: tuple[Clone, str], tmp_path: Path) -> Clone:
    """A copy of the finished clone, for tests that change something."""
    shutil.copytree(finished[0].folder, tmp_path / "copy", symlinks=True)
    return Clone(tmp_path / "copy")
