"""Published figures beside ours: of the same model, read in the same way, or it is said."""

from __future__ import annotations

from statistics import fmean
from types import SimpleNamespace

import pytest

from xstilts.published import AVERAGE, MEAN, published
from xstilts.report.published import comparisons, sources
from xstilts.scores import Row
from xstilts.specs import Cell, ReportSpec, TargetSpec
from xstilts.tasks import BENCHMARKS, TASKS

LARGE = "FacebookAI/xlm-roberta-large"
NINE = BENCHMARKS["xtreme"].targets
PHANG = "phang-2020-retrieval"


def study(hub=LARGE, recipes=("none",), targets=("tatoeba",), seeds=(1,)):
    return ReportSpec(
        study="baseline",
        world="real",
        asks="?",
        baseline="none",
        bases=("large",),
        seeds=seeds,
        recipes={name: "" if name == "none" else name for name in recipes},
        targets={name: TargetSpec(title=TASKS[name].title, stage=None) for name in targets},
        hubs={"large": hub},
    )


def evaluated(values, target="tatoeba", splits=("test",), recipe="none", seed=1, layer=14, pooling="mean"):
    """A cell and its score; `values` by language, or by language and metric."""
    common = {"n": 9, "interval_95": (0, 1), "interval_99": (0, 1)}
    rows = [
        Row(language=code, metric=metric, split=split, value=value, **common)
        for code, given in values.items()
        for metric, value in (given if isinstance(given, dict) else {"accuracy": given}).items()
        for split in splits
    ]
    rows += [row.model_copy(update={"layer": 3, "value": -1.0}) for row in rows]  # not to be taken for those
    cell = Cell(base="large", seed=seed, recipe=recipe, target=target, node="large")
    spec = SimpleNamespace(languages=tuple(values), splits=splits)
    pooled = {"layer": layer, "layers": 24, "pooling": pooling} if TASKS[target].stage is None else {"pooling": None}
    return {cell: SimpleNamespace(record=SimpleNamespace(spec=spec, rows=rows, **pooled))}


def lines(spec, scores, source=PHANG):
    """By recipe, target, language and metric."""
    found = [one for one in comparisons(spec, "large", scores) if one.source == source]
    by_key = {(one.recipe, one.target, one.language, one.metric): one for one in found}
    assert len(by_key) == len(found)
    return by_key


@pytest.mark.parametrize("hub", [LARGE, None])
def test_paper_ours_and_difference(hub):
    found = lines(study(hub), evaluated({"de": 70.0, "sw": 5.0}))
    one = {code: found["none", "tatoeba", code, "accuracy"] for code in ("de", "sw", "fr", MEAN)}
    assert (one["de"].published, one["de"].ours, one["de"].certainty) == (63.9, 70.0, "published")
    assert one["de"].difference == pytest.approx(6.1) and one["sw"].difference == pytest.approx(-2.9)
    assert one["fr"].ours is None and one["fr"].difference is None
    assert one[MEAN].published == pytest.approx(35.9) and one[MEAN].ours == 37.5, "over what both have"


def test_another_model_is_not_compared_and_it_is_said():
    spec, scores = study("google-bert/bert-base-multilingual-cased"), evaluated({"de": 70.0})
    assert comparisons(spec, "large", scores) == ()
    assert all("another model" in one.notes[0] for one in sources(spec, scores))


def test_generated_languages_are_not_compared_and_it_is_said():
    spec, scores = study(None, targets=("xnli",)), evaluated({"en": 70.0, "qla": 50.0}, "xnli")
    assert comparisons(spec, "large", scores) == ()
    assert {one.notes for one in sources(spec, scores)} == {
        ("The languages of this study are generated: there is nothing to compare.",)
    }


def test_before_anything_is_evaluated_nothing_is_compared():
    assert comparisons(study(), "large", {}) == ()


def notes(spec, scores, source=PHANG):
    (found,) = [one for one in sources(spec, scores) if one.name == source]
    return found.notes


def test_another_way_of_reading_is_said():
    assert notes(study(), evaluated({"de": 70.0})) == ()
    said = notes(study(), evaluated({"de": 70.0}, layer=20, pooling="cls"))
    assert said == ("Tatoeba was read at block 20 of 24, cls, not block 14 of 24, mean.",)
    assert "comes from a folder" in notes(study(None), evaluated({"de": 70.0}))[0]


def test_what_is_known_of_their_retrieval_is_said_where_there_is_retrieval():
    assert "read elsewhere" in notes(study(), evaluated({"de": 70.0}), "xtreme-test")[-1]
    assert notes(study(targets=("xnli",)), complete("xnli", {"accuracy": 80.0}), "xtreme-test") == ()


def complete(target, values, **how):
    """All languages of a target alike."""
    return evaluated(dict.fromkeys(TASKS[target].languages, values), target, **how)


def test_their_dev_figures_are_held_against_ours_of_dev_where_there_are_some():
    scores = complete("bucc", {"f1": 70.0}, splits=("dev", "test")) | complete("xnli", {"accuracy": 80.0})
    said = notes(study(targets=("bucc", "xnli")), scores, "phang-2020-dev")
    assert said == ("Of XNLI theirs are figures of dev, ours of test.",)


