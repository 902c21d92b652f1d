"""Figures against the same figures computed here from the statistics, by other means; and what is missing."""

import json

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from study_of_dice import dice_spec, write_scores

from xstilts.errors import UserError
from xstilts.report.compare import compare
from xstilts.report.contrast import holm
from xstilts.report.findings import MEAN, Findings
from xstilts.report.scores import read_scores
from xstilts.score import read_statistics

ALL, OTHERS = ("en", "qla", "qlb"), ("qla", "qlb")


def found_in(folder, spec=None):
    spec = spec or dice_spec()
    return compare(spec, read_scores(spec, folder), folder.parent / "checkpoints", "c0de")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_scores(dice_spec(), tmp_path_factory.mktemp("dice") / "scores")


@pytest.fixture(scope="module")
def findings(folder):
    return found_in(folder)


@pytest.fixture(scope="module")
def found(findings):
    (only,) = findings.bases
    return only


def by_hand(folder, recipe, target, languages, seeds=(1, 2)):
    """Mean over seeds of the unweighted mean over languages, from the statistics."""
    cells = [c for c in dice_spec().cells if (c.recipe, c.target) == (recipe, target) and c.seed in seeds]
    files = [read_statistics(folder / cell.node / f"{target}.parquet", "test").languages for cell in cells]
    rates = [
        [100 * file[code][:, 0].sum() / file[code][:, 1].sum() for code in languages if code in file] for file in files
    ]
    return np.mean([np.mean(rate) for rate in rates])


@pytest.mark.parametrize("recipe", dice_spec().recipes)
@pytest.mark.parametrize("target", dice_spec().targets)
def test_means_and_differences_are_those_of_the_statistics(found, folder, recipe, target):
    outcome = found.outcome(recipe, target)
    assert outcome.score.value == pytest.approx(by_hand(folder, recipe, target, ALL))
    assert outcome.others.value == pytest.approx(by_hand(folder, recipe, target, OTHERS))
    assert np.mean(list(outcome.by_seed.values())) == pytest.approx(outcome.score.value)
    if target == "tatoeba":
        assert outcome.english is None and outcome.gap is None and outcome.gain_english is None
    else:
        english = by_hand(folder, recipe, target, ("en",))
        assert outcome.english.value == pytest.approx(english)
        assert outcome.gap.value == pytest.approx(english - outcome.others.value)
    if recipe == "none":
        assert outcome.gain is None and outcome.gain_others is None and outcome.gap_change is None
    else:
        for gain, languages in ((outcome.gain, ALL), (outcome.gain_others, OTHERS)):
            expected = by_hand(folder, recipe, target, languages) - by_hand(folder, "none", target, languages)
            assert gain.value == pytest.approx(expected)
            assert gain.low < gain.value < gain.high
            assert gain.p <= gain.holm


def test_the_mean_over_targets_is_unweighted(found, folder):
    for recipe in dice_spec().recipes:
        expected = np.mean([by_hand(folder, recipe, target, ALL) for target in dice_spec().targets])
        assert found.outcome(recipe, MEAN).score.value == pytest.approx(expected)


def test_the_gap_of_a_mean_is_that_of_targets_with_english(found):
    for recipe in dice_spec().recipes:
        gaps = [found.outcome(recipe, target).gap.value for target in ("xnli", "xcopa")]
        assert found.outcome(recipe, MEAN).gap.value == pytest.approx(np.mean(gaps))


def test_languages_are_those_of_the_records(found, folder):
    """The rows that `score_target` wrote and the figures computed anew agree."""
    rows = json.loads((folder / "tiny/tatoeba.json").read_text())["rows"]
    values = {row["language"]: row["value"] for row in rows if row["metric"] == "score"}
    assert {code: found.language("none", "tatoeba", code).score.value for code in values} == pytest.approx(values)


def test_corrections_are_over_all_recipes_and_targets_and_on_the_mean_over_recipes(found):
    spec = dice_spec()
    others = [recipe for recipe in spec.recipes if recipe != spec.baseline]
    cells = [found.outcome(recipe, target).gain for recipe in others for target in spec.targets]
    assert [gain.holm for gain in cells] == pytest.approx(holm([gain.p for gain in cells]))
    means = [found.outcome(recipe, MEAN).gain for recipe in others]
    assert [gain.holm for gain in means] == pytest.approx(holm([gain.p for gain in means]))


def test_the_answer_is_the_recipe_with_the_largest_gain(found):
    assert found.answer.recipe == "mnli"
    assert found.answer.gain == found.outcome("mnli", MEAN).gain
    assert found.answer.gain.significant == 1
    assert found.outcome("squad", MEAN).gain.significant == 0


def test_a_target_shows_english_first_and_what_guessing_scores(found):
    xnli, xcopa, tatoeba = found.targets
    assert list(xnli.languages.items()) == [("en", 60), ("qla", 60), ("qlb", 60)]
    assert (xnli.chance, xcopa.chance) == (100 / 3, None)
    assert (xnli.trained, tatoeba.trained) == (True, False)


def test_the_99_per_cent_interval_is_the_wider_one(found):
    outcome = found.outcome("mnli", "xnli")
    assert outcome.others_99[0] < outcome.others.low < outcome.others.high < outcome.others_99[1]


def test_an_untouched_base_is_its_own_match_with_every_seed(found):
    assert len(set(found.outcome("none", "tatoeba").by_seed.values())) == 1
    assert len(set(found.outcome("mnli", "tatoeba").by_seed.values())) == 2


def test_findings_are_the_same_from_their_file(findings, tmp_path):
    file = tmp_path / "findings.json"
    file.write_text(findings.model_dump_json())
    assert Findings.read(file) == findings
    file.write_text(file.read_text()[:1000])
    with pytest.raises(UserError, match="holds no findings"):
        Findings.read(file)


