"""A study goes on without data that is not there: what goes, what is trained without it, and what is said."""

from pathlib import Path

import pytest

from xstilts.available import available, data_of
from xstilts.config import load
from xstilts.errors import UserError
from xstilts.origins import Origins

ROOT = Path(__file__).parents[1]


def project(files=None, recipes=None, targets=("xnli", "tatoeba"), tasks=None, baseline="none", stages=None):
    """A small real study; `files` is where all original files lie."""
    study = {
        "asks": "?",
        "seeds": [1],
        "recipes": recipes or {"none": []},
        "targets": list(targets),
        "compare": {"baseline": baseline},
    }
    worlds = {"real": {"tasks": tasks or {}, "stages": stages or {}}}
    config = {"world": "real", "study": "tried", "studies": {"tried": study}, "worlds": worlds}
    return load(config | ({"files": str(files)} if files else {}), ROOT)


def reduced(project):
    return available(project, Origins(project.settings, project.world))


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


NO_CCG = {"ccg": {"folder": "/nowhere/ccgbank"}}


def test_what_can_be_fetched_is_not_missed():
    asked = project(recipes={"none": [], "mnli": ["mnli"], "mt": ["mnli@mt-de"]})
    assert reduced(asked) == (asked, ())


def test_a_recipe_goes_and_a_mixture_goes_on_under_the_name_of_what_it_holds():
    recipes = {"none": [], "ccg": ["ccg"], "mixed": ["ccg+mnli"], "all9": ["all9~lr=1e-6"], "then": ["ccg", "mnli"]}
    found, said = reduced(project(recipes=recipes, tasks=NO_CCG))
    assert dict(found.study.recipes) == {
        "none": (),
        "mixed": ("mnli",),
        "all9": ("anli+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2~lr=1e-6",),
    }
    text = "\n".join(said)
    assert "the recipe 'ccg' is left out for want of 'ccg': /nowhere/ccgbank is not there" in text
    assert "the recipe 'mixed' is trained without 'ccg'" in text and "LDC2005T13" in text
    assert len(said) == 4


@pytest.mark.parametrize("order", [("none", "mnli", "mixed"), ("none", "mixed", "mnli")])
def test_two_recipes_never_become_one(order):
    """Whatever their order, the one that needs nothing that is gone stays, and the other is said to go."""
    stages = {"none": [], "mnli": ["mnli"], "mixed": ["ccg+mnli"]}
    found, said = reduced(project(recipes={name: stages[name] for name in order}, tasks=NO_CCG))
    assert list(found.study.recipes) == ["none", "mnli"]
    assert "the recipe 'mixed' is left out for want of 'ccg'; without it, it is the recipe 'mnli'" in said[0]


def test_a_mixture_keeps_the_settings_of_its_stage():
    asked = project(recipes={"none": [], "all9": ["all9"]}, tasks=NO_CCG, stages={"all9": {"epochs": 1, "lr": 5e-6}})
    found, _ = reduced(asked)
    stage = found.world.resolve_stage(found.recipes["all9"].stages[0])
    assert (stage.epochs, stage.lr, len(stage.parts)) == (1, 5e-6, 8)


def test_options_that_a_lone_part_can_not_have_go_with_the_others():
    recipes = {"none": [], "mixed": ["ccg+mnli~cap=100~lr=1e-6"]}
    found, _ = reduced(project(recipes=recipes, tasks=NO_CCG))
    assert found.study.recipes["mixed"] == ("mnli~lr=1e-6",)


def test_targets_go_with_their_training_data(tmp_path):
    put(tmp_path, "xnli/xnli.test.tsv", "tatoeba/tatoeba.deu-eng.deu")
    tasks = {"tatoeba": {"languages": ["de"]}}
    found, said = reduced(project(tmp_path, tasks=tasks))
    assert found.study.targets == ("tatoeba",)
    assert "the target 'xnli' is left out" in said[0] and str(tmp_path / "mnli") in said[0]
    put(tmp_path, "mnli/multinli_1.0_train.jsonl", "mnli/multinli_1.0_dev_matched.jsonl")
    assert reduced(project(tmp_path, tasks=tasks))[0].study.targets == ("xnli", "tatoeba")


def test_with_nothing_left_it_stops_and_says_why(tmp_path):
    with pytest.raises(UserError, match=r"(?s)no target is left.*the target 'xnli' is left out"):
        reduced(project(tmp_path, targets=["xnli"]))
    with pytest.raises(UserError, match="the baseline 'ccg' is not left"):
        reduced(project(recipes={"ccg": ["ccg"]}, baseline="ccg", tasks=NO_CCG))


def test_the_data_of_a_study():
    asked = project(recipes={"none": [], "mt": ["mnli@mt-de"]}, targets=["xnli", "mlqa", "bucc"])
    assert set(data_of(asked)) == {
        *{("mnli@mt-de", "train"), ("mnli", "train"), ("mnli", "dev"), ("squad", "train"), ("squad", "dev")},
        *{("xnli", "test"), ("mlqa", "test"), ("bucc", "dev"), ("bucc", "test")},
    }
