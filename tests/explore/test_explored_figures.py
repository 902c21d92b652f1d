"""show, pivot and best against the score files themselves, read here by other means."""

import itertools
import json
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.errors import UserError
from xstilts.explore.best import best
from xstilts.explore.figures import Wanted
from xstilts.explore.listing import Marked
from xstilts.explore.pivot import APART, DIMENSIONS, pivot
from xstilts.explore.show import show
from xstilts.report.compare import compare

RECIPES = {"": "none", "mnli": "mnli", "mnli/squad": "squad"}


def bare(value):
    return value.value if isinstance(value, Marked) else value


def rows_of(results):
    """Headline figures, as plain dictionaries from the JSON files; an untouched base's for every seed."""
    found = []
    for path in sorted(results.folder.rglob("*.json")):
        record = json.loads(path.read_text())
        spec = record["spec"]
        for row, seed in itertools.product(record["rows"], [spec["seed"]] if spec["seed"] else [1, 2, 3]):
            place = {"base": spec["base"], "recipe": RECIPES[spec["recipe"]], "target": spec["task"], "seed": seed}
            found.append(place | row)
    return found


def of_show(listing):
    names = [column.name for column in listing.columns]
    return {tuple(map(str, row[:8])): dict(zip(names, row, strict=True)) for row in listing.rows}


# show -----------------------------------------------------------------------------------------------------------------
def test_show_has_the_headline_figure_of_every_evaluation(partial):
    expected = {
        tuple(
            str(row[name]) for name in ("base", "recipe", "target", "language", "seed", "split", "metric", "layer")
        ): row
        for row in rows_of(partial)
        if row["metric"] == "score"
    }
    found = of_show(show(partial, Wanted(), csv=True))
    assert set(found) == set(expected) and len(expected) == 9 * (3 + 3 + 2) - 2 * 3 - 3 - 2
    for key, row in found.items():
        assert (row["value"], row["n"]) == (expected[key]["value"], expected[key]["n"])
        assert [row["low"], row["high"]] == expected[key]["interval_95"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"recipe": ("mnli",), "target": ("xnli", "tatoeba")},
        {"language": ("qla",), "seed": (2, 3)},
        {"metric": ("accuracy",), "target": ("xnli",)},
        {"metric": ("accuracy_centred",), "target": ("tatoeba",)},
    ],
)
def test_filters_keep_the_rows_that_they_name(whole, wanted):
    wanted = {"metric": ("score",)} | wanted
    expected = [row for row in rows_of(whole) if all(row[kind] in some for kind, some in wanted.items())]
    found = show(whole, Wanted(**wanted), csv=True)
    assert len(found.rows) == len(expected) > 0
    assert sorted(row[8] for row in found.rows) == sorted(row["value"] for row in expected)


def test_what_is_the_same_in_all_rows_is_said_once_on_a_screen(whole):
    listing = show(whole, Wanted(target=("xnli",), language=("en",)))
    assert listing.title == "base tiny, target xnli, language en, split test, metric score"
    assert [column.name for column in listing.columns] == ["recipe", "seed", "value", "low", "high", "n", "degenerate"]
    lost = {(row[0], row[1]) for row in listing.rows if row[-1] == "yes"}
    assert lost == {("squad", 2)}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"recipe": ("mnil",)}, "there is no recipe 'mnil' (did you mean 'mnli'?); there are: none, mnli, squad"),
        ({"target": ("tatoba",)}, "did you mean 'tatoeba'?"),
        ({"language": ("qlx",)}, "there is no language 'qlx'"),
        ({"metric": ("acuracy",)}, "did you mean 'accuracy'?"),
        ({"split": ("tset",)}, "did you mean 'test'?"),
        ({"seed": (7,)}, "there is no seed '7'; there are: 1, 2, 3"),
        ({"base": ("narow",)}, "there is no base 'narow'"),
    ],
)
def test_a_misspelt_name_is_an_error_that_says_which_was_meant(whole, wanted, said):
    with pytest.raises(UserError) as error:
        show(whole, Wanted(**wanted))
    assert said in str(error.value)


