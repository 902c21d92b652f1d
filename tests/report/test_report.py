"""The files: tables, and a page that says what was computed and loads nothing."""

import csv
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from study_of_dice import dice_spec, write_scores

from xstilts.report.make import make_report
from xstilts.report.page import score, signed, span
from xstilts.report.tables import OVER_TARGETS, RECIPE_COLUMNS, SCORE_COLUMNS, titled

PROGRAM = Path(__file__).parents[2] / "scripts" / "make_report.py"
EVIL = '<script>alert("1")</script>&\'"'


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self.open = [], "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    @property
    def words(self):
        return " ".join(self.text.split())


def made(folder, **names):
    """The report of a dice study: its folder, findings by base, and the page."""
    spec = dice_spec(**names)
    found = make_report(spec, write_scores(spec, folder / "scores"), folder / "out", "c0de")
    return spec, {one.base: one for one in found}, Page((folder / "out" / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return folder, *made(folder)


def test_what_descends_from_a_degenerate_run_is_marked(tmp_path, dice):
    spec = dice_spec()
    scores = write_scores(spec, tmp_path / "scores", degenerate=["tiny/s2/mnli"])
    make_report(spec, scores, tmp_path / "out", "c0de")
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert "mnli on xnli (1 of 2 seeds)" in page.words and "squad on xnli (1 of 2 seeds)" in page.words
    assert page.text.count("‡") == 6 + 1, "two recipes on three targets, and the note"
    rows = table(tmp_path / "out" / "scores.csv")
    lost = {(row["recipe"], row["seed"]) for row in rows if row["degenerate"]}
    assert lost == {("mnli", "2"), ("squad", "2")}
    assert "‡" not in dice[-1].text


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_shows_every_figure(dice):
    _, spec, bases, page = dice
    found = bases["tiny"]
    for recipe in spec.recipes:
        for target in found.targets:
            outcome = found.outcomes[recipe, target.name]
            english = "–" if outcome.english is None else f"{outcome.english.value:.1f}"
            cell = f"{outcome.everywhere.value:.1f} {english} · {outcome.others.value:.1f}"
            assert cell in page.words
            if outcome.gain:
                assert f"{cell} {signed(outcome.gain)} {span(outcome.gain)}" in page.words
                assert signed(outcome.gain_others) in page.words
            else:
                assert f"{cell} baseline" in page.words
            if target.trained:
                others = outcome.others_99
                verdict = "above chance" if others.low > target.chance else "not above chance"
                assert f"{score(others)} {span(others)} {verdict}" in page.words
            for code in target.examples:
                assert f"{found.languages[recipe, target.name, code]:.1f}" in page.words


def test_the_answer_is_written_from_the_figures(dice):
    _, _, bases, page = dice
    gain = bases["tiny"].means["mnli"].gain
    others = bases["tiny"].means["mnli"].gain_others
    assert (
        f"mnli gains most over the baseline “none”: {signed(gain)} points {span(gain)} on the mean over 3 targets."
        in page.words
    )
    assert f"In the languages other than English alone it is {signed(others)} points {span(others)}" in page.words


def test_without_a_clear_gain_the_answer_is_not_decided(tmp_path):
    _, _, page = made(tmp_path, recipes=("none", "squad"), seeds=(1,))
    assert "Not decided whether any recipe gains over the baseline “none”; squad is ahead" in page.words


def test_a_clear_loss_is_no_gain(tmp_path):
    spec = dice_spec(recipes=("none", "mnli"), seeds=(1,)).model_copy(update={"baseline": "mnli"})
    make_report(spec, write_scores(spec, tmp_path / "scores"), tmp_path / "out", "")
    assert (
        "No recipe gains over the baseline “mnli”; none loses least: −"
        in Page((tmp_path / "out/report.html").read_text()).words
    )


def test_the_baseline_alone_still_makes_a_page(tmp_path):
    _, _, page = made(tmp_path, recipes=("none",), seeds=(1,))
    assert "nothing to compare" in page.words


def test_every_base_has_its_section_and_its_answer(tmp_path):
    _, _, page = made(tmp_path, bases=("tiny", "other"), seeds=(1,))
    assert page.words.count("over the baseline “none”") == 2
    assert "Base tiny" in page.words and "Base other" in page.words
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_how_it_was_made_is_told(dice):
    _, _, _, page = dice
    making = page.words.split("How it was made")[1]
    for said in (
        "snakemake --config world=mini study=dice -c2",
        "mnli/squad",
        "numpy 2",
        "c0de",
        "seeds 1, 2",
        "480 examples",
    ):
        assert said in making
    assert "17, on tests" in making  # 3 recipes x 3 targets x 2 seeds, but the untouched base is one


@pytest.mark.parametrize(("world", "expected"), [("mini", True), ("nano", True), ("mine", True)])
def test_the_laboratory_is_called_one(tmp_path, world, expected):
    _, _, page = made(tmp_path, world=world, seeds=(1,))  # "mine": the languages give it away
    assert ("not of XLM-R" in page.words) == expected


def test_real_languages_are_no_laboratory(tmp_path, monkeypatch):
    monkeypatch.setattr("study_of_dice.LANGUAGES", ("de", "en", "sw"))
    _, _, page = made(tmp_path, world="real", seeds=(1,))
    assert "laboratory" not in page.words
    assert "Swahili sw" in page.words


def test_single_seeds_are_listed_where_there_are_several(dice, tmp_path):
    *_, page = dice
    assert "The 2 seeds by themselves" in page.words
    assert "seeds by themselves" not in made(tmp_path, seeds=(1,))[2].words


def test_unpaired_examples_have_a_footnote(tmp_path):
    spec = dice_spec(seeds=(1,))
    folder = write_scores(spec, tmp_path / "scores", {("tiny/s1/mnli/xnli", "xnli"): 50})
    make_report(spec, folder, tmp_path / "out", "")
    words = Page((tmp_path / "out/report.html").read_text()).words
    assert "In XNLI recipes were tested on different numbers of examples in English, Alvene, Brezhan" in words


def test_the_page_loads_nothing(dice):
    folder, *_, page = dice
    html = (folder / "out" / "report.html").read_text()
    assert not re.search(r"https?:|//[a-z]|url\(|@import", html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "base"})
    for _, attributes in page.tags:
        assert "src" not in attributes and not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "scores.csv") in ("scores.csv", "recipes.csv")
    assert page.open == []  # every element is closed, in order


