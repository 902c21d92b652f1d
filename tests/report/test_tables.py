"""Tables from invented findings: what they say, and that it is what the findings say."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented import RECIPES, TARGETS, invented

from xstilts.report.findings import MEAN, BaseFindings, Comparison, Effect, Estimate
from xstilts.report.tables import files, names, write_all
from xstilts.report.tables.latex import as_latex
from xstilts.report.tables.latex import escaped as in_latex
from xstilts.report.tables.markdown import as_markdown
from xstilts.report.tables.table import Cell, Column, Section, Sheet, Table
from xstilts.report.tables.write import tables
from xstilts.report.writing import score, signed
from xstilts.tasks.task import words

ROOT = Path(__file__).parents[2]
KNOWN = frozenset(
    words(
        "begin end caption label centering small footnotesize scriptsize tiny setlength tabcolsep toprule midrule "
        "bottomrule tabularnewline shortstack textbf rlap dagger ddagger circ approx raggedright allowbreak linewidth"
    )
)
"""Commands of LaTeX itself and of booktabs."""
XTREME = ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc", "tatoeba")


def with_base(findings, **changed):
    """Findings whose first base is changed."""
    first, *rest = findings.bases
    fields = {name: getattr(first, name) for name in BaseFindings.model_fields}  # a copy would keep what is looked up
    return findings.model_copy(update={"bases": (BaseFindings(**fields | changed), *rest)})


def named(findings, name):
    return next(table for table in tables(findings) if table.name == name)


def sheet(findings, name):
    """Rows of a table's CSV by column, as any reader of CSV gets them."""
    table = named(findings, name).sheet
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def pipes(text):
    """Tables of a Markdown document: lists of rows, each a list of cells; the rule below the head is left out."""
    found, rows = [], []
    for line in [*text.split("\n"), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            found.append([row for row in rows if not re.fullmatch(r":?-+:?", row[0])])
            rows = []
    return found


def tabulars(text):
    """Of a LaTeX file: the rows of each tabular, as lists of cells."""
    found = []
    for body in re.findall(r"\\begin{tabular}{.*?}\n(.*?)\\end{tabular}", text, flags=re.S):
        lines = [line for line in body.split("\n") if line and not re.fullmatch(r"\\(top|mid|bottom)rule", line)]
        assert all(re.search(r" (\\\\|\\tabularnewline)$", line) for line in lines)
        found.append([re.sub(r" (\\\\|\\tabularnewline)$", "", line).split(" & ") for line in lines])
    return found


def read_back(cell):
    """A LaTeX cell as Markdown would have it."""
    cell = re.sub(r"\\rlap{(.*)}$", r"\1", cell).replace(r"$^{\dagger}$", "†").replace(r"$^{\ddagger}$", "‡")
    cell = re.sub(r"\\textbf{(.*?)}", r"**\1**", cell).replace("$-$", "−").replace("--", "–")
    return cell


@pytest.fixture(scope="module")
def findings():
    return invented(missing=[("mnli", "xnli")])


def test_every_file_is_known_from_the_study_alone(tmp_path):
    for study in (invented(), invented(targets=XTREME), invented(recipes={"none": ""}, targets=("xnli",))):
        folder = tmp_path / str(len(study.spec.targets))
        write_all(study, folder)
        assert sorted(files(study.spec)) == sorted(path.name for path in folder.iterdir())
        assert [table.name for table in tables(study)] == list(names(study.spec))


def test_names_load_nothing_heavy():
    code = (
        "import sys; sys.path.insert(0, 'src'); import xstilts.report.tables; "
        "print([name for name in ('numpy', 'scipy', 'torch', 'pyarrow', 'matplotlib', 'rich') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_equal_findings_give_equal_files(tmp_path):
    for folder in ("one", "other"):
        write_all(invented(), tmp_path / folder, "code")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


# the main table -------------------------------------------------------------------------------------------------------
def test_the_main_table_has_the_baselines_scores_and_the_others_differences(findings):
    (base,) = findings.bases
    (rows,) = pipes(as_markdown(named(findings, "recipes"), ""))
    head, *body = rows
    assert head == ["Recipe", *(target.title for target in base.targets), "Mean"]
    assert [row[0] for row in body] == ["none", "mnli", "squad", "all9"]
    lost = {(run.recipe, run.target) for run in base.degenerate}
    for recipe, *cells in body:
        for target, cell in zip([*TARGETS, MEAN], cells, strict=True):
            outcome = base.outcome(recipe, target)
            figure = outcome.score if recipe == "none" else outcome.gain
            held = cell.replace("*", "").rstrip("†‡")
            assert held == ("–" if figure is None else (score if recipe == "none" else signed)(figure.value))
            assert ("†" in cell) == bool(recipe != "none" and figure and figure.significant)
            assert ("‡" in cell) == any((recipe, name) in lost for name in (TARGETS if target == MEAN else [target]))


def test_the_best_of_a_column_is_bold_the_baseline_where_nothing_gains(findings):
    (base,) = findings.bases
    worse = [
        one.model_copy(update={"gain": one.gain.model_copy(update={"value": -abs(one.gain.value) - 1})})
        if one.target == "tydiqa" and one.gain
        else one
        for one in base.outcomes
    ]
    (rows,) = pipes(as_markdown(named(with_base(findings, outcomes=tuple(worse)), "recipes"), ""))
    columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    assert [cell.startswith("**") for cell in columns["TyDiQA-GoldP"]] == [True, False, False, False]
    for title, target in (("XNLI", "xnli"), ("Tatoeba", "tatoeba"), ("Mean", MEAN)):
        ranks = [
            0.0,
            *(gain.value if (gain := base.outcome(r, target).gain) else -99 for r in ("mnli", "squad", "all9")),
        ]
        assert [cell.startswith("**") for cell in columns[title]] == [rank == max(ranks) for rank in ranks]


def test_holes_and_marks_are_explained_below(findings):
    text = as_markdown(named(findings, "recipes"), "")
    assert "–: runs are missing. Not there yet: mnli on xnli." in text
    assert "‡: holds runs behind which a training learned nothing (squad with seed 2)." in text
    assert "†: p < 0.05 after Holm's correction" in text and "no figure says anything of a real model" in text
    whole = as_markdown(named(invented(recipes={"none": "", "mnli": "mnli"}), "recipes"), "")
    assert "‡" not in whole and "missing" not in whole


def test_what_is_missing_is_told_by_recipe_by_target_and_one_by_one():
    gone = [*(("mnli", target) for target in TARGETS), *((recipe, "xnli") for recipe in RECIPES), ("all9", "tydiqa")]
    text = as_markdown(named(invented(missing=gone), "recipes"), "")
    assert "Not there yet: all of mnli; anything on xnli; all9 on tydiqa." in text


def test_a_figure_of_fewer_seeds_says_so(findings):
    (base,) = findings.bases
    runs = [
        run.model_copy(update={"state": "missing"})
        if (run.recipe, run.target, run.seed) == ("all9", "tydiqa", 3)
        else run
        for run in base.runs
    ]
    text = as_markdown(named(with_base(findings, runs=tuple(runs)), "recipes"), "")
    assert "Fewer are there of all9 on tydiqa with 2 of 3." in text


def test_one_seed_is_said_to_tell_nothing_of_other_trainings():
    assert "One seed: intervals and p" in as_markdown(named(invented(seeds=(1,)), "recipes"), "")
    assert "One seed" not in as_markdown(named(invented(), "recipes"), "")


def test_the_mean_is_shown_once_where_it_is_a_benchmarks():
    (rows,) = pipes(as_markdown(named(invented(targets=XTREME), "recipes"), ""))
    assert len(rows[0]) == 1 + 9 + 1 and rows[0][-1] == "XTREME"
    assert {row["target"] for row in sheet(invented(targets=XTREME), "averages")} == {MEAN, "(XTREME)"}


# programs -------------------------------------------------------------------------------------------------------------
def test_the_long_table_has_every_estimate(findings, tmp_path):
    write_all(findings, tmp_path)
    with (tmp_path / "effects.csv").open(newline="") as file:
        rows = {(row["recipe"], row["target"]): row for row in csv.DictReader(file)}
    (base,) = findings.bases
    assert set(rows) == {(one.recipe, one.target) for one in base.outcomes}
    for key, row in rows.items():
        outcome = base.outcome(*key)
        for name in ("score", "english", "others", "gap", "gain", "gain_english", "gain_others", "gap_change"):
            figure = getattr(outcome, name)
            if figure is None:
                assert row[name] == row[f"{name}_low"] == ""
                continue
            said = [float(row[name + end]) for end in ("", "_low", "_high")]
            assert said == pytest.approx([figure.value, figure.low, figure.high], abs=5e-5)
            if isinstance(figure, Effect):
                assert float(row[f"{name}_p"]) == pytest.approx(figure.p, rel=1e-5)
                assert float(row[f"{name}_holm"]) == pytest.approx(figure.holm, rel=1e-5)
                assert int(row[f"{name}_significant"]) == figure.significant
                assert float(row[f"{name}_detectable"]) == pytest.approx(figure.detectable, abs=5e-5)
                assert float(row[f"{name}_new_language_high"]) == pytest.approx(figure.new_language[1], abs=5e-5)
        assert row["seeds"] == " ".join(map(str, outcome.seeds))
    assert rows["mnli", "xnli"]["missing"] == "3" and rows["squad", MEAN]["degenerate"] == "3"


def test_figures_in_csv_are_plain_numbers(findings, tmp_path):
    write_all(findings, tmp_path)
    for name in ("recipes", "scores", "gap", "zeroshot", "languages-xnli", "effects"):
        text = (tmp_path / f"{name}.csv").read_text()
        assert not set("−†‡*") & set(text) and "-0.0000" not in text


def test_scores_have_the_mean_and_every_seed(findings):
    (base,) = findings.bases
    rows = sheet(findings, "scores")
    for recipe in RECIPES:
        for target in (*TARGETS, MEAN):
            outcome = base.outcome(recipe, target)
            of = {row["seed"]: row["score"] for row in rows if (row["recipe"], row["target"]) == (recipe, target)}
            assert of.pop("mean") == (outcome.score.value if outcome.score else None)
            assert of == {str(seed): value for seed, value in outcome.by_seed.items()}


# the other tables -----------------------------------------------------------------------------------------------------
def test_languages_stand_below_each_other_english_first_and_their_means_last(findings):
    (base,) = findings.bases
    (rows,) = pipes(as_markdown(named(findings, "languages-tydiqa"), ""))
    target = next(target for target in base.targets if target.name == "tydiqa")
    assert [row[1] for row in rows[1:]] == [*target.languages, "", ""]
    assert [row[0] for row in rows[-2:]] == ["mean", "mean of the others"] and rows[1][0] == "English"
    for row, (code, n) in zip(rows[1:], target.languages.items(), strict=False):
        assert row[2] == str(n)
        for recipe, cell in zip(RECIPES, row[3:], strict=True):
            one = base.language(recipe, "tydiqa", code)
            shown = score(one.score.value) if recipe == "none" else signed(one.gain.value)
            assert cell.replace("*", "").rstrip("†‡") == shown
    assert {(row["recipe"], row["language"]): row["gain"] for row in sheet(findings, "languages-tydiqa")} == {
        (one.recipe, one.language): one.gain.value if one.gain else None
        for one in base.languages
        if one.target == "tydiqa"
    }


def test_the_gap_leaves_out_what_has_no_english_test(findings):
    text = as_markdown(named(findings, "gap"), "")
    (rows,) = pipes(text)
    assert rows[0] == ["Recipe", "XNLI", "TyDiQA-GoldP"]
    assert "No English test, so no gap, nor one of averages over it: Tatoeba." in text
    (base,) = findings.bases
    assert rows[1][1].strip("*") == score(base.outcome("none", "xnli").gap.value)
    assert rows[4][1].strip("*‡†") == signed(base.outcome("all9", "xnli").gap_change.value)
    without = as_markdown(named(invented(targets=("tatoeba",)), "gap"), "")
    assert "No target of this study has an English test." in without and pipes(without) == []


def test_zero_shot_scores_that_guessing_reaches_are_marked(findings):
    (base,) = findings.bases
    chance = next(target.chance for target in base.targets if target.name == "xnli")
    outcomes = [
        one.model_copy(update={"others": Estimate(value=34, low=33, high=35), "others_99": (chance - 1, chance + 3)})
        if (one.recipe, one.target) == ("all9", "xnli")
        else one
        for one in base.outcomes
    ]
    changed = with_base(findings, outcomes=tuple(outcomes))
    (rows,) = pipes(as_markdown(named(changed, "zeroshot"), ""))
    assert rows[0] == ["Recipe", "XNLI", "TyDiQA-GoldP"] and rows[-1] == ["guessing", "33.3", "≈ 0"]
    marked = {(row[0], title) for row in rows[1:-1] for title, cell in zip(rows[0], row, strict=True) if "°" in cell}
    assert marked == {("all9", "XNLI")}
    above = {(row["recipe"], row["target"]): row["above_chance"] for row in sheet(changed, "zeroshot")}
    assert above["all9", "xnli"] == "no" and above["none", "xnli"] == "yes" and above["mnli", "xnli"] is None


def test_claims_have_verdict_difference_and_what_is_missing(findings):
    (base,) = findings.bases
    (rows,) = pipes(as_markdown(named(findings, "claims"), ""))
    assert [row[1] for row in rows[1:]] == ["supported", "contradicted", "not decided", "missing"]
    first = base.verdicts[0].contrasts[0].effect
    assert rows[1][2] == f"{signed(first.value)} [{score(first.low)}, {score(first.high)}]"
    assert rows[4][2] == "–" and "Missing: recipe mlm+mnli on XNLI." in rows[4][3]
    assert "+8.7 on average; Phang et al. 2020, abstract" in rows[1][4]
    assert [row["difference"] for row in sheet(findings, "claims")][:1] == [first.value]


def test_published_figures_stand_beside_ours_with_what_is_only_recalled(findings):
    recalled = [
        Comparison(**{**one.model_dump(), "ours": 2.0}) if one.gain else one for one in findings.bases[0].comparisons
    ]
    for changed, shown in (
        (findings, ["+1.4", "–", "–"]),
        (with_base(findings, comparisons=tuple(recalled)), ["+1.4", "+2.0", "+0.6"]),
    ):
        text = as_markdown(named(changed, "published"), "")
        (rows,) = pipes(text)
        assert rows[1][4:] == ["50.0", "48.5", "−1.5", "theirs"]
        assert rows[2][4:] == [*shown, "theirs (recalled, unverified)"]
        assert "A paper (some/model). example.org, table 1" in text
        assert ("–: was not evaluated here." in text) == ("–" in shown)


def test_runs_names_what_is_missing_or_degenerate_and_csv_has_all(findings):
    (base,) = findings.bases
    (rows,) = pipes(as_markdown(named(findings, "runs"), ""))
    assert [row[:4] for row in rows[1:]] == [
        [run.recipe, run.target, str(run.seed), run.state] for run in base.runs if run.state != "scored"
    ]
    assert {(row["recipe"], row["target"], row["seed"]): row["predictions"] for row in sheet(findings, "runs")} == {
        (run.recipe, run.target, run.seed): run.predictions for run in base.runs
    }
    text = as_markdown(named(invented(recipes={"none": ""}), "runs"), "")
    assert pipes(text) == [] and "Of 9 runs 0 are missing, and 0 are degenerate." in text


def test_data_has_its_licence(findings):
    text = as_markdown(named(findings, "data"), "")
    assert pipes(text)[0][1] == ["[MNLI](<https://example.org>)", "mnli, xnli", "OANC", "Williams et al. 2018"]
    (one,) = findings.data
    bound = findings.model_copy(update={"data": (one.model_copy(update={"noncommercial": True}),)})
    assert "OANC; not for commercial use" in as_markdown(named(bound, "data"), "")
    assert sheet(bound, "data")[0]["noncommercial"] == "yes"


# several bases --------------------------------------------------------------------------------------------------------
def test_several_bases_have_sections_tables_and_one_csv():
    both = invented(bases=("tiny", "narrow"))
    for name in ("recipes", "scores", "languages-xnli", "gap", "claims"):
        text, paper = as_markdown(named(both, name), ""), as_latex(named(both, name), "", "s")
        assert text.count("## Base tiny") == text.count("## Base narrow") == 1 and len(pipes(text)) == 2
        assert re.findall(r"\\label{(.*?)}", paper) == [f"tab:s-{name}-tiny", f"tab:s-{name}-narrow"]
        assert {row["base"] for row in sheet(both, name)} == {"tiny", "narrow"}
    assert len(pipes(as_markdown(named(both, "data"), ""))) == 1


# LaTeX ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "study", [{}, {"targets": XTREME}, {"bases": ("tiny", "narrow"), "missing": [("mnli", "xnli")]}]
)
def test_latex_is_well_formed(study):
    for table in tables(invented(**study)):
        text = as_latex(table, "made of findings", "study")
        assert text.isascii() and r"\usepackage{booktabs}" in text.split(r"\begin", 1)[0]
        bare = re.sub(r"\\[{}]|\\\\|^%.*$", "", text, flags=re.M)
        depth = 0
        for letter in bare:
            depth += (letter == "{") - (letter == "}")
            assert depth >= 0
        assert depth == 0
        opened = re.findall(r"\\(begin|end){(.*?)}", text)
        stack = []
        for which, environment in opened:
            if which == "begin":
                stack.append(environment)
            else:
                assert stack.pop() == environment
        assert not stack
        for section, rows in zip([s for s in table.sections if s.rows], tabulars(text), strict=True):
            assert {len(row) for row in rows} == {len(section.columns)}
        used = set(re.findall(r"\\([A-Za-z]+)", bare))
        assert used <= KNOWN


def test_latex_says_what_markdown_says(findings):
    for name in ("recipes", "gap", "languages-tydiqa"):
        (paper,), (text,) = (
            tabulars(as_latex(named(findings, name), "", "s")),
            pipes(as_markdown(named(findings, name), "")),
        )
        assert [[read_back(cell) for cell in row] for row in paper[1:]] == text[1:]


def test_a_long_table_is_broken_into_several():
    rows = tuple((Cell(f"row {number}"), Cell(str(number))) for number in range(120))
    section = Section("", (Column("A", "word"), Column("B")), (rows[:70], rows[70:]), ("A note.",))
    text = as_latex(Table("long", "Long", "What it is.", (section,), Sheet((), ())), "", "s")
    found = tabulars(text)
    assert [len(part) - 1 for part in found] == [50, 50, 20]
    assert [row[1] for part in found for row in part[1:]] == [str(number) for number in range(120)]
    assert text.count(r"\midrule") == 3 + 1 and text.count("A note.") == 1
    assert re.findall(r"\\label{(.*?)}", text) == ["tab:s-long", "tab:s-long-2", "tab:s-long-3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 % of a_b & c#1 {x}", r"50 \% of a\_b \& c\#1 \{x\}"),
        ("−1.5 – é ł ß", r"$-$1.5 -- \'{e} \l{} \ss{}"),
        ("--config ~x^2 \\n", r"-{}-config \textasciitilde{}x\textasciicircum{}2 \textbackslash{}n"),
        ("a < b | c > $", r"a $<$ b $|$ c $>$ \$"),
    ],
)
def test_latex_shows_text_as_it_is(text, expected):
    assert in_latex(text) == expected


