"""Figures against the same figures computed here from the statistics, by other means."""

import json

import numpy as np
import pytest
from study_of_dice import dice_spec, write_scores

from xstilts.errors import UserError
from xstilts.report.findings import find
from xstilts.report.scores import command, read_scores
from xstilts.score import read_statistics


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_scores(dice_spec(), tmp_path_factory.mktemp("dice") / "scores")


@pytest.fixture(scope="module")
def found(folder):
    (only,) = find(dice_spec(), read_scores(dice_spec(), folder))
    return only


def by_hand(folder, recipe, target, languages):
    """Mean over seeds of the unweighted mean over languages, from the statistics."""
    cells = [cell for cell in dice_spec().cells if (cell.recipe, cell.target) == (recipe, target)]
    files = [read_statistics(folder / cell.node / f"{target}.parquet", "test").languages for cell in cells]
    rates = [
        [100 * file[code][:, 0].sum() / file[code][:, 1].sum() for code in languages if code in file] for file in files
    ]
    return np.mean([np.mean(rate) for rate in rates])


ALL, OTHERS = ("en", "qla", "qlb"), ("qla", "qlb")


@pytest.mark.parametrize("recipe", dice_spec().recipes)
@pytest.mark.parametrize("target", dice_spec().targets)
def test_means_and_differences_are_those_of_the_statistics(found, folder, recipe, target):
    outcome = found.outcomes[recipe, target]
    assert outcome.everywhere.value == pytest.approx(by_hand(folder, recipe, target, ALL))
    assert outcome.others.value == pytest.approx(by_hand(folder, recipe, target, OTHERS))
    assert np.mean(outcome.seeds) == pytest.approx(outcome.everywhere.value)
    if target == "tatoeba":
        assert outcome.english is None
    else:
        assert outcome.english.value == pytest.approx(by_hand(folder, recipe, target, ("en",)))
    if recipe == "none":
        assert outcome.gain is None and outcome.gain_others is None
    else:
        for gain, languages in ((outcome.gain, ALL), (outcome.gain_others, OTHERS)):
            expected = by_hand(folder, recipe, target, languages) - by_hand(folder, "none", target, languages)
            assert gain.value == pytest.approx(expected)
            assert gain.low < gain.value < gain.high


def test_the_mean_over_targets_is_unweighted(found, folder):
    for recipe, outcome in found.means.items():
        expected = np.mean([by_hand(folder, recipe, target, ALL) for target in dice_spec().targets])
        assert outcome.everywhere.value == pytest.approx(expected)


def test_the_answer_is_the_recipe_with_the_largest_gain(found):
    assert found.answer.recipe == "mnli"
    assert found.answer.gain == found.means["mnli"].gain
    assert found.answer.gain.sign == 1
    assert found.means["squad"].gain.sign == 0


def test_a_target_shows_english_first_and_what_guessing_scores(found):
    xnli, xcopa, tatoeba = found.targets
    assert list(xnli.examples.items()) == [("en", 60), ("qla", 60), ("qlb", 60)]
    assert (xnli.chance, xnli.chance_known) == (100 / 3, True)
    assert (xcopa.chance, xcopa.chance_known) == (0.0, False)
    assert (xnli.trained, tatoeba.trained) == (True, False)


def test_the_99_per_cent_interval_is_the_wider_one(found):
    outcome = found.outcomes["mnli", "xnli"]
    assert outcome.others_99.low < outcome.others.low < outcome.others.high < outcome.others_99.high


def test_an_untouched_base_is_its_own_match_with_every_seed(found):
    assert len(set(found.outcomes["none", "tatoeba"].seeds)) == 1
    assert len(set(found.outcomes["mnli", "tatoeba"].seeds)) == 2


def test_the_baseline_alone_has_no_answer(tmp_path):
    spec = dice_spec(recipes=("none",), seeds=(1,))
    (found,) = find(spec, read_scores(spec, write_scores(spec, tmp_path / "scores")))
    assert found.answer is None


def test_unequal_numbers_of_examples_are_named(tmp_path):
    spec = dice_spec(seeds=(1,))
    folder = write_scores(spec, tmp_path / "scores", {("tiny/s1/mnli/xnli", "xnli"): 50})
    (found,) = find(spec, read_scores(spec, folder))
    assert found.targets[0].unpaired == ("en", "qla", "qlb")
    assert found.targets[1].unpaired == ()


@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_a_missing_score_file_is_named_with_what_makes_it(tmp_path, suffix):
    spec = dice_spec()
    folder = write_scores(spec, tmp_path / "scores")
    missing = folder / f"tiny/s2/mnli/squad/xcopa/xcopa.{suffix}"
    missing.unlink()
    with pytest.raises(UserError) as error:
        read_scores(spec, folder)
    assert str(missing) in str(error.value)
    assert command(spec, str(missing)) in str(error.value)


def test_the_command_keeps_names_in_one_piece():
    spec = dice_spec(world="my world")
    assert command(spec, "a b") == "snakemake 'a b' --config 'world=my world' study=dice -c2"


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
    scores = read_scores(spec, folder)
    cell = next(cell for cell in scores if cell.recipe == "mnli")
    del scores[cell].statistics["qlb"]
    with pytest.raises(UserError, match="different languages on xnli"):
        find(spec, scores)


def test_records_say_their_own_values(found, folder):
    """The rows that `score_target` wrote and the figures computed anew agree."""
    rows = json.loads((folder / "tiny/tatoeba.json").read_text())["rows"]
    values = {row["language"]: row["value"] for row in rows if row["metric"] == "score"}
    assert {code: found.languages["none", "tatoeba", code] for code in values} == pytest.approx(values)