def test_names_are_escaped(tmp_path):
    _, _, page = made(tmp_path, seeds=(1,), asks=EVIL, world=EVIL, none=EVIL, mnli=EVIL + "2")
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.words.count(EVIL) > 5


def test_unknown_languages_go_by_their_code(tmp_path, monkeypatch):
    monkeypatch.setattr("study_of_dice.LANGUAGES", ("xx", "en"))
    assert "xx xx" in made(tmp_path, seeds=(1,))[2].words


def test_two_runs_write_the_same_bytes(dice, tmp_path):
    folder, spec, *_ = dice
    make_report(spec, folder / "scores", tmp_path, "c0de")
    for name in ("report.html", "scores.csv", "recipes.csv"):
        assert (tmp_path / name).read_bytes() == (folder / "out" / name).read_bytes()


def test_scores_csv_holds_every_row_of_every_evaluation(dice):
    folder, spec, bases, _ = dice
    rows = table(folder / "out" / "scores.csv")
    assert tuple(rows[0]) == SCORE_COLUMNS
    scored = [row for row in rows if row["metric"] == "score"]
    assert len(scored) == 3 * 2 * (3 + 3 + 2)  # recipes, seeds, languages by target
    named = ("base", "recipe", "seed", "target", "language", "split", "metric", "layer", "value")
    keys = {tuple(row[column] for column in named) for row in rows}
    assert len(keys) == len({key[:-1] for key in keys}), "what stands twice says the same"
    # The headline of retrieval is of a layer that is among all layers, too.
    per_layer = len({key for key in keys if key[3] == "tatoeba"})
    assert per_layer == 3 * 2 * 2 * (1 + 2 * 3)
    assert {key[7] for key in keys if key[3] == "tatoeba"} == {"0", "1", "2"}
    assert {key[7] for key in keys if key[3] != "tatoeba"} == {""}
    assert {row["layer"] for row in scored if row["target"] == "tatoeba"} == {"1"}
    for row in scored:
        low, high = float(row["interval_95_low"]), float(row["interval_95_high"])
        assert float(row["interval_99_low"]) <= low <= float(row["value"]) <= high <= float(row["interval_99_high"])
        assert row["path"] == spec.recipes[row["recipe"]]
    mean = sum(
        float(row["value"])
        for row in scored
        if (row["recipe"], row["target"], row["language"]) == ("mnli", "xnli", "en")
    )
    assert mean / 2 == pytest.approx(bases["tiny"].outcomes["mnli", "xnli"].english.value, abs=1e-3)


def test_recipes_csv_holds_every_cell_and_the_mean(dice):
    folder, _, bases, _ = dice
    rows = table(folder / "out" / "recipes.csv")
    assert tuple(rows[0]) == RECIPE_COLUMNS
    found = bases["tiny"]
    outcomes = found.outcomes | {(recipe, OVER_TARGETS): mean for recipe, mean in found.means.items()}
    outcomes |= {(recipe, titled(average)): one for (recipe, average), one in found.averages.items()}
    assert len(rows) == len(outcomes) == 3 * (3 + 1 + len(found.benchmarks))
    for row in rows:
        outcome = outcomes[row["recipe"], row["target"]]
        assert float(row["all"]) == pytest.approx(outcome.everywhere.value, abs=1e-3)
        assert (row["difference"] == "") == (row["recipe"] == "none")
        if outcome.gain:
            assert float(row["difference_95_low"]) == pytest.approx(outcome.gain.low, abs=1e-3)
        assert (row["english"] == "") == (row["target"] == "tatoeba")


def test_the_program_runs_and_names_a_missing_file(dice, tmp_path):
    folder, spec, *_ = dice
    command = [sys.executable, PROGRAM, "--code", "c0de", "--out", tmp_path]
    subprocess.run([*command, "--spec", spec.text(), "--scores", folder / "scores"], check=True)
    assert (tmp_path / "report.html").read_bytes() == (folder / "out" / "report.html").read_bytes()
    failed = subprocess.run([*command, "--spec", spec.text(), "--scores", tmp_path], capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: there is no score file") and "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("value", "text"), [(3.14, "+3.1"), (-3.14, "−3.1"), (0.04, "0.0"), (-0.04, "0.0"), (None, "–"), (100.0, "+100.0")]
)
def test_differences_have_a_sign(value, text):
    assert signed(value) == text


def test_what_had_no_data_is_said(tmp_path):
    spec = dice_spec().model_copy(update={"left_out": ("the recipe 'ccg' is left out: <no CCGbank>",)})
    make_report(spec, write_scores(spec, tmp_path / "scores"), tmp_path / "out", "")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Left out" in html and "the recipe &#39;ccg&#39; is left out: &lt;no CCGbank&gt;" in html
    assert "Left out" not in made(tmp_path / "other")[2].words
