"""What is evaluated with what: published models as they are, English tasks on dev, and the report of just that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xstilts.config import load
from xstilts.plan import Plan

ROOT = Path(__file__).parents[1]
THEIRS = {
    "path": "/models/theirs",
    "fine_tuned": ["xnli", "xquad"],
    "labels": ["neutral", "entailment", "contradiction"],
}
STUDY = {
    "asks": "Whose is better?",
    "bases": ["tiny", "theirs"],
    "seeds": [1, 2],
    "recipes": {"none": [], "mnli": ["mnli"]},
    "targets": ["xnli", "xquad", "mlqa", "udpos", "tatoeba", "bucc", "squad2"],
    "compare": {"baseline": "none"},
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A study of a base of our own and of a published model with two fine-tuned heads, in the miniature."""
    world: dict[str, Any] = {"mini": {"bases": {"theirs": THEIRS}}}
    config = {"world": "mini", "study": "own", "studies": {"own": STUDY}, "worlds": world}
    return Plan(load(config, ROOT), ROOT / "scripts")


def test_a_fine_tuned_model_is_evaluated_as_it_is(plan: Plan) -> None:
    nodes = {
        (base, recipe, target.name): str(node) for base, seed, recipe, target, node in plan.project.cells if seed == 2
    }
    assert {nodes["theirs", "none", target] for target in ("xnli", "xquad", "mlqa", "tatoeba", "bucc")} == {"theirs"}
    assert nodes["theirs", "none", "udpos"] == "theirs/s2/udpos"
    assert nodes["theirs", "mnli", "xnli"] == "theirs/s2/mnli/xnli", "after a stage its head is another"
    assert nodes["tiny", "none", "xnli"] == "tiny/s2/xnli"


def test_the_report_shows_what_is_evaluated(plan: Plan) -> None:
    planned = {(base, seed, recipe, target.name, str(node)) for base, seed, recipe, target, node in plan.project.cells}
    shown = {(cell.base, cell.seed, cell.recipe, cell.target, cell.node) for cell in plan.report.spec().cells}
    assert shown == planned and len(shown) == 2 * 2 * 2 * 7


def test_labels_that_the_world_tells_are_those_of_the_published_model_alone(plan: Plan) -> None:
    told = tuple(THEIRS["labels"])
    assert plan.predictions.spec("theirs", "xnli").labels == told
    for node, target in (("theirs", "xquad"), ("theirs", "tatoeba"), ("theirs/s1/mnli/xnli", "xnli"), ("tiny", "bucc")):
        assert plan.predictions.spec(node, target).labels == ()
    assert plan.scores.spec("theirs", "xnli").labels == ("entailment", "neutral", "contradiction")


@pytest.mark.parametrize(
    ("node", "target", "recipe", "seed"),
    [
        ("theirs", "xnli", "", None),
        ("theirs", "tatoeba", "", None),
        ("theirs/s1/mnli", "tatoeba", "mnli", 1),
        ("theirs/s1/mnli/xnli", "xnli", "mnli", 1),
        ("tiny/s2/xquad", "mlqa", "", 2),
    ],
)
def test_a_score_says_which_recipe_it_is_of(plan: Plan, node: str, target: str, recipe: str, seed: int | None) -> None:
    spec = plan.scores.spec(node, target)
    assert (spec.base, spec.recipe, spec.seed) == (node.split("/")[0], recipe, seed)


def test_english_tasks_are_evaluated_on_dev(plan: Plan) -> None:
    spec = plan.scores.spec("tiny/s1/squad2", "squad2")
    assert (spec.splits, spec.languages, spec.metric) == (("dev",), ("en",), "squad2")
    assert plan.predictions.spec("tiny/s1/squad2", "squad2").splits == ("dev",)
    read = plan.predictions.inputs("tiny/s1/squad2", "squad2", "records")
    assert [file.parts[-2:] for file in read] == [("squad2", "dev.parquet")]


@pytest.mark.parametrize("target", ["tatoeba", "bucc"])
def test_what_retrieval_looks_for_is_its_metric(plan: Plan, target: str) -> None:
    predicted, scored = plan.predictions.spec("tiny", target), plan.scores.spec("tiny", target)
    assert predicted.encoding == scored.encoding and predicted.encoding.find == scored.metric
    assert predicted.splits == scored.splits == (("dev", "test") if target == "bucc" else ("test",))
    assert predicted.encoding.block(24) == 14


def planned(**changes: Any) -> Plan:
    """The plan of a changed study, where target weights are not kept."""
    world: dict[str, Any] = {"mini": {"bases": {"theirs": THEIRS}, "keep_target_weights": False}}
    config = {"world": "mini", "study": "own", "studies": {"own": STUDY | changes}, "worlds": world}
    return Plan(load(config, ROOT), ROOT / "scripts")


def test_weights_go_of_what_was_trained_for_a_target_alone() -> None:
    """Never a published model's, nor those that other studies take for an intermediate."""
    plan = planned(targets=["xnli", "mnli", "tatoeba"], seeds=[1])
    pruned = {file.parent.relative_to(plan.checkpoints.folder("")).as_posix() for file in plan.checkpoints.pruned()}
    assert pruned == {"tiny/s1/xnli", "tiny/s1/mnli/xnli", "theirs/s1/mnli/xnli"}


def test_alignment_is_measured_of_every_stage_of_every_recipe() -> None:
    """An intermediate is one, whether or not another recipe's target shares its checkpoint."""
    plan = planned(
        bases=["tiny"],
        seeds=[1],
        targets=["qqp", "tatoeba"],
        recipes={"none": [], "both": ["mnli", "qqp"], "qqp": ["qqp"]},
    )
    nodes = {file.parent.relative_to(plan.results / "alignment").as_posix() for file in plan.alignment.files()}
    assert nodes == {"tiny", "tiny/s1/mnli", "tiny/s1/mnli/qqp", "tiny/s1/qqp"}