def test_where_nothing_is_there_yet_the_error_says_so(partial):
    with pytest.raises(UserError, match=r"nothing of this is there yet below .*`missing` says what makes it"):
        show(partial, Wanted(recipe=("mnli",), target=("xnli",), seed=(1,)))


# pivot ----------------------------------------------------------------------------------------------------------------
def test_a_study_by_hand(partial):
    """mnli on xnli is there with seed 2 alone; squad with seed 2 neither on xcopa nor on tatoeba."""
    listing = pivot(partial, Wanted(), "recipe", "target")
    assert [column.name for column in listing.columns] == ["recipe", "xnli", "xcopa", "tatoeba", "(mean)"]
    values = defaultdict(dict)
    for row in rows_of(partial):
        if row["metric"] == "score":
            values[row["recipe"], row["target"], row["seed"]][row["language"]] = row["value"]
    means = {key: np.mean(list(languages.values())) for key, languages in values.items()}
    targets = ("xnli", "xcopa", "tatoeba")
    for recipe, *cells in listing.rows:
        for target, cell in zip(targets, cells, strict=False):
            there = [means[recipe, target, seed] for seed in (1, 2, 3) if (recipe, target, seed) in means]
            assert cell.value == pytest.approx(np.mean(there)) and ("*" in cell.mark) == (len(there) < 3)
        seeds = [seed for seed in (1, 2, 3) if all((recipe, target, seed) in means for target in targets)]
        over = [np.mean([means[recipe, target, seed] for target in targets]) for seed in seeds]
        assert cells[-1].value == pytest.approx(np.mean(over)) and ("*" in cells[-1].mark) == (len(seeds) < 3)
        assert [("!" in cell.mark) for cell in cells] == [
            recipe == "squad" and t != "tatoeba" and t != "xcopa" for t in targets
        ] + [recipe == "squad"]
    assert any(note.startswith("* of fewer seeds") for note in listing.notes)
    assert "4 of 27 evaluations are not there; `missing` names them" in listing.notes


SOME = {
    "recipe": st.lists(st.sampled_from(["none", "mnli", "squad"]), min_size=1, unique=True),
    "target": st.lists(st.sampled_from(["xnli", "xcopa", "tatoeba"]), min_size=1, unique=True),
    "language": st.lists(st.sampled_from(["en", "qla", "qlb"]), min_size=1, unique=True),
    "seed": st.lists(st.sampled_from([1, 2, 3]), min_size=1, unique=True),
}
FILTERS = st.fixed_dictionaries({}, optional=SOME)
PAIRS = st.permutations(DIMENSIONS).map(lambda kinds: tuple(kinds[:2]))


@given(filters=FILTERS, pair=PAIRS)
def test_a_pivot_of_filtered_figures_is_their_mean(whole, filters, pair):
    """Languages of a target first, then targets, then seeds; refused where recipes would be mixed."""
    rows, columns = pair
    wanted = Wanted(**{kind: tuple(some) for kind, some in filters.items()})
    kept = [
        row
        for row in rows_of(whole)
        if row["metric"] == "score" and all(row[kind] in some for kind, some in filters.items())
    ]
    several = [kind for kind in APART if kind not in pair and len({row[kind] for row in kept}) > 1]
    if not kept or several:
        with pytest.raises(UserError):
            pivot(whole, wanted, rows, columns)
        return
    listing = pivot(whole, wanted, rows, columns)
    labels = [column.name for column in listing.columns[1:] if column.name != "(mean)"]
    assert set(labels) == {str(row[columns]) for row in kept}
    assert {row[0] for row in listing.rows} == {str(row[rows]) for row in kept}
    for label, *cells in listing.rows:
        for head, cell in zip(labels, cells, strict=False):
            by_seed = defaultdict(lambda: defaultdict(list))
            for row in kept:
                if (str(row[rows]), str(row[columns])) == (label, head):
                    by_seed[row["seed"]][row["target"]].append(row["value"])
            means = [np.mean([np.mean(values) for values in targets.values()]) for targets in by_seed.values()]
            assert bare(cell) == (pytest.approx(np.mean(means)) if means else None)


