"""The card that training itself leaves: of a base, an intermediate, a target, a mixture, all trained for real."""

import io
import json
import shlex
import xml.etree.ElementTree as ET
from contextlib import redirect_stdout

import pytest
from card_reading import addresses, broken, cells, code_in, section
from huggingface_hub import ModelCard
from small_world import BASE, MIXED, MNLI, NODES, XNLI

from xstilts.cards.checkpoint import card
from xstilts.cards.subject import Subject
from xstilts.files import read_digest
from xstilts.layout import checkpoint_digest
from xstilts.report.reads import Shelf


def text_of(results, node):
    return (results / "checkpoints" / node / "README.md").read_text(encoding="utf-8")


def record_of(results, node):
    return json.loads((results / "checkpoints" / node / "training.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("node", NODES)
def test_a_hub_reads_its_head(node, trained):
    said = ModelCard.load(trained / "checkpoints" / node / "README.md").data
    kinds = {BASE: "fill-mask", MNLI: "text-classification", XNLI: "text-classification", MIXED: "feature-extraction"}
    assert said.library_name == "transformers"
    assert said.pipeline_tag == kinds[node]
    assert (said.license, said.language) == ("apache-2.0", ["en"]), "generated data, on a base that was drawn here"
    assert {"xstilts", "generated-data"} <= set(said.tags)
    assert said.model_name == node
    (dev,) = said.eval_results
    best = record_of(trained, node)["best_score"]
    assert dev.metric_value == pytest.approx(best if node == BASE else 100 * best, abs=1e-3)
    assert dev.dataset_split == "dev"


@pytest.mark.parametrize("node", NODES)
def test_it_is_what_can_be_said_later_as_well(node, trained):
    folder = trained / "checkpoints" / node
    assert card(Subject(record_of(trained, node), folder, Shelf(trained))) == text_of(trained, node)


@pytest.mark.parametrize("node", NODES)
def test_it_tells_where_the_checkpoint_comes_from(node, trained):
    text, record = text_of(trained, node), record_of(trained, node)
    facts = dict(row for row in cells(text) if len(row) == 2)
    assert facts["path"] == f"`{node}`"
    assert facts["seed"] == str(record["spec"]["seed"])
    assert record["parent"][:16] in facts["trained from"]
    assert facts["steps"] == f"{record['steps']}; step {record['best_step']} was kept"
    assert facts["tokens"] == f"{record['tokens']:,}"
    assert facts["ranks"].startswith("1,")
    assert broken(trained / "checkpoints" / node / "README.md") == []


def test_its_parent_is_a_link_to_the_parents_card(trained):
    above = trained / "checkpoints" / XNLI
    assert (above / "../README.md").resolve() == (trained / "checkpoints" / MNLI / "README.md").resolve()
    assert "[`tiny/s1/mnli`](../README.md)" in text_of(trained, XNLI)
    assert "[`tiny`](../../../README.md)" in text_of(trained, XNLI)
    assert "README.md" not in addresses(text_of(trained, BASE)), "a base has no card above it"


@pytest.mark.parametrize("node", NODES)
def test_all_hyper_parameters_stand_in_it(node, trained):
    rows = dict(row for row in cells(section(text_of(trained, node), "Training")) if len(row) == 2)
    stage = record_of(trained, node)["spec"]["stage"]
    for name, value in stage.items():
        if name != "parts" and value is not None:
            assert f"`{name}`" in rows
            if isinstance(value, int | float | str):
                assert rows[f"`{name}`"] == str(value)


def test_the_way_here_is_told_in_words(trained):
    assert "The base `tiny`, pretrained from random weights on MLM." in text_of(trained, BASE)
    assert "The base `tiny`, trained on MNLI, then on XNLI." in text_of(trained, XNLI)
    assert "trained on HellaSwag, MLM and SQuAD v1.1 mixed." in text_of(trained, MIXED)
    assert "laboratory's model" in text_of(trained, MNLI)


def test_data_is_that_of_the_whole_way(trained):
    (row,) = cells(section(text_of(trained, XNLI), "Data"))
    assert row[1] == "MLM (train, dev); MNLI (train, dev); XNLI (train, dev)"
    assert row[2] == "none of others"


@pytest.mark.parametrize("node", NODES)
def test_its_code_runs(node, trained):
    with redirect_stdout(io.StringIO()) as said:
        exec(code_in(text_of(trained, node), "python"), {})
    assert said.getvalue(), "it prints what the model says"


def test_a_mixtures_heads_are_named_in_the_order_of_their_weights(trained):
    assert "`heads.0` HellaSwag, `heads.1` MLM, `heads.2` SQuAD v1.1" in text_of(trained, MIXED)
    assert (trained / "checkpoints" / MIXED / "heads.safetensors").is_file()


def test_its_command_asks_for_this_checkpoint(trained):
    typed = shlex.split(code_in(text_of(trained, XNLI), "sh"))
    assert typed[:3] == ["snakemake", str(trained / "checkpoints" / XNLI / "digest"), "--force"]
    assert "world=nano" in typed


@pytest.mark.parametrize("node", NODES)
def test_the_curve_shows_every_evaluation(node, trained):
    drawn = ET.fromstring((trained / "checkpoints" / node / "curve.svg").read_text(encoding="utf-8"))
    tag = "{http://www.w3.org/2000/svg}"
    points = [len(line.get("points").split()) for line in drawn.iter(f"{tag}polyline")]
    assert points == [len(record_of(trained, node)["curve"])] * 2, "one line for the loss, one for dev"
    assert "](curve.svg)" in text_of(trained, node)


@pytest.mark.parametrize("node", NODES)
def test_neither_card_nor_curve_counts_for_the_digest(node, results):
    folder = results / "checkpoints" / node
    for name in ("README.md", "curve.svg"):
        (folder / name).write_text("anything", encoding="utf-8")
    assert checkpoint_digest(folder) == read_digest(folder / "digest")


def test_a_folder_that_lies_elsewhere_links_to_nothing(trained, tmp_path):
    subject = Subject.trained(record_of(trained, XNLI), tmp_path / "mine", trained / "checkpoints" / MNLI)
    text = card(subject)
    assert subject.shelf.results == trained, "known by its parent"
    assert addresses(text) == ["curve.svg"]
    assert f'folder = "{tmp_path / "mine"}"' in text


def test_a_folder_and_a_parent_in_no_known_place_are_enough(trained, tmp_path):
    text = card(Subject.trained(record_of(trained, MNLI), tmp_path / "mine", tmp_path / "parent"))
    assert "What `tiny` was trained on is not known here" in text
    assert "```sh" not in text, "nobody knows which file Snakemake would be asked for"
