"""The checkpoints of a study: which there are, in which order, and what has become of each."""

import json
import time
from pathlib import Path

import pytest
from invented import invented

from xstilts.files import write_digest, write_json
from xstilts.report import nodes
from xstilts.report.nodes import read_nodes, tree_of
from xstilts.specs import ReportSpec, TargetSpec


def spec_of(recipes, targets=("xnli", "tatoeba"), seeds=(1,), **more):
    return invented(recipes=recipes, targets=targets, seeds=seeds).spec.model_copy(update=more)


def record(node, format="classification", **more):
    """As training writes it, as far as it is read here."""
    stage = {"parts": [{"task": "some", "variant": "", "format": one} for one in format.split("+")]}
    plain = {"node": node, "spec": {"node": node, "seed": 1, "stage": stage}, "best_step": 400, "best_score": 0.7}
    return {**plain, "steps": 600, "sign": None, "degenerate": [], "curve": [], **more}


def place(checkpoints, node, told=None, digest="c0ffee"):
    write_json(checkpoints / node / "training.json", told or record(node))
    write_digest(checkpoints / node / "digest", digest)


def test_the_tree_holds_all_that_is_read_and_what_it_descends_from():
    spec = spec_of({"none": "", "both": "mnli/squad"}, seeds=(1, 2))
    assert tree_of(spec, "tiny") == [
        "tiny",
        "tiny/s1/xnli", "tiny/s1/mnli", "tiny/s2/xnli", "tiny/s2/mnli",
        "tiny/s1/mnli/squad", "tiny/s2/mnli/squad",
        "tiny/s1/mnli/squad/xnli", "tiny/s2/mnli/squad/xnli",
    ]  # fmt: skip


def test_each_base_has_its_own():
    spec = spec_of({"none": "", "mnli": "mnli"}, bases=("tiny", "wide"))
    assert tree_of(spec, "wide") == ["wide", "wide/s1/xnli", "wide/s1/mnli", "wide/s1/mnli/xnli"]


def test_a_model_that_is_fine_tuned_already_has_no_target_node():
    spec = spec_of({"none": ""}, targets=("xnli",), fine_tuned={"tiny": ("xnli",)})
    assert tree_of(spec, "tiny") == ["tiny"]


def test_states_and_figures_come_from_the_records(tmp_path):
    spec = spec_of({"none": "", "mnli": "mnli"})
    place(tmp_path, "tiny", record("tiny", "mlm", best_score=-0.7))
    place(tmp_path, "tiny/s1/xnli", record("tiny/s1/xnli", sign="the loss is not finite", best_score=None))
    place(tmp_path, "tiny/s1/mnli", record("tiny/s1/mnli", "classification+mlm"))
    found = {node.path: node for node in read_nodes(spec, "tiny", tmp_path)}
    assert {path: node.state for path, node in found.items()} == {
        "tiny": "made", "tiny/s1/xnli": "degenerate", "tiny/s1/mnli": "made", "tiny/s1/mnli/xnli": "missing"
    }  # fmt: skip
    made = found["tiny/s1/mnli"]
    assert (made.digest, made.step, made.steps, made.dev) == ("c0ffee", 400, 600, 70.0)
    assert found["tiny"].dev is None, "a log-likelihood is no share"
    assert found["tiny/s1/xnli"].dev is None
    missing = found["tiny/s1/mnli/xnli"]
    assert (missing.digest, missing.step, missing.steps, missing.dev) == (None, None, None, None)


def test_below_a_degenerate_checkpoint_others_are_what_they_are_themselves(tmp_path):
    place(tmp_path, "tiny/s1/xnli", record("tiny/s1/xnli", degenerate=["tiny"]))
    found = {node.path: node.state for node in read_nodes(spec_of({"none": ""}), "tiny", tmp_path)}
    assert found["tiny/s1/xnli"] == "made"


def test_a_fetched_base_was_made_and_has_no_steps(tmp_path):
    told = {
        "spec": {"base": "tiny", "hub": "some/model", "revision": "c" * 40, "path": None},
        "code": "",
        "digest": "d",
    }
    place(tmp_path, "tiny", told)
    base, *_ = read_nodes(spec_of({"none": ""}), "tiny", tmp_path)
    assert (base.state, base.digest, base.step, base.steps, base.dev) == ("made", "c0ffee", None, None, None)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_record_that_is_torn_is_missing(share, tmp_path):
    place(tmp_path, "tiny")
    file = tmp_path / "tiny" / "training.json"
    file.write_text(file.read_text()[: int(share * len(file.read_text()))])
    assert read_nodes(spec_of({"none": ""}), "tiny", tmp_path)[0].state == "missing"


@pytest.mark.parametrize("told", ["[]", "null", "{}", '{"spec": 3}', "\udcff"])
def test_a_record_of_something_else_is_missing(told, tmp_path):
    place(tmp_path, "tiny")
    (tmp_path / "tiny" / "training.json").write_text(told, errors="surrogateescape")
    assert read_nodes(spec_of({"none": ""}), "tiny", tmp_path)[0].state == "missing"


def test_without_its_digest_a_checkpoint_is_not_whole(tmp_path):
    place(tmp_path, "tiny")
    (tmp_path / "tiny" / "digest").unlink()
    assert read_nodes(spec_of({"none": ""}), "tiny", tmp_path)[0].state == "missing"


def test_a_thousand_checkpoints_are_read_in_a_moment(tmp_path):
    """Their curves as long as those of XLM-R Large on MNLI."""
    recipes = {"none": ""} | {f"r{k}": f"mnli~x={k}" for k in range(2, 12)}
    targets = {f"t{k}": TargetSpec(title="T", stage=f"t{k}") for k in range(9)}
    spec = ReportSpec(study="large", world="real", asks="?", baseline="none", bases=("xlmr",),
                      seeds=tuple(range(1, 11)), recipes=recipes, targets=targets)  # fmt: skip
    curve = [{"step": 1000 * k, "loss": 0.123456, "dev": 0.654321} for k in range(1, 100)]
    tree = tree_of(spec, "xlmr")
    text = json.dumps(record("xlmr/s1/mnli", curve=curve), indent=2)
    for node in tree:
        (tmp_path / node).mkdir(parents=True, exist_ok=True)
        (tmp_path / node / "training.json").write_text(text)
        write_digest(tmp_path / node / "digest", "c0ffee")
    start = time.process_time()
    found = read_nodes(spec, "xlmr", tmp_path)
    assert time.process_time() - start < 1.0
    assert len(found) == len(tree) > 1000 and {node.state for node in found} == {"made"}


def test_the_report_knows_nothing_of_cards_which_are_made_from_it():
    files = Path(nodes.__file__).parent.rglob("*.py")
    assert [file for file in files if "xstilts.cards" in file.read_text(encoding="utf-8")] == []
