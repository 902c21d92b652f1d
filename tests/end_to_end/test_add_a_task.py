"""docs/add-a-task.md, followed to the letter in a clone of the repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from clones import ROOT, Clone, clone_into

PAGE = (ROOT / "docs/add-a-task.md").read_text(encoding="utf-8")
STEPS = re.findall(r"in `(\S+)`:\n\n```\w+\n(.*?)```", PAGE, flags=re.DOTALL)
COMMANDS = re.search(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL)


def follow(clone: Clone, file: str, block: str) -> None:
    """Do what a reader does with a block of the page: add it where it says."""
    path = clone.folder / file
    text = path.read_text(encoding="utf-8")
    if file.endswith(".py"):
        name = block.split(":")[0]
        text = re.sub(rf"^{name}:.*\n", block, text, flags=re.MULTILINE)
    elif file.endswith("releases.yaml"):
        text += "\n" + block
    else:
        for key, inner in re.findall(r"^(\w+):\n((?:  .*\n)+)", block, flags=re.MULTILINE):
            text = re.sub(rf"^{key}:.*\n", lambda found, inner=inner: found[0] + inner, text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the page has been followed, with the reviews that it speaks of."""
    clone = clone_into(tmp_path_factory.mktemp("clone"))
    for file, block in STEPS:
        follow(clone, file, block)
    folder = clone.folder / "data/reviews"
    folder.mkdir(parents=True)
    for name in ("train", "dev", "test.en", "test.de"):
        rows = [{"review": f"{name} {i}", "grade": ["bad", "good"][i % 2]} for i in range(6)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return clone


def run(clone: Clone, command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(clone.folder / "src"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        command, shell=True, cwd=clone.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def test_it_takes_at_most_15_lines() -> None:
    assert [file for file, _ in STEPS] == [
        *("src/xstilts/tasks/releases.yaml", "src/xstilts/tasks/local.py", "config/worlds/real.yaml")
    ]
    assert sum(len(block.splitlines()) for _, block in STEPS) <= 15
    assert all(isinstance(yaml.safe_load(block), dict) for file, block in STEPS if file.endswith(".yaml"))


def test_the_commands_of_the_page_do_what_it_says(clone: Clone, tmp_path: Path) -> None:
    assert COMMANDS is not None
    prepare, plan = COMMANDS[1].strip().splitlines()
    out = tmp_path / "test"
    run(clone, prepare.replace("/tmp/reviews/test", str(out)))
    assert json.loads(out.with_suffix(".json").read_text())["rows"] == {"de": 6, "en": 6}
    said = run(clone, plan).stdout
    for job in (
        "records/reviews/train",
        "records/reviews/test",
        "xlmr-large/s1/mnli/reviews",
        "scores/xlmr-large/s1/mnli",
    ):
        assert job in said


def test_its_records_are_made(clone: Clone) -> None:
    study = "{asks: Does it work, seeds: [1], recipes: {none: []}, targets: [reviews], compare: {baseline: none}}"
    run(clone, f"snakemake -c1 records --config world=real study=mine 'studies={{mine: {study}}}'")
    for split, rows in (("train", {"en": 6}), ("dev", {"en": 6}), ("test", {"de": 6, "en": 6})):
        made = json.loads((clone.folder / f"results/real/records/reviews/{split}.json").read_text())
        assert made["rows"] == rows
        assert made["spec"]["labels"] == ["bad", "good"]
