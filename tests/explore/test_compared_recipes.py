"""compare against the report: the same estimates, for any two recipes."""

import pytest

from xstilts.errors import UserError
from xstilts.explore.compare import compare
from xstilts.explore.figures import Wanted
from xstilts.explore.pivot import pivot
from xstilts.report.compare import compare as report


def by_name(listing):
    names = [column.name for column in listing.columns]
    return [dict(zip(names, row, strict=True)) for row in listing.rows]


def reported(results, folder, baseline="none"):
    """The report's findings, were this recipe the baseline."""
    (base,) = report(results.spec.model_copy(update={"baseline": baseline}), results.scores, folder, "").bases
    return base


@pytest.mark.parametrize("study", ["whole", "partial"])
@pytest.mark.parametrize(("one", "other"), [("mnli", "none"), ("squad", "none"), ("squad", "mnli"), ("none", "squad")])
def test_a_difference_is_what_the_report_says_of_it(study, one, other, request, tmp_path):
    results = request.getfixturevalue(study)
    base = reported(results, tmp_path, baseline=other)
    found = by_name(compare(results, one, other, Wanted()))
    assert [row["target"] for row in found] == ["xnli", "xcopa", "tatoeba", *(one.name for one in base.averages)]
    for row in found:
        gain = base.outcome(one, row["target"]).gain
        if gain is None:
            assert row["difference"] is row["low"] is row["high"] is row["p"] is None
            continue
        assert [row["difference"], row["low"], row["high"], row["p"]] == [gain.value, gain.low, gain.high, gain.p]
        assert row[one] - row[other] == pytest.approx(gain.value)


@pytest.mark.parametrize("study", ["whole", "partial"])
def test_so_is_one_in_a_language(study, request, tmp_path):
    results = request.getfixturevalue(study)
    base = reported(results, tmp_path)
    found = by_name(compare(results, "mnli", "none", Wanted(), by_language=True))
    assert len(found) == 3 + 3 + 2
    for row in found:
        gain = base.language("mnli", row["target"], row["language"]).gain
        assert [row["difference"], row["low"], row["high"], row["p"]] == [gain.value, gain.low, gain.high, gain.p]


def test_filters_leave_the_estimates_as_they_are(whole):
    every = {(row["target"], row["language"]): row for row in by_name(compare(whole, "mnli", "squad", Wanted(), True))}
    some = by_name(compare(whole, "mnli", "squad", Wanted(target=("xcopa",), language=("qla", "en")), True))
    assert [(row["target"], row["language"]) for row in some] == [("xcopa", "en"), ("xcopa", "qla")]
    assert all(row == every[row["target"], row["language"]] for row in some)
    targets = by_name(compare(whole, "mnli", "squad", Wanted(target=("xcopa", "xnli"))))
    assert [row["target"] for row in targets] == ["xnli", "xcopa"]  # no mean, which the report would not know


def test_scores_are_of_the_seeds_that_both_have(partial):
    table = pivot(partial, Wanted(target=("xnli",), seed=(2,)), "recipe", "target")
    means = {row[0]: row[1].value for row in table.rows}
    (row,) = by_name(compare(partial, "mnli", "none", Wanted(target=("xnli",))))
    assert row["seeds"] == 1 and (row["mnli"], row["none"]) == pytest.approx((means["mnli"], means["none"]))


def test_where_no_seed_has_both_there_is_a_hole_that_is_explained(partial):
    for name in ("tiny/s2/mnli/xnli/xnli",):
        (partial.folder / f"{name}.json").unlink()
    kept = {cell: score for cell, score in partial.scores.items() if (cell.recipe, cell.target) != ("mnli", "xnli")}
    listing = compare(type(partial)(partial.spec, kept, partial.folder, partial.overrides), "mnli", "none", Wanted())
    rows = {row["target"]: row for row in by_name(listing)}
    assert rows["xnli"]["difference"] is None and rows["(mean)"]["p"] is None and rows["xcopa"]["p"] is not None
    assert "- there is no seed with which both have all evaluations" in listing.notes


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("mnli", "sqad"), "there is no recipe 'sqad' (did you mean 'squad'?)"),
        (("mnli", "mnli"), "'mnli' differs from itself by nothing: name two recipes"),
    ],
)
def test_two_recipes_are_asked_for(whole, names, said):
    with pytest.raises(UserError) as error:
        compare(whole, *names, Wanted())
    assert said in str(error.value)


def test_a_language_that_no_test_has_is_an_error(whole):
    with pytest.raises(UserError, match="there is no language 'qlz'"):
        compare(whole, "mnli", "none", Wanted(language=("qlz",)), by_language=True)
