"""The card of a study: what a data hub reads of it, and what a person does."""

import csv
import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from card_reading import broken, cells, code_in, section
from huggingface_hub import DatasetCard
from invented import invented

from xstilts.cards.columns import MEANINGS, explained, folded, stem_of
from xstilts.cards.study import citations, study_card
from xstilts.report import rows
from xstilts.report.findings import MEAN, Effect
from xstilts.report.tables import write_all

FOLDER = Path("results/mini/report/invented")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A study's folder with its tables; relative, as Snakemake says it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    write_all(invented(), FOLDER / "tables")
    (FOLDER / "findings.json").write_text(invented().model_dump_json())
    one = ["tiny", "mnli", "mnli", 1, "tiny/s1/mnli/xnli", "xnli", "en", "test", "score", "", 50.0, 60, 40.0, 60.0]
    with (FOLDER / "scores.csv").open("w", newline="") as file:
        csv.writer(file).writerows([rows.COLUMNS, [*one, 38.0, 62.0, ""], [*one, 38.0, 62.0, "tiny/s1/mnli"]])
    return FOLDER


def written(findings, folder):
    (folder / "README.md").write_text(study_card(findings, folder), encoding="utf-8")
    return (folder / "README.md").read_text(encoding="utf-8")


def told(**changes):
    """Invented findings whose answer is as given."""
    (base,) = invented().bases
    return invented().model_copy(update={"bases": (base.model_copy(update=changes),)})


def test_a_hub_reads_its_head(folder):
    written(invented(), folder)
    said = DatasetCard.load(folder / "README.md").data.to_dict()
    assert said["license"] == "other" and said["license_name"] == "yours-to-choose"
    assert "en" in said["language"] and not {"qla", "qlb"} & set(said["language"])
    assert said["size_categories"] == ["n<1K"]
    assert "generated-data" in said["tags"]
    names = {one["config_name"]: one["data_files"] for one in said["configs"]}
    assert names["scores"] == "scores.csv" and names["tables-effects"] == "tables/effects.csv"
    assert [one["config_name"] for one in said["configs"] if one.get("default")] == ["scores"]
    assert all((folder / file).is_file() for file in names.values())


def test_every_table_that_it_names_loads_by_that_name(folder, tmp_path):
    from datasets import load_dataset

    written(invented(), folder)
    configs = DatasetCard.load(folder / "README.md").data.to_dict()["configs"]
    for one in configs:
        loaded = load_dataset(str(folder), one["config_name"], split="train", cache_dir=str(tmp_path / "cache"))
        with (folder / one["data_files"]).open(newline="") as file:
            head, *lines = csv.reader(file)
        assert loaded.column_names == head and len(loaded) == len(lines) > 0


def test_its_code_runs(folder):
    with redirect_stdout(io.StringIO()):
        exec(code_in(written(invented(), folder), "python"), opened := {})
    assert opened["rows"]["value"] == [50.0, 50.0]


def test_a_table_without_rows_is_told_of_and_not_offered(folder):
    sheet = folder / "tables" / "published.csv"
    sheet.write_text(sheet.read_text().splitlines()[0] + "\n")
    text = written(invented(), folder)
    assert "tables-published" not in text.split("---\n")[1]
    (row,) = [row for row in cells(section(text, "Files")) if "tables/published.csv" in row[0]]
    assert row[2] == "0"


def test_files_are_those_that_are_there_with_their_columns(folder):
    text = written(invented(), folder)
    assert broken(folder / "README.md") == []
    files = {row[0].split("]")[0].strip("["): row for row in cells(section(text, "Files"))}
    there = {str(file.relative_to(folder)) for file in folder.rglob("*.csv")} | {"findings.json"}
    assert set(files) == there
    assert all(row[1] for row in files.values()), "each is told of in a sentence"
    assert all(f"`{name}`" in files["scores.csv"][3] for name in ("base", "recipe", "value", "n"))
    assert "report.html" not in text, "it is not there"


def test_files_of_a_recipe_that_the_study_had_once_are_not_of_it(folder):
    (folder / "figures").mkdir()
    for name in ("figures/languages-mnli.csv", "figures/languages-gone.csv", "tables/languages-gone.csv"):
        (folder / name).write_text("recipe\nmnli\n")
    text = written(invented(), folder)
    assert "figures/languages-mnli.csv" in text and "languages-gone" not in text


