"""The folder with samples; its tests are skipped where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from samples import FOLDER, MANIFEST, VARIABLE

sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))  # clones of the repository


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder, which holds <release>/<files> and MANIFEST.tsv."""
    if not MANIFEST.is_file():
        pytest.skip(f"no samples of real data: {MANIFEST} is not there ({VARIABLE} names another folder)")
    return FOLDER
