"""A desk to make submissions on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from desk import Desk

sys.path.append(str(Path(__file__).parents[1] / "realdata"))  # samples of the original data, where there are some


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one, for the original data."""
    return Desk(tmp_path)