def test_every_column_of_every_table_is_explained(folder):
    text = written(invented(), folder)
    names = {row[0].strip("`") for row in cells(section(text, "Columns"))}
    for file in folder.rglob("*.csv"):
        with file.open(newline="") as opened:
            for column in next(csv.reader(opened)):
                stem, ending = stem_of(column)
                whole = column in MEANINGS
                assert column in names if whole else {stem, f"…{ending}"} <= names, f"{file.name}: {column}"


def test_columns_are_shown_in_short_and_none_is_lost():
    columns = ("base", "gain", "gain_low", "gain_high", "gain_p", "others_99_low", "others_99_high")
    assert folded(columns) == "`base`, `gain` (`_low _high _p`), `others_99_low`, `others_99_high`"
    assert dict(explained(columns))["`others_99`"] == MEANINGS["others_99"]


def test_the_answer_has_its_figures(folder):
    findings = invented()
    best = findings.bases[0].answer
    text = written(findings, folder)
    assert findings.spec.asks in text
    figures = f"{best.gain.value:+.1f} [{best.gain.low:.1f}, {best.gain.high:.1f}] points".replace("-", "−")
    assert f"`{best.recipe}` gains most over `none`: {figures} on the mean over 3 targets" in text
    assert "3 seeds" in text and "picked in hindsight" in text


def test_the_answer_counts_the_seeds_that_it_rests_on(folder):
    (base,) = invented().bases
    best = base.answer.recipe
    fewer = [
        one.model_copy(update={"seeds": (1, 3)}) if (one.recipe, one.target) == (best, MEAN) else one
        for one in base.outcomes
    ]
    text = written(told(outcomes=tuple(fewer)), folder)
    assert "(95 % interval, 2 seeds)" in text


def test_a_question_cannot_break_out_of_the_text(folder):
    text = written(invented(asks="Is <img src=x onerror=alert(1)> *bold* [here](https://example.org)?"), folder)
    said = text.split("---\n", 2)[2]
    assert "\\<img" in said and " <img" not in said
    assert "\\*bold\\*" in said and "[here]\\(https" in said


def effect(value, holm):
    return Effect(value=value, low=value - 1, high=value + 1, p=holm, holm=holm, detectable=1.0)


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        (effect(3.0, 0.001), "more than chance would bring"),
        (effect(3.0, 0.2), "which chance alone could bring"),
        (effect(-3.0, 0.001), "a loss that holds"),
    ],
)
def test_how_sure_the_answer_is_follows_from_the_corrected_p(gain, says, folder):
    answer = invented().bases[0].answer.model_copy(update={"gain": gain, "others": None})
    text = written(told(answer=answer), folder)
    assert says in text and "in the other languages" not in text.split("## Files")[0]


def test_without_an_answer_it_says_that_nothing_compares(folder):
    assert "nothing can be compared with `none` yet" in written(told(answer=None), folder)


def test_missing_and_degenerate_evaluations_are_counted(folder):
    findings = invented(missing=[("mnli", "xnli")])
    (base,) = findings.bases
    text = written(findings, folder)
    assert f"**3 of {len(base.runs)} evaluations on `tiny` are missing**" in text
    assert f"{len(base.degenerate)} of {len(base.runs)} evaluations on `tiny` descend from" in text


def test_data_command_versions_and_whom_to_cite_stand_in_it(folder):
    findings = invented()
    text = written(findings, folder)
    (data,) = cells(section(text, "Data"))
    assert data == ["[MNLI](https://example.org)", "mnli, xnli", "OANC", "Williams et al. 2018"]
    assert code_in(text, "sh") == "snakemake --config world=mini study=invented -c2\n"
    assert ["numpy", "2.4.6, 2.4.7"] in cells(section(text, "How it was made"))
    assert "arxiv.org/abs/2005.13013" in section(text, "Cite")
    assert "Jason Phang" in section(text, "Cite") and "xstilts" in section(text, "Cite")


def test_without_the_file_nobody_is_cited_wrongly(tmp_path):
    assert citations(tmp_path / "CITATION.cff") == []


def test_nothing_but_findings_is_enough(tmp_path):
    text = study_card(invented(recipes={"none": ""}, seeds=(1,)), tmp_path)
    assert "## Licence" in text and "## Load it" not in text
    (tmp_path / "README.md").write_text(text)
    assert DatasetCard.load(tmp_path / "README.md").data.to_dict().get("configs") is None
