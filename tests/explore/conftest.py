"""A configured study whose evaluations are thrown dice, of which some are not there."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "report"))
from study_of_dice import write_scores

from xstilts.explore.results import of_study

ROOT = Path(__file__).parents[2]
STUDY = """
asks: Does it help?
seeds: [1, 2, 3]
recipes:
  none: []
  mnli: [mnli]
  squad: [mnli, squad]
targets: [xnli, xcopa, tatoeba]
compare: {baseline: none}
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project with the study `dice`, all of whose evaluations are there."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "config", root / "config")
    (root / "config" / "studies" / "dice.yaml").write_text(STUDY)
    lost = ("tiny/s2/mnli/squad",)
    results = of_study("mini", "dice", str(root / "results"), root)
    write_scores(results.spec, results.folder, degenerate=lost)
    return root


@pytest.fixture(scope="session")
def whole(project):
    return of_study("mini", "dice", str(project / "results"), project)


GONE = (
    "tiny/s1/mnli/xnli/xnli",
    "tiny/s3/mnli/xnli/xnli",
    "tiny/s2/mnli/squad/xcopa/xcopa",
    "tiny/s2/mnli/squad/tatoeba",
)


@pytest.fixture
def partial(project, tmp_path):
    """The same, in the middle of it."""
    shutil.copytree(project / "results", tmp_path / "results")
    for name in GONE:
        (tmp_path / "results" / "mini" / "scores" / f"{name}.json").unlink()
    return of_study("mini", "dice", str(tmp_path / "results"), project)