@given(
    filters=st.fixed_dictionaries(
        {"target": SOME["target"]}, optional={"seed": SOME["seed"], "language": SOME["language"]}
    )
)
def test_a_single_cell_of_a_pivot_is_the_figure_that_show_has(whole, filters):
    """With one target and one seed, a cell by recipe and language is a row of the score file."""
    wanted = {kind: tuple(some[:1]) if kind != "language" else tuple(some) for kind, some in filters.items()}
    wanted = {"seed": (1,)} | wanted
    if wanted["target"] == ("tatoeba",) and wanted.get("language") == ("en",):
        return
    shown = {(row[1], row[3]): row[8] for row in show(whole, Wanted(**wanted), csv=True).rows}
    listing = pivot(whole, Wanted(**wanted), "recipe", "language")
    found = {
        (row[0], column.name): cell.value
        for row in listing.rows
        for column, cell in zip(listing.columns[1:], row[1:], strict=True)
    }
    assert found == shown


@pytest.mark.parametrize("study", ["whole", "partial"])
def test_differences_are_the_reports(study, request, tmp_path):
    results = request.getfixturevalue(study)
    (base,) = compare(results.spec, results.scores, tmp_path, "").bases
    listing = pivot(results, Wanted(), "recipe", "target", "difference")
    assert [row[0] for row in listing.rows] == ["mnli", "squad"]
    for recipe, *cells in listing.rows:
        for target, cell in zip(("xnli", "xcopa", "tatoeba", "(mean)"), cells, strict=True):
            assert cell.value == pytest.approx(base.outcome(recipe, target).gain.value)
    scores = pivot(results, Wanted(), "recipe", "target")
    for recipe, *cells in scores.rows:
        for target, cell in zip(("xnli", "xcopa", "tatoeba", "(mean)"), cells, strict=True):
            assert cell.value == pytest.approx(base.outcome(recipe, target).score.value)


def test_differences_of_one_recipe_by_language(whole, tmp_path):
    (base,) = compare(whole.spec, whole.scores, tmp_path, "").bases
    listing = pivot(whole, Wanted(recipe=("mnli",)), "language", "target", "difference")
    for code, *cells in listing.rows:
        for target, cell in zip(("xnli", "xcopa", "tatoeba"), cells, strict=False):
            if (code, target) == ("en", "tatoeba"):
                assert cell is None
            else:
                assert cell.value == pytest.approx(base.language("mnli", target, code).gain.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (({}, "recipe", "recipe", "score"), "rows and columns are both recipe"),
        (({}, "target", "language", "score"), "more than one recipe (none, mnli, squad)"),
        (({"metric": ("score", "accuracy")}, "recipe", "target", "score"), "more than one metric"),
        (({"recipe": ("none",)}, "recipe", "target", "difference"), "nothing is there but the baseline 'none'"),
        (({"metric": ("accuracy_centred",)}, "recipe", "target", "score"), "by layer"),
    ],
)
def test_what_no_mean_is_taken_of_is_refused(whole, asked, said):
    wanted, *rest = asked
    with pytest.raises(UserError) as error:
        pivot(whole, Wanted(**wanted), *rest)
    assert said in str(error.value)


# best -----------------------------------------------------------------------------------------------------------------
def test_best_is_the_highest_mean(partial):
    table = {row[0]: row[1:] for row in pivot(partial, Wanted(), "target", "recipe").rows}
    recipes = ("none", "mnli", "squad")
    listing = best(partial, Wanted())
    assert [row[0] for row in listing.rows] == ["xnli", "xcopa", "tatoeba", "(mean)"]
    for target, first, score, against, second, next_score in listing.rows[:3]:
        ranked = sorted(zip(recipes, table[target], strict=True), key=lambda one: -one[1].value)
        assert (first, score.value) == (ranked[0][0], ranked[0][1].value)
        assert (second, next_score.value) == (ranked[1][0], ranked[1][1].value)
        assert (against > 0) == (first != "none")
