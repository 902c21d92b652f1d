"""The page as text: that it says what was found, and nothing else."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from invented import RECIPES, invented

from xstilts.report.figures.draw import draw_all
from xstilts.report.findings import MEAN, Effect, Findings
from xstilts.report.page import read_figures, render
from xstilts.report.page.text import hours, language, listed, score, signed, span
from xstilts.report.spent import Spending, SpentRow
from xstilts.tasks import TASKS

PROGRAM = Path(__file__).parents[2] / "scripts" / "make_report.py"
EVIL = '</script><script>alert("1")</script>&\'"'
VOID = {"meta", "link", "br"}
APART = {"td", "th", "dt", "dd", "small", "summary"}


class Page(HTMLParser):
    """Tags with their attributes, the text between them, and the data of the details."""

    def __init__(self, findings, figures=None, spending=None):
        super().__init__()
        self.html = render(findings, figures or {}, spending, "c0de")
        self.tags, self.text, self.open, self.scripts = [], "", [], []
        self.feed(self.html)
        self.close()
        assert not self.open, "every element is closed, in order"
        self.facts = json.loads(self.scripts[0])

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        self.text += " " if tag == "small" else ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.text += " " if tag in APART else ""

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.text += data

    @property
    def words(self):
        return " ".join(self.text.split())

    def cells(self, figure=None):
        """Attributes of the buttons that open details."""
        found = [one for tag, one in self.tags if tag == "button" and "data-recipe" in one]
        return [one for one in found if figure in (None, one["data-figure"])]


def answered(gain, **names):
    """Findings whose answer is that all9 gains so much."""
    findings = invented(**names)
    base = findings.bases[0]
    answer = base.answer.model_copy(update={"recipe": "all9", "gain": gain, "others": None})
    return findings.model_copy(update={"bases": (base.model_copy(update={"answer": answer}),)})


def effect(value, half, holm):
    return Effect(value=value, low=value - half, high=value + half, p=holm / 3, holm=holm, detectable=1.4 * half)


# figures --------------------------------------------------------------------------------------------------------------
def test_every_cell_holds_its_figure_unrounded():
    findings = invented(missing=[("all9", "tydiqa")])
    page, found = Page(findings), findings.bases[0]
    for cell in page.cells():
        recipe, target, kind = cell["data-recipe"], cell["data-target"], cell["data-figure"]
        if "data-language" in cell:
            one = found.language(recipe, target, cell["data-language"])
            expected = one.score if kind == "score" else one.gain
        else:
            outcome = found.outcome(recipe, target)
            expected = {"score": outcome.score, "gain": outcome.gain, "gap": outcome.gap}[kind]
        assert cell["data-value"] == ("" if expected is None else repr(expected.value))
    targets = {"xnli", "tydiqa", "tatoeba", MEAN}
    table = {(cell["data-recipe"], cell["data-target"]) for cell in page.cells("gain") if "data-language" not in cell}
    assert table == {(recipe, target) for recipe in RECIPES for target in targets if recipe != "none"}
    assert {cell["data-target"] for cell in page.cells("gap")} == {"xnli", "tydiqa", MEAN}


def test_every_language_of_every_recipe_is_in_the_details():
    findings = invented()
    page, found = Page(findings), findings.bases[0]
    held = page.facts["bases"]["tiny"]["languages"]
    for one in found.languages:
        level, gain, facts = held[one.recipe][one.target][one.language]
        assert level[:2] == [one.score.value, score(one.score)]
        assert facts[0] == ["Score", f"{score(one.score)} {span(one.score)}"]
        if one.gain:
            assert gain[:2] == [one.gain.value, signed(one.gain)]
            assert facts[1] == ["Difference to none", f"{signed(one.gain)} {span(one.gain)}"]


def test_arrows_tell_what_holds_from_what_may():
    findings = invented()
    page, found = Page(findings), findings.bases[0]
    classes = [one.get("class", "").split() for tag, one in page.tags if tag == "td"]
    cells = [one for one in classes if "cell" in one]
    for kinds, cell in zip(cells, page.cells(), strict=True):
        if cell["data-figure"] == "gain" and "data-language" not in cell:
            gain = found.outcome(cell["data-recipe"], cell["data-target"]).gain
            assert ("sure" in kinds) == (gain.holm < 0.05)
            assert ("maybe" in kinds) == (gain.holm >= 0.05 and gain.low * gain.high > 0)
            assert ("up" in kinds) == (gain.value > 0) and ("down" in kinds) == (gain.value <= 0)


# the answer -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (effect(3, 1, 0.01), "all9 gains most over the baseline “none”: +3.0 points [2.0, 4.0] on the mean over 3"),
        (effect(3, 1, 0.30), "Not decided whether any recipe gains over the baseline “none”; all9 is ahead of the"),
        (effect(-3, 1, 0.01), "Not decided whether any recipe gains over the baseline “none”; all9 is ahead of the"),
    ],
)  # fmt: skip
def test_the_answer_goes_by_the_corrected_p(gain, said):
    words = Page(answered(gain)).words
    assert said in words
    assert "all9 was picked in hindsight, as the best of 3 recipes" in words
    assert ("which is not below 0.05" in words) == (gain.holm >= 0.05)


def test_no_recipe_gains_only_where_all_lie_below_the_baseline():
    findings = invented(recipes={"none": "", "all9": "all9"})
    (found,) = findings.bases
    loss = effect(-3, 1, 0.01)
    mean = found.outcome("all9", "(mean)")
    outcomes = [one.model_copy(update={"gain": loss}) if one == mean else one for one in found.outcomes]
    data = {**dict(found), "outcomes": tuple(outcomes), "answer": found.answer.model_copy(update={"gain": loss})}
    words = Page(findings.model_copy(update={"bases": (type(found)(**data),)})).words
    assert "No recipe gains over the baseline “none”; all9 loses least: −3.0 points [−4.0, −2.0]" in words


def test_an_answer_that_rests_on_degenerate_runs_says_so():
    findings = invented(recipes={"none": "", "squad": "squad"})
    assert "runs behind it are degenerate" in Page(findings).words
    assert "behind it" not in Page(invented(recipes={"none": "", "mnli": "mnli"})).words


def test_of_a_single_recipe_nothing_was_picked():
    words = Page(invented(recipes={"none": "", "squad": "squad"})).words
    assert "hindsight" not in words and "squad" in words


def test_one_seed_is_called_one():
    found = invented(seeds=(1,))
    words = Page(found).words
    detectable = score(found.bases[0].answer.gain.detectable)
    assert "It rests on one seed: the interval tells of other test examples and nothing of other training runs" in words
    assert f"would find a difference of {detectable} points four times of five" in words
    assert "This study has one seed" in words and "seeds by themselves" not in words
    assert "one seed:" not in Page(invented()).words


def test_what_is_missing_stands_beside_the_answer():
    words = Page(invented(missing=[("all9", "xnli")])).words
    assert "3 runs of 36 are missing. What is shown rests on those that are there; all9 has no mean" in words
    assert "of 36 are missing" not in Page(invented()).words


def test_without_the_baseline_there_is_no_answer_yet():
    findings = invented(missing=[("none", "xnli")])
    base = findings.bases[0].model_copy(update={"answer": None})
    words = Page(findings.model_copy(update={"bases": (base,)})).words
    assert "There is no answer yet: the baseline “none” and at least one other recipe need all their runs" in words


def test_the_baseline_alone_still_makes_a_page():
    assert "There is nothing to compare" in Page(invented(recipes={"none": ""})).words


def test_nothing_at_all_still_makes_a_page():
    findings = invented(missing=[(recipe, target) for recipe in RECIPES for target in ("xnli", "tydiqa", "tatoeba")])
    base = findings.bases[0]
    untested = tuple(one.model_copy(update={"languages": {}}) for one in base.targets)
    bare = base.model_copy(update={"targets": untested, "languages": (), "verdicts": (), "comparisons": ()})
    page = Page(findings.model_copy(update={"bases": (bare,), "data": (), "sources": ()}))
    assert "36 runs of 36 are missing" in page.words
    assert {cell["data-value"] for cell in page.cells()} == {""}


# holes ----------------------------------------------------------------------------------------------------------------
def test_missing_runs_are_listed_with_what_makes_them():
    page = Page(invented(missing=[("all9", "tatoeba")]))
    files = " ".join(f"results/mini/scores/tiny/s{seed}/all9/tatoeba.json" for seed in (1, 2, 3))
    assert f"snakemake {files} --config world=mini study=invented -c2" in page.words
    assert "36 runs: 30 scored, 3 degenerate, 3 missing." in page.words
    assert page.facts["bases"]["tiny"]["cells"]["all9"]["tatoeba"]["missing"] == files


def test_a_cell_with_some_of_its_seeds_says_how_many():
    findings = invented()
    base = findings.bases[0]
    fewer = tuple(
        one.model_copy(update={"seeds": (1, 3)}) if (one.recipe, one.target) == ("mnli", "xnli") else one
        for one in base.outcomes
    )
    page = Page(findings.model_copy(update={"bases": (base.model_copy(update={"outcomes": fewer}),)}))
    assert page.words.count("2 of 3 seeds") == 1


def test_what_descends_from_a_degenerate_run_is_marked():
    page = Page(invented())
    assert page.text.count("‡") == 4 + 1, "squad on three targets and their mean, and the note"
    assert "snakemake --forcerun results/mini/checkpoints/tiny/s2/squad/digest" in page.words
    assert "squad: XNLI, TyDiQA-GoldP, Tatoeba" in page.words
    assert "‡" not in Page(invented(recipes={"none": "", "mnli": "mnli"})).text


def test_the_tree_folds_seeds():
    page = Page(invented(missing=[("all9", "xnli")]))
    tree = page.words.split("The tree of checkpoints:")[1]
    assert "squad 3 of 3 seeds, 1 degenerate, dev 70.0" in tree and "xnli 0 of 3 seeds" in tree
    assert len(re.findall(r'class="node ', page.html)) == 1 + 3 + 4 * 2


def test_retrieval_has_no_gap_and_no_chance():
    words = Page(invented()).words
    assert "Tatoeba" not in words.split("The score in English less")[1].split("Claims")[0]


# the other sections ---------------------------------------------------------------------------------------------------
def test_claims_stand_with_their_effect_and_source():
    findings = invented()
    page = Page(findings)
    for verdict in findings.bases[0].verdicts:
        standing = "runs missing" if verdict.standing == "missing" else verdict.standing
        assert f"{standing} {verdict.says}" in page.words
        for one in verdict.contrasts:
            assert f"{one.what}: {signed(one.effect)} {span(one.effect)}" in page.words
    assert "To be run: recipe mlm+mnli on XNLI." in page.words
    assert page.words.count("Phang et al. 2020, abstract: +8.7 on average published") == 4


def test_published_figures_stand_beside_ours():
    words = Page(invented()).words
    assert "none XNLI mean accuracy, test 50.0 48.5 −1.5" in words
    assert "mnli XNLI mean accuracy, test, difference +1.4 recalled, unverified – not evaluated –" in words
    findings = invented()
    alone = findings.bases[0].model_copy(update={"comparisons": ()})
    assert "There is none to compare with" in Page(findings.model_copy(update={"bases": (alone,)})).words


def test_above_chance_means_the_whole_interval():
    findings = invented()
    page = Page(findings)
    below = sum(
        outcome.others_99[0] <= (TASKS[outcome.target].chance or 0)
        for outcome in findings.bases[0].outcomes
        if outcome.target in ("xnli", "tydiqa")
    )
    assert page.text.count("not above chance") == below
    assert page.html.count('<small class="verdict above">') == 8 - below


def test_compute_is_held_against_the_plan():
    hours = {"planned_hours": 10, "spent_hours": 4.5, "planned_cpu_hours": 20, "spent_cpu_hours": 9}
    hours |= {"planned_gpu_hours": 1234.6, "spent_gpu_hours": None, "ratio": 0.9, "cpu_ratio": 0.9, "gpu_ratio": None}
    row = SpentRow(kind="train", jobs=4, done=3, measured=2, **hours)
    page = Page(invented(), spending=Spending(rows=(row,), total=row, notes=("A note of theirs.",)))
    assert "train 4 3 1 235 – 20.0 9.0 10.0 4.5 0.90" in page.words
    assert "A note of theirs." in page.words
    assert "nothing to hold against what was spent" in Page(invented()).words


def test_how_it_was_made_is_told():
    findings = invented()
    left = findings.spec.model_copy(update={"left_out": ("the recipe 'ccg' is left out: <no CCGbank>",)})
    making = Page(findings.model_copy(update={"spec": left})).words.split("How it was made")[-1]
    for said in (
        "snakemake --config world=mini study=invented -c2",
        "mnli mnli",
        "numpy 2.4.6 and 2.4.7",
        "of the figures c0de, of this page c0de",
        "draws them 1 000 times",
        "Left out the recipe 'ccg' is left out: <no CCGbank>",
    ):
        assert said in making
    assert "Left out" not in Page(findings).words


def test_a_laboratory_is_called_one():
    findings = invented()
    assert "A laboratory’s figures." in Page(findings).words
    assert "laboratory" not in Page(findings.model_copy(update={"generated": False})).words


def test_every_base_has_its_part_of_every_section():
    page = Page(invented(bases=("tiny", "other")))
    assert page.words.count("over the baseline “none”") == 2
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {cell["data-base"] for cell in page.cells()} == {"tiny", "other"} == set(page.facts["bases"])


# the file -------------------------------------------------------------------------------------------------------------
def test_the_page_loads_nothing_and_runs_one_script(tmp_path):
    findings = invented(seeds=(1,))
    draw_all(findings, tmp_path)
    page = Page(findings, read_figures(tmp_path))
    tags = {tag for tag, _ in page.tags}
    assert "svg" in tags and tags.isdisjoint({"img", "link", "iframe", "object", "embed", "base"})
    assert not re.search(r"url\((?!#)|@import", page.html)
    for tag, attributes in page.tags:
        assert "src" not in attributes and not any(name.startswith("on") for name in attributes)
        address = attributes.get("href", attributes.get("xlink:href", "#"))
        assert address.startswith(("#", "figures/", "tables/", "scores.csv", "findings.json")) or tag == "a"
    held, run = page.scripts
    assert json.loads(held)["baseline"] == "none"
    allowed = base64.b64encode(hashlib.sha256(run.encode()).digest()).decode()
    policy = next(one["content"] for tag, one in page.tags if one.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"


def test_names_are_escaped():
    findings = invented(recipes={"none": "", EVIL: "mnli"}, asks=EVIL)
    evil = findings.model_copy(update={"spec": findings.spec.model_copy(update={"world": EVIL, "study": EVIL})})
    page = Page(evil)
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert page.words.count(EVIL) > 5
    assert EVIL in page.facts["bases"]["tiny"]["cells"]


def test_equal_findings_give_equal_pages():
    one, other = invented(), Findings.model_validate_json(invented().model_dump_json())
    assert render(one, {}, None, "c0de") == render(other, {}, None, "c0de")


def test_the_program_runs_and_names_what_is_missing(tmp_path):
    findings = invented(seeds=(1,))
    (tmp_path / "findings.json").write_text(findings.model_dump_json(), encoding="utf-8")
    draw_all(findings, tmp_path / "figures")
    command = [sys.executable, PROGRAM, "--findings", tmp_path / "findings.json", "--code", "c0de", "--out"]
    made = tmp_path / "report.html"
    subprocess.run([*command, made, "--figures", tmp_path / "figures"], check=True)
    assert made.read_text(encoding="utf-8") == render(findings, read_figures(tmp_path / "figures"), None, "c0de")
    for wrong, said in (
        (["--figures", tmp_path / "none"], "there is no folder of figures"),
        (["--figures", tmp_path / "figures", "--plan", tmp_path / "plan.json"], "--plan and --results go together"),
    ):
        failed = subprocess.run([*command, tmp_path / "no.html", *wrong], capture_output=True, text=True)
        assert failed.returncode == 2 and said in failed.stderr and "Traceback" not in failed.stderr


# words ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "text"), [(3.14, "+3.1"), (-3.14, "−3.1"), (0.04, "0.0"), (-0.04, "0.0"), (None, "–"), (100.0, "+100.0")]
)
def test_differences_have_a_sign(value, text):
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0.0"), (0.0314, "0.031"), (0.2, "0.20"), (9.96, "10.0"), (12345.6, "12\u202f346")],
)
def test_hours_have_the_digits_they_are_worth(value, text):
    assert hours(value) == text


def test_languages_have_names():
    assert (language("sw"), language("de-en"), language("xx")) == ("Swahili", "German – English", "xx")


def test_lists_end_in_and():
    assert (listed("a"), listed("ab"), listed([1, 2, 3])) == ("a", "a and b", "1, 2 and 3")
