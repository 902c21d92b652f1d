"""Cards of checkpoints of published models and data: licences, what they forbid, and bases that were fetched."""

import json
from pathlib import Path

import pytest
from card_reading import cells, section
from huggingface_hub import ModelCard

from xstilts.cards.checkpoint import card
from xstilts.cards.subject import Subject
from xstilts.cards.write import write_cards
from xstilts.files import write_digest, write_json
from xstilts.report.nodes import read_nodes
from xstilts.report.reads import Shelf
from xstilts.sources.bases import fetch_base
from xstilts.specs import FetchSpec
from xstilts.tasks.release import releases

HUB = {"base": "xlmr", "hub": "FacebookAI/xlm-roberta-large", "revision": "c" * 40, "path": None}
FOLDER = {"base": "xlmr", "hub": None, "revision": None, "path": "/data/xlmr"}


def part(task, data=None, variant="", languages=("en",), format="classification", dev=None):
    data = data or task
    return {"task": task, "variant": variant, "format": format, "data": data, "dev": dev or data,
            "languages": list(languages), "encoding": {}}  # fmt: skip


def record(node, *parts, **more):
    stage = {"parts": list(parts), "lr": 1e-5, "batch": 24, "epochs": 2, "steps": None, "precision": "bf16"}
    return {
        "node": node, "spec": {"node": node, "seed": 1, "stage": stage}, "parent": "a" * 64, "best_step": 3000,
        "best_score": 0.9, "steps": 32000, "seed": 1, "degenerate": [], "sign": None, "attempts": [],
        "tokens": 20_000_000, "seconds": 7384.2, "running": {"ranks": 4, "zero": 2}, "curve": [],
        "versions": {"xstilts": "0.1.0", "torch": "2.13.0"}, **more,
    }  # fmt: skip


@pytest.fixture
def results(tmp_path):
    """A world with a fetched base."""
    results = tmp_path / "results" / "real"
    place(results, "xlmr", {"spec": HUB, "code": "", "digest": "d" * 64})
    return results


def place(results, node, told):
    folder = results / "checkpoints" / node
    write_json(folder / "training.json", told)
    write_digest(folder / "digest", "d" * 64)


def card_of(results, told):
    file = results / "checkpoints" / told["node"] / "README.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(card(Subject(told, file.parent, Shelf(results))), encoding="utf-8")
    return file.read_text(encoding="utf-8"), ModelCard.load(file).data


def test_each_release_stands_with_its_licence(results):
    text, said = card_of(results, record("xlmr/s1/mnli", part("mnli")))
    (row,) = cells(section(text, "Data"))
    mnli = releases()["mnli"]
    assert row == [f"[{mnli.title}]({mnli.url})", "MNLI (train, dev)", mnli.licence, mnli.citation]
    assert "non-commercial" not in text
    assert (said.license, said.to_dict()["license_name"]) == ("other", "by-data")
    assert said.datasets == ["nyu-mll/glue"]
    assert said.base_model == "FacebookAI/xlm-roberta-large"


def test_what_forbids_commerce_is_marked_and_explained(results):
    text, _ = card_of(results, record("xlmr/s1/anli", part("anli")))
    rows = {row[0].split("]")[0].strip("["): row for row in cells(section(text, "Data"))}
    assert rows["ANLI, rounds 1 to 3"][2] == "CC BY-NC 4.0 **(non-commercial)**"
    assert "non-commercial" not in rows["SNLI 1.0"][2]
    assert "may not be used for profit, and the weights were made from it" in text


def test_a_licence_that_says_so_itself_is_not_said_twice(results):
    text, _ = card_of(results, record("xlmr/s1/qqp", part("qqp")))
    (row,) = cells(section(text, "Data"))
    assert row[2] == "Quora's terms of service; **non-commercial** (recalled)"


def test_data_of_stages_before_counts_as_well(results):
    place(results, "xlmr/s1/anli", record("xlmr/s1/anli", part("anli")))
    text, said = card_of(results, record("xlmr/s1/anli/xquad", part("xquad", "squad", format="span")))
    assert "ANLI, rounds 1 to 3" in text and "non-commercial" in text
    assert "XQuAD (train, dev)" in text, "the stage xquad trains on SQuAD"
    assert said.datasets == ["facebook/anli", "nyu-mll/glue", "rajpurkar/squad", "stanfordnlp/snli"]
    assert said.pipeline_tag == "question-answering"


def test_translations_are_a_release_of_their_own(results):
    told = record("xlmr/s1/mnli@mt-de", part("mnli", variant="mt-de", languages=("de",)))
    text, said = card_of(results, told)
    rows = {row[0].split("]")[0].strip("["): row[1] for row in cells(section(text, "Data"))}
    assert rows[releases()["xnli_mt"].title] == "MNLI (mt-de) (train)"
    assert rows[releases()["mnli"].title] == "MNLI (mt-de) (dev)", "selection is English"
    assert said.language == ["de", "en"]


