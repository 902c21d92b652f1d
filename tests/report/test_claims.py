"""The claims ledger, on score files that are made to support, contradict or blur each claim."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from weighted_dice import study, weigh

from xstilts.config.claims import open_claims
from xstilts.config.problems import Problems
from xstilts.config.tree import Tree
from xstilts.report.claims.best import best_per_target, chosen_arm
from xstilts.report.claims.evidence import Comparison, Part
from xstilts.report.claims.evidence import weigh as decide
from xstilts.report.compare import compare
from xstilts.report.compared import Compared, Views, average_of
from xstilts.report.contrast import Samples, Uncertain
from xstilts.report.findings import MEAN, Average, Run
from xstilts.report.scores import read_scores
from xstilts.tasks import SUITES

ROOT = Path(__file__).parents[2]
ALL9 = {"all9": "anli+ccg+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2"}
SINGLES = ("mnli", "squad", "hellaswag", "qqp", "csqa")
PAIRS = ("mnli", "squad", "mlm+mnli", "mlm+squad", "mnli@mt-de")


def written(root: Path = ROOT) -> dict[str, dict]:
    """The claims of a configuration, by name, as the report is told them."""
    problems = Problems()
    claims = open_claims(root, Tree(), ALL9, problems)
    problems.stop_if_any()
    return {claim.name: claim.model_dump(mode="json", exclude_defaults=True) for claim in claims}


def verdict(folder, claim, recipes, targets, gains, seeds=(1, 2), drop=(), scatter=0.4, **how):
    """What a study says of a claim; `gains` are points over the base, by recipe, or by (recipe, target).

    scatter   points by which trainings differ at most, with a mean of 0 over seeds
    """
    spec = study(recipes, targets, seeds, claims=[claim])

    def right(recipe, target, seed):
        luck = np.linspace(-1, 1, len(seeds)) if len(seeds) > 1 else np.zeros(1)
        order = np.random.default_rng(zlib.crc32(f"{recipe} {target}".encode())).permutation(len(seeds))
        return 0.5 + (gains.get((recipe, target), gains.get(recipe, 0.0)) + scatter * luck[order][seed - 1]) / 100

    weigh(spec, folder, right, **how)
    for name in drop:
        (folder / "scores" / name).unlink()
    found = compare(spec, read_scores(spec, folder / "scores"), folder / "checkpoints", "")
    (said,) = found.bases[0].verdicts
    return said


TRAININGS = "trainings that differ"
BLURRED = {
    "few examples": {"n": 30, "shared": 0.0, "seeds": (1,)},
    TRAININGS: {"scatter": 12.0, "seeds": (1, 2, 3)},
}
CASES = {
    "best-singles": {
        "study": (SINGLES, ("xnli", "tatoeba")),
        "supported": {"mnli": 7, "squad": 8, "hellaswag": 7, "qqp": -2, "csqa": 4},
        "contradicted": {"mnli": 7, "squad": 8, "hellaswag": 2, "qqp": 6, "csqa": 4},
    },
    "together": {
        "study": (("mnli", "squad", "qqp", "all9"), ("xnli", "tatoeba")),
        "supported": {"mnli": 6, "squad": 7, "qqp": 0, "all9": 9},
        "contradicted": {"mnli": 6, "squad": 9, "qqp": 0, "all9": 4},
    },
    "retrieval-gains": {
        "study": (("mnli", "squad", "qqp"), ("bucc", "tatoeba")),
        "supported": {"mnli": 20, "squad": 18, "qqp": 16},
        "contradicted": {"mnli": 20, "squad": 18, "qqp": 16, ("qqp", "bucc"): -5},
    },
    "tydiqa-not-xnli": {
        "study": (SINGLES, ("tydiqa", "xnli")),
        "supported": dict.fromkeys(((r, "tydiqa") for r in ("squad", "mnli", "csqa")), 9)
        | dict.fromkeys(((r, "xnli") for r in SINGLES), -6),
        "contradicted": dict.fromkeys(((r, "tydiqa") for r in SINGLES), 9)
        | dict.fromkeys(((r, "xnli") for r in SINGLES), -6)
        | {("mnli", "xnli"): 6},
    },
    "best-per-target": {
        "study": (("mnli", "squad", "qqp"), ("xnli", "tydiqa", "tatoeba")),
        "supported": {("mnli", "xnli"): 7, ("squad", "tydiqa"): 9, "qqp": 5, "mnli": -3},
        "contradicted": {"mnli": -4, "squad": -5, "qqp": -8},
    },
    "english-suffices": {
        "study": (PAIRS, ("xnli", "tatoeba")),
        "supported": {"mnli": 8, "squad": 8, "mlm+mnli": 3, "mlm+squad": 4, "mnli@mt-de": 2},
        "contradicted": {"mnli": 5, "squad": 6, "mlm+mnli": 9, "mlm+squad": 9, "mnli@mt-de": 2},
    },
}


def test_there_is_a_case_for_every_claim():
    assert set(CASES) == set(written())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("standing", ["supported", "contradicted"])
def test_a_clear_study_supports_or_contradicts(tmp_path, name, standing):
    case = CASES[name]
    said = verdict(tmp_path, written()[name], *case["study"], case[standing])
    assert (said.standing, said.missing) == (standing, ())
    decided = said.contrasts[0].effect
    assert said.contrasts[0].what in said.reason and f"{decided.value:+.1f}".replace("-", "−") in said.reason
    assert (said.reason.startswith("It holds")) == (standing == "supported")


@pytest.mark.parametrize(
    ("name", "blurred"),
    # Luck that is 0 on the mean over seeds is bad luck for whoever chooses by the other seeds.
    [(name, blurred) for name in CASES for blurred in BLURRED if (name, blurred) != ("best-per-target", TRAININGS)],
)
@pytest.mark.parametrize("standing", ["supported", "contradicted"])
def test_a_blurred_study_decides_nothing(tmp_path, name, standing, blurred):
    case = CASES[name]
    third = {key: gain / 3 for key, gain in case[standing].items()}
    said = verdict(tmp_path, written()[name], *case["study"], third, **BLURRED[blurred])
    assert said.standing == "not decided" and said.reason.startswith("It is open")
    assert said.contrasts[0].effect.low < 1 and said.contrasts[0].effect.high > -1


LACKING = {
    "best-singles": (("mnli", "squad"), ("xnli",), "hellaswag on XNLI with seeds 1, 2"),
    "together": (("mnli", "squad"), ("xnli", "tatoeba"), "all9 on XNLI, Tatoeba with seeds 1, 2"),
    "retrieval-gains": (("mnli",), ("bucc", "xnli"), "mnli, none on Tatoeba with seeds 1, 2"),
    "tydiqa-not-xnli": (
        ("mnli",),
        ("tydiqa", "xnli"),
        "2 more such recipes beside mnli on TyDiQA-GoldP with seeds 1, 2",
    ),
    "best-per-target": (("mlm+mnli",), ("xnli",), "a recipe of English tasks in any order and mixture on XNLI"),
    "english-suffices": (
        ("mnli", "mnli@mt"),
        ("xnli",),
        "a recipe like mlm*+X beside X on XNLI with seeds 1, 2",
    ),
}


@pytest.mark.parametrize("name", LACKING)
def test_a_study_without_what_a_claim_is_about_says_what_to_run(tmp_path, name):
    recipes, targets, lacks = LACKING[name]
    said = verdict(tmp_path, written()[name], recipes, targets, {"mnli@mt": -9})
    assert (said.standing, said.contrasts) == ("missing", ())
    assert len(said.missing) == 1 and said.missing[0].startswith(lacks)


def test_deleted_score_files_are_named_by_recipe_target_and_seed(tmp_path):
    lost = [f"tiny/s{seed}/squad/xnli/xnli.json" for seed in (1, 2)] + ["tiny/s2/mnli/tatoeba.json"]
    said = verdict(tmp_path, written()["best-singles"], SINGLES, ("xnli", "tatoeba"), {}, drop=lost, n=20)
    assert said.standing == "missing" and said.missing == (
        "mnli on Tatoeba with seed 2",
        "squad on XNLI with seeds 1, 2",
    )


def test_a_part_may_contradict_a_claim_of_which_another_part_is_missing(tmp_path):
    claim, recipes, targets = written()["english-suffices"], ("mnli", "mlm+mnli"), ("xnli",)
    said = verdict(tmp_path / "a", claim, recipes, targets, {"mnli": 2, "mlm+mnli": 9})
    assert said.standing == "contradicted" and said.missing[0].startswith("a recipe like X@mt* beside X on XNLI")
    said = verdict(tmp_path / "b", claim, recipes, targets, {"mnli": 9, "mlm+mnli": 2})
    assert (said.standing, said.contrasts) == ("missing", ()) and said.missing
    assert "do not contradict it: mnli − mlm+mnli on XNLI is +7.0" in said.reason


def test_one_seed_that_is_left_is_enough(tmp_path):
    case = CASES["retrieval-gains"]
    said = verdict(
        tmp_path, written()["retrieval-gains"], *case["study"], case["supported"], drop=["tiny/s2/mnli/bucc.json"]
    )
    assert said.standing == "supported"


def test_the_average_is_xtremes_where_the_study_has_its_nine_targets(tmp_path):
    gains = {"mnli": 7, "squad": 8, "hellaswag": 7, "qqp": -2}
    said = verdict(tmp_path, written()["best-singles"], SINGLES[:4], SUITES["xtreme"], gains, seeds=(1,), n=100)
    assert all(one.what.endswith("on XTREME, other languages") for one in said.contrasts)
    (tmp_path / "few").mkdir()
    said = verdict(tmp_path / "few", written()["best-singles"], SINGLES[:4], ("xnli", "bucc"), gains, n=100)
    assert all(one.what.endswith("on the mean over 2 targets") for one in said.contrasts)


def test_a_gain_that_is_real_but_smaller_than_the_margin_is_none(tmp_path):
    claim = {"name": "mine", "says": "MNLI helps.", "gains": "every", "of": ["mnli"], "targets": ["xnli"]}
    how = {"recipes": ("mnli",), "targets": ("xnli",), "gains": {"mnli": 0.5}, "n": 2000, "shared": 1.0, "seeds": (1,)}
    said = verdict(tmp_path / "a", claim, **how)
    assert said.contrasts[0].effect.low > 0 and said.standing == "contradicted" and "below 1," not in said.reason
    assert said.reason.endswith(", below 1.")
    assert verdict(tmp_path / "b", {**claim, "margin": 0.2}, **how).standing == "supported"


def test_without_ccgbank_the_mixture_of_eight_is_meant(tmp_path):
    eight = "anli+cosmosqa+csqa+hellaswag+mnli+qqp+squad+squad2"
    gains = {"mnli": 6, "squad": 7, eight: 9}
    said = verdict(tmp_path, written()["together"], ("mnli", "squad", eight), ("xnli",), gains)
    assert said.standing == "supported" and said.contrasts[0].what.startswith(eight)


def test_everyone_equal_is_no_best(tmp_path):
    said = verdict(tmp_path, written()["best-singles"], SINGLES, ("xnli",), {}, scatter=0.05, n=2000, shared=0.999)
    assert said.standing == "contradicted" and "mean of the 2 others" in said.contrasts[0].what


MINE = """
qa-for-qa:
  says: SQuAD helps question answering more than MNLI does.
  beats: [[squad, mnli]]
  targets: [tydiqa, xquad]
  by: 2