def test_letters_that_pdflatex_cannot_set_are_told_on_top():
    section = Section("", (Column("A", "word"),), (((Cell("Ответ"),),),))
    text = as_latex(Table("t", "T", "", (section,), Sheet((), ())), "", "s")
    assert "Ответ" in text and "use lualatex" in text.split(r"\begin")[0]


def test_a_row_that_begins_with_a_bracket_is_no_option_of_the_row_above():
    section = Section("", (Column("A", "word"), Column("B")), (((Cell("[a]"), Cell("1")),),))
    assert "\n{}[a] & 1" in as_latex(Table("t", "T", "", (section,), Sheet((), ())), "", "s")


def has_latex():
    if shutil.which("pdflatex") is None:
        return False
    return subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_latex(), reason="there is no LaTeX with booktabs")
@pytest.mark.parametrize("layout", ["", "twocolumn"])
def test_latex_compiles_with_booktabs_alone(tmp_path, layout):
    for number, study in enumerate([{"targets": XTREME}, {"bases": ("tiny", "narrow"), "missing": [("mnli", "xnli")]}]):
        write_all(invented(**study), tmp_path / str(number))
    inputs = "".join(f"\\input{{{path}}}\\clearpage\n" for path in sorted(tmp_path.rglob("*.tex")))
    document = (
        f"\\documentclass[{layout}]{{article}}\\usepackage{{booktabs}}\\begin{{document}}{inputs}\\end{{document}}"
    )
    (tmp_path / "all.tex").write_text(document)
    made = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout.decode()[-2000:]