def test_equal_scores_give_equal_findings(findings, folder):
    assert found_in(folder).model_dump_json() == findings.model_dump_json()


def test_the_baseline_alone_has_no_answer(tmp_path):
    spec = dice_spec(recipes=("none",), seeds=(1,))
    (found,) = found_in(write_scores(spec, tmp_path / "scores"), spec).bases
    assert found.answer is None


def test_unequal_numbers_of_examples_are_named(tmp_path):
    spec = dice_spec(seeds=(1,))
    (found,) = found_in(write_scores(spec, tmp_path / "scores", {("tiny/s1/mnli/xnli", "xnli"): 50}), spec).bases
    assert found.targets[0].unpaired == ("en", "qla", "qlb")
    assert found.targets[1].unpaired == ()


@pytest.mark.parametrize("suffix", ["json", "parquet"])
@pytest.mark.parametrize("cell", dice_spec(seeds=(1, 2)).cells, ids=lambda c: f"{c.recipe}-{c.target}-{c.seed}")
def test_any_missing_score_file_is_told_and_everything_else_stands(tmp_path, found, cell, suffix):
    spec = dice_spec()
    folder = write_scores(spec, tmp_path / "scores")
    (folder / cell.node / f"{cell.target}.{suffix}").unlink()
    (left,) = found_in(folder, spec).bases
    gone = {(run.recipe, run.target, run.seed) for run in left.missing}
    assert (cell.recipe, cell.target, cell.seed) in gone
    shared = {(c.recipe, c.target, c.seed) for c in spec.cells if (c.node, c.target) == (cell.node, cell.target)}
    assert gone == shared, "an untouched base is one evaluation for all seeds"
    for outcome in left.outcomes:
        whole = found.outcome(outcome.recipe, outcome.target)
        lacking = {
            seed for recipe, target, seed in gone if recipe == outcome.recipe and target in left_of(left, outcome)
        }
        assert set(outcome.seeds) == set(whole.seeds) - lacking
        assert (outcome.score is None) == (not outcome.seeds)
        if not lacking:
            assert outcome.score.value == pytest.approx(whole.score.value)


def left_of(found, outcome):
    """Targets that an outcome is made of."""
    return next((one.targets for one in found.averages if one.name == outcome.target), (outcome.target,))


def test_with_a_run_missing_a_difference_is_between_the_seeds_that_both_have(tmp_path):
    spec = dice_spec()
    folder = write_scores(spec, tmp_path / "scores")
    (folder / "tiny/s2/mnli/xnli/xnli.json").unlink()
    (found,) = found_in(folder, spec).bases
    gain = found.outcome("mnli", "xnli").gain
    expected = by_hand(folder, "mnli", "xnli", ALL, [1]) - by_hand(folder, "none", "xnli", ALL, [1])
    assert gain.value == pytest.approx(expected)


def test_a_study_without_any_score_is_all_missing(tmp_path):
    (found,) = found_in(tmp_path / "scores").bases
    assert len(found.missing) == len(found.runs)
    assert all(outcome.score is None for outcome in found.outcomes)
    assert found.answer is None and [target.title for target in found.targets] == ["XNLI", "XCOPA", "Tatoeba"]


def test_degenerate_runs_are_named_and_counted(tmp_path):
    spec = dice_spec()
    (found,) = found_in(write_scores(spec, tmp_path / "scores", degenerate=["tiny/s2/mnli"]), spec).bases
    assert {(run.recipe, run.seed) for run in found.degenerate} == {("mnli", 2), ("squad", 2)}
    assert all(run.lost == ("tiny/s2/mnli",) for run in found.degenerate)
    assert found.outcome("mnli", "xnli").seeds == (1, 2), "never dropped"


def test_a_new_recipe_changes_what_it_must(tmp_path, found):
    """Scores, gains and their p without the others stay; what all recipes tell together may move."""
    spec = dice_spec(recipes=("none", "mnli"))
    (fewer,) = found_in(write_scores(spec, tmp_path / "scores"), spec).bases
    for outcome in fewer.outcomes:
        more = found.outcome(outcome.recipe, outcome.target)
        assert more.by_seed == outcome.by_seed
        assert more.score.value == pytest.approx(outcome.score.value)


def test_the_command_keeps_names_in_one_piece():
    spec = dice_spec(world="my world")
    assert spec.command("a b") == "snakemake 'a b' --config 'world=my world' study=dice -c2"
    elsewhere = spec.model_copy(update={"results": "/data/x"})
    assert elsewhere.command() == "snakemake --config 'world=my world' study=dice results=/data/x -c2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:50], "is no record of scores"),
        (lambda text: text.replace('"rows"', '"lines"'), "is no record of scores"),
        (lambda text: text.replace('"task": "xnli"', '"task": "xcopa"'), "holds the scores of tiny/s1/xnli on xcopa"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, change, said):
    spec = dice_spec()
    folder = write_scores(spec, tmp_path / "scores")
    file = folder / "tiny/s1/xnli/xnli.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(UserError, match=said):
        read_scores(spec, folder)


def test_scores_in_different_languages_are_not_averaged(tmp_path):
    spec = dice_spec(seeds=(1,))
    folder = write_scores(spec, tmp_path / "scores")
    file = folder / "tiny/s1/mnli/xnli/xnli.parquet"
    table = pq.read_table(file)
    pq.write_table(table.filter(pc.not_equal(table["language"], "qlb")), file)
    with pytest.raises(UserError, match="different languages on xnli"):
        found_in(folder, spec)