def test_gains_are_differences_to_the_base_with_the_same_seeds():
    spec = study(recipes=("none", "squad"), targets=("xquad",), seeds=(1, 2, 3))
    scores = {}
    for seed, base, squad in ((1, 60.0, 63.0), (2, 62.0, 66.0), (3, None, 99.0)):
        if base:
            scores |= complete("xquad", {"f1": base, "em": base - 10}, recipe="none", seed=seed)
        scores |= complete("xquad", {"f1": squad, "em": squad - 9}, recipe="squad", seed=seed)
    found = lines(spec, scores, "phang-2020-dev")
    f1, em = (found["squad", "xquad", MEAN, metric] for metric in ("f1", "em"))
    assert f1.gain and (f1.published, f1.ours, f1.certainty) == (1.8, pytest.approx(3.5), "recalled")
    assert (em.published, em.ours) == (2.5, pytest.approx(4.5))
    level = found["none", "xquad", MEAN, "f1"]
    assert not level.gain and (level.published, level.ours) == (76.1, 61.0)


def test_the_average_is_over_the_nine_targets():
    spec = study(recipes=("none", "mnli"), targets=NINE)
    scores = {}
    for i, target in enumerate(NINE):
        scores |= complete(target, {"score": 50.0}) | complete(target, {"score": 50.0 + i}, recipe="mnli")
    one = lines(spec, scores, "phang-2020-dev")["mnli", "(XTREME)", MEAN, "score"]
    assert (one.published, one.ours) == (7.5, pytest.approx(4.0))
    scores.popitem()
    assert lines(spec, scores, "phang-2020-dev")["mnli", "(XTREME)", MEAN, "score"].ours is None


def test_a_mean_over_other_languages_is_not_compared_and_it_is_said():
    spec, scores = study(targets=("xnli",)), evaluated({"en": 88.0, "de": 80.0}, "xnli")
    assert lines(spec, scores, "xtreme-test")["none", "xnli", MEAN, "accuracy"].ours is None
    assert any("not all of their languages" in note for note in notes(spec, scores, "xtreme-test"))
    by_language = lines(spec, scores, "xtreme-languages")
    assert by_language["none", "xnli", "de", "accuracy"].difference == pytest.approx(-2.5)
    assert by_language["none", "xnli", MEAN, "accuracy"].published == pytest.approx((88.7 + 82.5) / 2)


def test_languages_without_their_dev_data_are_left_out_of_the_mean():
    values = {code: {"f1": 0.0 if code in ("kk", "th", "tl", "yo") else 80.0} for code in TASKS["udpos"].languages}
    found = lines(study(targets=("udpos",)), evaluated(values, "udpos"), "phang-2020-dev")
    assert found["none", "udpos", MEAN, "f1"].ours == 80.0


# The figures themselves.


def test_every_figure_is_of_a_target_and_language_that_there_is():
    for source in published().values():
        assert source.text and source.title and source.figures
        for one in source.figures:
            known = () if one.target == AVERAGE else TASKS[one.target].languages
            assert one.language == MEAN or one.language in known
            assert -100 <= one.value <= 100 and (one.gain or one.value >= 0)
            assert one.certainty in ("published", "recalled")


def figures(source, gain):
    """By recipe, target and language: the mean over metrics."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for one in published()[source].figures:
        if one.gain == gain:
            found.setdefault((one.recipe, one.target, one.language), []).append(one.value)
    return {key: fmean(values) for key, values in found.items()}


def test_the_means_of_the_pull_request_are_the_papers_baseline():
    by_language, baseline = figures(PHANG, False), figures("phang-2020-dev", False)
    for target in ("bucc", "tatoeba"):
        values = [value for (_, name, _), value in by_language.items() if name == target]
        assert len(values) == len(TASKS[target].languages)
        assert fmean(values) == pytest.approx(baseline["", target, MEAN], abs=0.05)


def test_the_rows_of_the_main_table_recompute_to_their_means():
    gains = figures("phang-2020-dev", True)
    recipes = dict.fromkeys(recipe for recipe, *_ in gains)
    assert len(recipes) == 10
    for recipe in recipes:
        row = fmean(gains[recipe, target, MEAN] for target in NINE)
        assert row == pytest.approx(gains[recipe, AVERAGE, MEAN], abs=0.1), recipe


@pytest.mark.parametrize("source", ["phang-2020-test", "xtreme-test"])
def test_test_rows_recompute_to_their_means(source):
    row = figures(source, False)
    assert fmean(row["", target, MEAN] for target in NINE) == pytest.approx(row["", AVERAGE, MEAN], abs=0.06)


def test_xtremes_figures_by_language_recompute_to_those_of_the_leaderboard():
    by_language = {}
    for one in published()["xtreme-languages"].figures:
        by_language.setdefault((one.target, one.metric), {})[one.language] = one.value
    leaderboard = {(one.target, one.metric): one for one in published()["xtreme-test"].figures}
    assert len(by_language) == 8 + 3, "all but Tatoeba; F1 and EM of question answering"
    for (target, metric), values in by_language.items():
        assert set(values) == set(TASKS[target].languages)
        assert fmean(values.values()) == pytest.approx(leaderboard[target, metric].value, abs=0.06), (target, metric)


def test_what_of_the_leaderboard_was_read_is_published():
    certain = {one.target: one.certainty for one in published()["xtreme-test"].figures}
    assert {target for target, how in certain.items() if how == "recalled"} == {"bucc", "tatoeba", AVERAGE}