# Markdown -------------------------------------------------------------------------------------------------------------
def test_pipes_stand_below_each_other(findings):
    for table in tables(findings):
        for block in re.findall(r"(?:^\|.*\n)+", as_markdown(table, ""), flags=re.M):
            places = {tuple(found.start() for found in re.finditer(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(places) == 1


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20))
def test_no_text_breaks_out_of_its_cell(text):
    section = Section("", (Column(text, "word"), Column("B", "word")), (((Cell(text), Cell("b", best=True)),),))
    table = Table("t", "T", "", (section,), Sheet((), ()))
    (rows,) = pipes(as_markdown(table, ""))
    assert [len(row) for row in rows] == [2, 2] and rows[1][1] == "**b**"
    ((head, row),) = tabulars(as_latex(table, "", "s"))
    assert len(head) == len(row) == 2 and row[1] == r"\textbf{b}"


@pytest.mark.parametrize(
    ("value", "shown", "with_sign"), [(1.25, "1.2", "+1.2"), (-0.04, "0.0", "0.0"), (-3.16, "−3.2", "−3.2")]
)
def test_figures_have_a_typographic_minus_and_no_sign_where_they_round_to_nothing(value, shown, with_sign):
    assert (score(value), signed(value)) == (shown, with_sign)


# holes ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "study",
    [
        {"recipes": {"none": ""}},
        {"seeds": (1,)},
        {"targets": ("tatoeba",)},
        {"missing": [("none", target) for target in TARGETS]},
        {"missing": [(recipe, target) for recipe in RECIPES for target in TARGETS]},
    ],
    ids=["the baseline alone", "one seed", "no english", "no baseline", "nothing"],
)
def test_whatever_is_missing_every_table_is_written(study, tmp_path):
    found = invented(**study)
    write_all(found, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(files(found.spec))
    text = (tmp_path / "recipes.md").read_text()
    assert ("runs are missing. Not there yet: all of none" in text) == ("missing" in study)
    assert "nan" not in "".join(path.read_text() for path in tmp_path.iterdir()).lower().replace("finan", "")


def test_a_target_of_which_nothing_is_there_says_so(findings):
    (base,) = findings.bases
    targets = [one.model_copy(update={"languages": {}}) if one.name == "xnli" else one for one in base.targets]
    changed = with_base(
        findings, targets=tuple(targets), languages=tuple(one for one in base.languages if one.target != "xnli")
    )
    text = as_markdown(named(changed, "languages-xnli"), "")
    assert pipes(text) == [] and "Nothing of it is there yet" in text


def test_nothing_claimed_published_or_read_is_said(findings):
    bare = with_base(findings, verdicts=(), comparisons=()).model_copy(update={"data": ()})
    for name, sentence in (
        ("claims", "held against no claim"),
        ("published", "Nothing that was published compares"),
        ("data", "reads no published data"),
    ):
        assert sentence in as_markdown(named(bare, name), "") and sentence in as_latex(named(bare, name), "", "s")


# the program ----------------------------------------------------------------------------------------------------------
def program(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "write_tables.py", *map(str, arguments)],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_writes_what_findings_hold(findings, tmp_path):
    (tmp_path / "findings.json").write_text(findings.model_dump_json())
    made = program("--findings", tmp_path / "findings.json", "--out", tmp_path / "tables", "--code", "abc")
    assert made.returncode == 0, made.stderr
    write_all(findings, tmp_path / "expected", "abc")
    for file in (tmp_path / "expected").iterdir():
        assert (tmp_path / "tables" / file.name).read_text() == file.read_text()
    assert "written by abc" in (tmp_path / "tables" / "recipes.md").read_text()


def test_the_program_says_what_to_do_with_a_broken_file(tmp_path):
    (tmp_path / "findings.json").write_text("{}")
    made = program("--findings", tmp_path / "findings.json", "--out", tmp_path / "tables")
    assert made.returncode == 2 and "holds no findings" in made.stderr and "Traceback" not in made.stderr