"""


@pytest.mark.parametrize(
    ("gains", "standing"),
    [({"squad": 9, "mnli": 2}, "supported"), ({"squad": 3, "mnli": 5}, "contradicted")],
)
def test_a_claim_of_ones_own_is_one_more_entry(tmp_path, gains, standing):
    (tmp_path / "config").mkdir()
    file = ROOT / "config/claims.yaml"
    (tmp_path / "config/claims.yaml").write_text(file.read_text(encoding="utf-8") + MINE, encoding="utf-8")
    claim = written(tmp_path)["qa-for-qa"]
    said = verdict(tmp_path, claim, ("squad", "mnli"), ("tydiqa", "xquad"), gains)
    assert said.standing == standing and (said.published, said.source) == ("", "")
    assert "squad is ahead of mnli by 2 points" in said.reason and len(said.contrasts) == 2


def test_the_base_itself_may_be_ahead(tmp_path):
    claim = {"name": "harm", "says": "QQP hurts NER.", "beats": [["", "qqp"]], "targets": ["panx"]}
    said = verdict(tmp_path, claim, ("qqp",), ("panx",), {"qqp": -20})
    assert said.standing == "supported" and "none is ahead of qqp: none − qqp on NER is +20.0" in said.reason


def test_runs_that_learned_nothing_are_mentioned(tmp_path):
    claim = {"name": "harm", "says": "QQP hurts NER.", "beats": [["", "qqp"]], "targets": ["panx"]}
    said = verdict(tmp_path, claim, ("qqp",), ("panx",), {"qqp": -20}, degenerate=["tiny/s1/qqp"])
    assert said.reason.endswith(" (1 of these runs learned nothing).")


def test_recipes_are_found_by_their_path_whatever_the_study_calls_them(tmp_path):
    spec = study(("mnli", "squad"), ("xnli",), claims=[{"name": "c", "says": "s", "beats": [["squad", "mnli"]]}])
    spec = spec.model_copy(update={"recipes": {"none": "", "second": "squad", "first": "mnli"}})
    weigh(spec, tmp_path, lambda r, t, s: {"": 0.5, "mnli": 0.5, "squad": 0.6}[r])
    (said,) = compare(spec, read_scores(spec, tmp_path / "scores"), tmp_path, "").bases[0].verdicts
    assert said.standing == "supported" and said.contrasts[0].what.startswith("second − first on ")


# How often the rules are wrong.

RUNS = 2000


def drawn(rng, truths):
    """Comparisons as a study with a standard error of 1 would find them, that claim a gain with the margin 1."""
    return tuple(
        Comparison(f"{i}", Uncertain(truth + rng.normal(), 1.0, np.inf), 0.0, 1.0) for i, truth in enumerate(truths)
    )


@pytest.mark.parametrize(
    ("truths", "needed", "none", "wrong"),
    [
        ((0, 9, 9, 9), 4, False, "supported"),  # not every one gains
        ((1, 1, 1, 9), 4, False, "contradicted"),  # every one gains by what matters
        ((0, 0, 0, 9), 2, False, "supported"),  # one does, not two
        ((-9, -9, 1, 1), 2, False, "contradicted"),
        ((0, 0, 0, 0), 1, True, "contradicted"),  # none gains
        ((1, -9, -9, -9), 1, True, "supported"),  # one gains by what matters
    ],
)
def test_a_verdict_is_wrong_in_at_most_5_of_100_studies(truths, needed, none, wrong):
    rng = np.random.default_rng(0)
    said = [decide([Part(drawn(rng, truths), needed, "", none)]).standing for _ in range(RUNS)]
    assert said.count(wrong) / RUNS <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / RUNS)


def test_a_verdict_is_found_where_the_effect_is_large():
    rng = np.random.default_rng(1)
    standings = [decide([Part(drawn(rng, (9, 9, 9)), 3, "")]).standing for _ in range(100)]
    assert standings == ["supported"] * 100
    standings = [decide([Part(drawn(rng, (9, 9, -9)), 3, "")]).standing for _ in range(100)]
    assert standings == ["contradicted"] * 100


def test_parts_must_all_hold():
    rng = np.random.default_rng(2)
    good, bad, open_ = (Part(drawn(rng, (truth,)), 1, "") for truth in (20, -20, 0.5))
    assert decide([good, good]).standing == "supported"
    assert decide([good, bad]).standing == "contradicted" and decide([good, bad]).part is bad
    assert decide([good, open_]).standing == "not decided" and decide([good, open_]).part is open_
    assert decide([good], unknown=1).standing == "missing" and decide([bad], unknown=1).standing == "contradicted"


def equal_recipes(rng, seeds, recipes=10, targets=4):
    """A study in which no recipe differs from the baseline but by luck, of examples and of trainings."""
    names = ["none", *(f"r{i}" for i in range(recipes))]
    views = {}
    for target in range(targets):
        error = rng.normal(0, 0.5, size=(len(names), 1))
        luck = rng.normal(size=(len(names), seeds)) if seeds > 1 else 0.0
        point = 50 + error + luck
        draws = point + rng.normal(0, 0.5, size=(200, len(names), 1))
        views[str(target)] = Views(Samples(point, draws), None, None, None)
    views[MEAN] = average_of([*views.values()])
    runs = tuple(
        Run(recipe=name, target=target, seed=seed, node="", state="scored")
        for name in names
        for target in views
        for seed in range(seeds)
    )
    average = Average(name=MEAN, title="Mean", targets=tuple(views)[:-1])
    return Compared({name: name for name in names}, "none", tuple(range(seeds)), {}, (average,), views, runs)


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_best_of_ten_that_are_equal_gains_nothing(seeds):
    rng, runs = np.random.default_rng(3), 200
    naive, found = [], []
    for _ in range(runs):
        compared = equal_recipes(rng, seeds)
        average = compared.averages[0]
        views = [compared.views[name].everywhere.point.mean(axis=1) for name in average.targets]
        naive.append(np.mean([point[1:].max() - point[0] for point in views]))
        found.append(best_per_target(compared, tuple(compared.recipes)[1:], average.targets, MEAN))
    values = [one.value for one in found]
    assert np.mean(naive) > 0.7, "what choosing and reporting by the same figures would call a gain"
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(runs)
    held = np.mean([one.interval()[0] <= 0 <= one.interval()[1] for one in found])
    assert 0.90 <= held <= 0.99


def test_the_best_is_found_where_it_stands_out():
    point = np.array([[50.0, 51.0], [60.0, 62.0], [40.0, 41.0]])
    draws = point + np.random.default_rng(4).normal(size=(500, 3, 1))
    found = chosen_arm(Samples(point, draws), [0, 1, 2])
    assert found.point[0] == pytest.approx([60.0, 62.0], abs=0.2)
    assert found.draws[:, 0].std(axis=0) == pytest.approx(draws[:, 1].std(axis=0), rel=0.1)
