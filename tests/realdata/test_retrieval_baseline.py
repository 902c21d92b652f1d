"""`retrieval-baseline`: one command reads a model as it is, and prints its figures beside the paper's, by language."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import transformers
from clones import WATCH, Clone, clone_into
from tokenizing import train

LANGUAGES = ("af", "de", "fr", "ru", "zh")
MINED = {"de": "deu", "fr": "fra", "ru": "rus", "zh": "cmn"}
PAPER = {("bucc", "zh"): 66.5, ("bucc", "de"): 77.7, ("tatoeba", "af"): 30.5, ("tatoeba", "ru"): 42.1}


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """XLM-R Large's class and depth, narrow and with random weights, where the published model would lie."""
    folder = tmp_path_factory.mktemp("xlmr")
    train(folder)
    torch.manual_seed(0)
    config = transformers.XLMRobertaConfig(
        vocab_size=6100,
        hidden_size=16,
        num_hidden_layers=24,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=300,
        type_vocab_size=1,
        pad_token_id=1,
        initializer_range=0.2,
    )
    transformers.XLMRobertaForMaskedLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def originals(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tatoeba's files as they are, and BUCC's archives in their layout, with Tatoeba's sentences: every third pair."""
    folder = tmp_path_factory.mktemp("originals")
    (folder / "tatoeba").symlink_to(realdata / "tatoeba")
    for language, name in MINED.items():
        sides = [
            (realdata / f"tatoeba/tatoeba.{name}-eng.{side}").read_text(encoding="utf-8").splitlines()
            for side in (name, "eng")
        ]
        for part, first, last in (("sample", 0, 200), ("training", 200, 500)):
            place = folder / "bucc2018" / f"{language}-en" / f"{language}-en.{part}"
            place.parent.mkdir(parents=True, exist_ok=True)
            lines: dict[str, list[str]] = {language: [], "en": [], "gold": []}
            for i in range(first, last):
                foreign, english = f"{language}-{i:06d}", f"en-{i:06d}"
                if i % 3 != 1:
                    lines[language].append(f"{foreign}\t{sides[0][i]}")
                if i % 3 != 2:
                    lines["en"].append(f"{english}\t{sides[1][i]}")
                if i % 3 == 0:
                    lines["gold"].append(f"{foreign}\t{english}")
            for suffix, rows in lines.items():
                place.with_name(f"{place.name}.{suffix}").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ran(stand_in: Path, originals: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """The clone after the one command, and what that said."""
    clone = clone_into(tmp_path_factory.mktemp("clone"))
    world = {
        "languages": list(LANGUAGES),
        "bases": {"xlmr-large": {"hub": None, "revision": None, "path": str(stand_in)}},
        "tasks": {"tatoeba": {"source": "files"}},
        "training": {"device": "any"},
    }
    settings = {"world": "real", "study": "retrieval-baseline", "files": str(originals), "worlds": {"real": world}}
    (clone.folder / "mine.yaml").write_text(json.dumps(settings), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": f"{clone.folder / 'src'}:{WATCH}",
        "XSTILTS_CONNECTIONS": str(clone.connections),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "snakemake", "-c2", "--configfile", "mine.yaml"]
    done = subprocess.run(command, cwd=clone.folder, env=environment, capture_output=True, text=True, check=False)
    logs = "\n".join(f"== {p}\n{p.read_text()[-800:]}" for p in (clone.folder / "results").rglob("*.log"))
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-3000:]}\n{logs[-6000:]}"
    return clone, done.stdout


def scores_of(clone: Clone, target: str) -> dict[str, object]:
    path = clone.folder / f"results/real/scores/xlmr-large/{target}.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_paper_ours_and_difference_are_printed_by_language(ran: tuple[Clone, str]):
    clone, said = ran
    assert "XLM-R Large without any intermediate task" in said and "pull request 128" in said
    printed = {
        (target, language): tuple(map(float, figures.split("|")))
        for target, language, figures in re.findall(r"\| xlmr-large \| (\w+) \(.*?\) \| (\w+) \| ([^–\n]*?) \|\n", said)
    }
    asked = {("bucc", code) for code in MINED} | {("tatoeba", code) for code in LANGUAGES}
    assert printed.keys() == asked | {("bucc", "mean"), ("tatoeba", "mean")}
    for key, figure in PAPER.items():
        assert printed[key][0] == figure
    splits = {"bucc": "dev", "tatoeba": "test"}
    for target in splits:
        rows = scores_of(clone, target)["rows"]
        ours = {
            row["language"]: row["value"]
            for row in rows
            if row["split"] == splits[target] and row["metric"] in ("f1", "accuracy") and row["layer"] is None
        }
        for language, value in ours.items():
            paper, shown, difference = printed[target, language]
            assert shown == pytest.approx(value, abs=0.051)
            assert difference == pytest.approx(value - paper, abs=0.101)
        means = printed[target, "mean"]
        assert means[1] == pytest.approx(sum(ours.values()) / len(ours), abs=0.051)
    assert printed["bucc", "mean"][0] == pytest.approx(71.5, abs=0.05)


def test_languages_that_were_not_evaluated_stay_empty(ran: tuple[Clone, str]):
    clone, _ = ran
    path = clone.folder / "results/real/report/retrieval-baseline/published.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    empty = {row["language"] for row in rows if row["target"] == "tatoeba" and not row["ours"]}
    assert len(empty) == 36 - len(LANGUAGES) and not empty & set(LANGUAGES)


def test_the_layer_is_the_papers_and_all_layers_are_scored(ran: tuple[Clone, str]):
    clone, _ = ran
    for target in ("bucc", "tatoeba"):
        record = scores_of(clone, target)
        assert (record["layer"], record["layers"], record["pooling"]) == (14, 24, "mean")
    rows = scores_of(clone, "tatoeba")["rows"]
    layers = {row["layer"]: row["value"] for row in rows if row["language"] == "de" and row["metric"] == "accuracy"}
    assert layers.keys() == {None, *range(25)}
    assert layers[None] == layers[14]


def test_nothing_is_trained_and_nothing_fetched(ran: tuple[Clone, str]):
    clone, _ = ran
    assert [path.name for path in (clone.folder / "results/real/checkpoints").iterdir()] == ["xlmr-large"]
    assert not list((clone.folder / "results/real/checkpoints/xlmr-large").glob("*/"))
    assert not clone.connections.exists(), clone.connections.read_text()