def test_records_say_what_a_world_read_in_truth(results):
    source = {"source": "files", "parts": [{"release": "snli"}, {"release": "anli"}]}
    for split in ("train", "dev"):
        write_json(results / "records" / "anli" / f"{split}.json", {"spec": {"source": source}})
    text, _ = card_of(results, record("xlmr/s1/anli", part("anli")))
    assert "SNLI 1.0" in text and "MultiNLI" not in section(text, "Data")


def test_the_base_and_its_data_are_named(results):
    text, _ = card_of(results, record("xlmr/s1/mnli", part("mnli")))
    assert "which is FacebookAI/xlm-roberta-large at revision " + "c" * 40 in text
    assert "The base was trained elsewhere" in section(text, "Data")
    assert "https://huggingface.co/FacebookAI/xlm-roberta-large" in section(text, "Data")
    assert "laboratory" not in text


def test_time_and_tokens_are_readable(results):
    text, _ = card_of(results, record("xlmr/s1/mnli", part("mnli"), attempts=[{"seed": 1}], seed=77))
    rows = dict(row for row in cells(section(text, "Training")) if len(row) == 2)
    assert (rows["time"], rows["tokens"], rows["ranks"]) == ("2 h 3 min", "20,000,000", "4, ZeRO stage 2")
    assert rows["seed of the attempt that counts"] == "77"
    assert "![" not in text, "there is no curve to show"


def test_a_run_that_never_had_a_finite_score_has_no_figure(results):
    told = record("xlmr/s1/mnli", part("mnli"), best_score=None, best_step=0, sign="the loss is not finite")
    text, said = card_of(results, told)
    assert "none that is finite" in text and "The loss is not finite." in text
    assert said.eval_results is None


def test_an_alias_says_what_it_stands_for_and_options_show(results):
    told = record("xlmr/s1/both~lr=5e-6", part("mnli"), part("squad", format="span"))
    text, _ = card_of(results, told)
    assert "trained on MNLI and SQuAD v1.1 mixed (lr=5e-6)." in text


# bases that were fetched --------------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path) -> Path:
    """A folder as somebody keeps a model; nothing opens it here."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text("{}")
    return folder


def test_a_fetched_base_keeps_what_fetching_said(invented_on, source, tmp_path):
    results, out = tmp_path / "results" / "real", tmp_path / "results/real/report/some/cards.md"
    folder = results / "checkpoints" / "xlmr"
    fetch_base(FetchSpec(base="xlmr", hub=None, revision=None, path=str(source)), folder, "")
    left = (folder / "README.md").read_text()
    assert "unchanged." in left
    write_cards(invented_on(results), results, out)
    first = (folder / "README.md").read_text()
    assert f"the folder {source}, unchanged." in first
    assert "AutoModel.from_pretrained" in first
    assert ModelCard.load(folder / "README.md").data.to_dict()["license_name"] == "by-base"
    write_cards(invented_on(results), results, out)
    assert (folder / "README.md").read_text() == first
    assert "| made | – | – |" in out.read_text(), "nothing was trained, so there is no dev score"


def test_a_fetched_base_whose_card_is_lost_gets_one(invented_on, results):
    write_cards(invented_on(results), results, results / "report/some/cards.md")
    text = (results / "checkpoints" / "xlmr" / "README.md").read_text()
    assert "FacebookAI/xlm-roberta-large at revision " + "c" * 40 + "." in text
    assert ModelCard.load(results / "checkpoints" / "xlmr" / "README.md").data.base_model == HUB["hub"]


@pytest.fixture
def invented_on():
    """Findings of a study of one base."""
    from invented import invented

    def of(results):
        found = invented(bases=("xlmr",), recipes={"none": "", "mnli": "mnli"}, seeds=(1,))
        spec = found.spec.model_copy(update={"world": "real"})
        nodes = read_nodes(spec, "xlmr", results / "checkpoints")
        (base,) = found.bases
        return found.model_copy(update={"spec": spec, "bases": (base.model_copy(update={"nodes": nodes}),)})

    return of


def test_the_records_of_a_fetched_base_are_as_the_engine_writes_them(source, tmp_path):
    """What these tests build by hand has the shape of the real thing."""
    fetch_base(FetchSpec(base="xlmr", hub=None, revision=None, path=str(source)), tmp_path / "xlmr", "c0de")
    told = json.loads((tmp_path / "xlmr" / "training.json").read_text())
    assert told.keys() == {"spec", "code", "digest"} and told["spec"].keys() == FOLDER.keys()
