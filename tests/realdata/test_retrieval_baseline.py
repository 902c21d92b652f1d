"""`retrieval-baseline`: one command reads a model as it is, and puts its figures beside the paper's, by language."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import transformers
from clones import WATCH, Clone, clone_into
from tokenizing import train

from xstilts.report.findings import Comparison, Findings

LANGUAGES = ("af", "de", "fr", "ru", "zh")
MINED = {"de": "deu", "fr": "fra", "ru": "rus", "zh": "cmn"}
SOURCE = "phang-2020-retrieval"
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
def ran(stand_in: Path, originals: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The clone after the one command."""
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
    command = [sys.executable, "-m", "snakemake", "-c2", "tables", "--configfile", "mine.yaml"]
    done = subprocess.run(command, cwd=clone.folder, env=environment, capture_output=True, text=True, check=False)
    logs = "\n".join(f"== {p}\n{p.read_text()[-800:]}" for p in (clone.folder / "results").rglob("*.log"))
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-3000:]}\n{logs[-6000:]}"
    return clone


def scores_of(clone: Clone, target: str) -> dict[str, object]:
    path = clone.folder / f"results/real/scores/xlmr-large/{target}.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def compared(clone: Clone, source: str) -> dict[tuple[str, str], Comparison]:
    """What a source says and we found, by target and language."""
    file = clone.folder / "results/real/report/retrieval-baseline/findings.json"
    (found,) = Findings.read(file).bases
    return {(one.target, one.language): one for one in found.comparisons if one.source == source}


def test_paper_ours_and_difference_stand_side_by_side_by_language(ran: Clone):
    found = compared(ran, SOURCE)
    asked = {("bucc", code) for code in MINED} | {("tatoeba", code) for code in LANGUAGES}
    assert {key for key, one in found.items() if one.ours is not None} == asked | {
        ("bucc", "mean"),
        ("tatoeba", "mean"),
    }
    for key, figure in PAPER.items():
        assert found[key].published == figure
    splits = {"bucc": "dev", "tatoeba": "test"}
    for target in splits:
        rows = scores_of(ran, target)["rows"]
        ours = {
            row["language"]: row["value"]
            for row in rows
            if row["split"] == splits[target] and row["metric"] in ("f1", "accuracy") and row["layer"] is None
        }
        for language, value in ours.items():
            one = found[target, language]
            assert one.ours == pytest.approx(value) and one.difference == pytest.approx(value - one.published)
        assert found[target, "mean"].ours == pytest.approx(sum(ours.values()) / len(ours))
    assert found["bucc", "mean"].published == pytest.approx(71.5, abs=0.05)


def test_the_table_has_the_same_and_languages_that_were_not_evaluated_stay_empty(ran: Clone):
    path = ran.folder / "results/real/report/retrieval-baseline/tables/published.csv"
    rows = [row for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()) if row["source"] == SOURCE]
    found = compared(ran, SOURCE)
    assert {(row["target"], row["language"]) for row in rows} == set(found)
    empty = {row["language"] for row in rows if row["target"] == "tatoeba" and not row["ours"]}
    assert len(empty) == 36 - len(LANGUAGES) and not empty & set(LANGUAGES)


def test_a_mean_over_other_languages_than_the_papers_is_not_compared(ran: Clone):
    assert compared(ran, "phang-2020-dev")["tatoeba", "mean"].ours is None
    file = ran.folder / "results/real/report/retrieval-baseline/findings.json"
    (source,) = [one for one in Findings.read(file).sources if one.name == "phang-2020-dev"]
    assert any("Tatoeba not all of their languages" in note for note in source.notes)


def test_the_layer_is_the_papers_and_all_layers_are_scored(ran: Clone):
    clone = ran
    for target in ("bucc", "tatoeba"):
        record = scores_of(clone, target)
        assert (record["layer"], record["layers"], record["pooling"]) == (14, 24, "mean")
    rows = scores_of(clone, "tatoeba")["rows"]
    layers = {row["layer"]: row["value"] for row in rows if row["language"] == "de" and row["metric"] == "accuracy"}
    assert layers.keys() == {None, *range(25)}
    assert layers[None] == layers[14]


def test_nothing_is_trained_and_nothing_fetched(ran: Clone):
    clone = ran
    assert [path.name for path in (clone.folder / "results/real/checkpoints").iterdir()] == ["xlmr-large"]
    assert not list((clone.folder / "results/real/checkpoints/xlmr-large").glob("*/"))
    assert not clone.connections.exists(), clone.connections.read_text()
