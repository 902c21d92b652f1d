"""Planning is quick because it imports nothing heavy; and a wrong configuration ends it with a message."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from clones import ROOT, clone_into

HEAVY = {"torch", "transformers", "datasets", "deepspeed"}


def snakemake(*arguments: str, python: tuple[str, ...] = (), folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *python, "-m", "snakemake", "-n", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def jobs(text: str) -> dict[str, int]:
    """How many jobs of each rule a dry-run counts."""
    words = [line.split() for line in text.splitlines()]
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}


def test_the_real_replication_is_planned_without_heavy_imports(tmp_path: Path):
    ccg = tmp_path / "ccgbank"
    ccg.mkdir()
    (ccg / "ccg.train").write_text("A word\tN/N N\n")
    (ccg / "ccg.dev").write_text("A word\tN/N N\n")
    worlds = f"worlds={{real: {{tasks: {{ccg: {{folder: {ccg}}}}}}}}}"
    arguments = ("all", "--config", "world=real", "studies={replication: {seeds: [1, 2, 3]}}", worlds)
    done = snakemake(*arguments, python=("-X", "importtime"))
    assert done.returncode == 0, done.stderr[-2000:]
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "snakemake" in imported
    assert not imported & HEAVY
    # 228 nodes: 10 recipes, and 6 trained targets for each of them and for the untouched base, 3 seeds.
    counted = jobs(done.stdout)
    assert counted["train_checkpoint"] == (10 + 6 * 11) * 3
    # Records: train and dev of nine intermediate tasks, of PAWS-X, POS, NER and TyDiQA; nine tests, and BUCC's dev.
    assert counted["prepare_records"] == counted["encode_tokens"] == 2 * 13 + 9 + 1
    assert counted["predict_target"] == counted["score_target"] == 7 * 11 * 3 + 2 * (1 + 10 * 3)


def test_without_ccgbank_the_rest_goes_on(tmp_path: Path):
    worlds = f"worlds={{real: {{tasks: {{ccg: {{folder: {tmp_path / 'nowhere'}}}}}}}}}"
    done = snakemake("all", "--config", "world=real", worlds)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "the recipe 'ccg' is left out" in done.stderr and "LDC2005T13" in done.stderr
    assert "the recipe 'all9' is trained without 'ccg'" in done.stderr
    assert jobs(done.stdout)["train_checkpoint"] == 9 + 6 * 10
    assert "anli+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2/xnli" in done.stdout


@pytest.mark.parametrize(
    ("override", "fragments"),
    [
        ("world=minni", ["world", "minni", "did you mean 'mini'"]),
        ("worlds={mini: {stages: {mnli: {lrr: 1}}}}", ["--config", "stages.mnli.lrr", "'lr'"]),
        ("studies={quickstart: {recipes: {none: [], odd: [squad+mnli]}}}", ["write 'mnli+squad'", "one spelling"]),
        ("results=../elsewhere", ["results", "leads out of the working directory"]),
    ],
)
def test_a_wrong_configuration_is_a_message(override, fragments):
    done = snakemake("--config", override)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    for fragment in fragments:
        assert fragment.lower() in said.lower(), said[-1500:]


def test_a_checkouts_own_code_counts_whichever_is_installed(tmp_path: Path):
    """Profiles import the package that is installed, before the Snakefile can say where this checkout's is."""
    clone = clone_into(tmp_path / "clone")

    def codes() -> set[str]:
        done = snakemake("-p", "--profile", "slurm", "results/mini/checkpoints/tiny/digest", folder=clone.folder)
        assert done.returncode == 0, done.stderr[-2000:]
        return set(re.findall(r"train_checkpoint .*--code (\w+)", done.stdout + done.stderr))

    before = codes()
    assert len(before) == 1
    clone.edit("src/xstilts/engine/schedule.py", "return ", "return 1.0 * ")
    assert len(codes()) == 1 and codes() != before


@pytest.mark.parametrize("program", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_programs_explain_themselves(program: Path):
    """Each script's docstring says what goes in, what comes out, what it costs, and shows a call; --help prints it."""
    text = program.read_text(encoding="utf-8").split('"""')[1]
    for word in ("Input", "Output", "Cost", "Example"):
        assert f"{word}" in text
    assert re.search(r"arguments\(__doc__|description=__doc__", program.read_text(encoding="utf-8"))
