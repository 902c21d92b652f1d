"""One real run of a small study: what it made, how often, and that it says the same twice."""

import json
import re
import shutil
import zipfile

import pyarrow.parquet as pq
import pytest
import transformers
from clones import clone_into

NODE = "checkpoints/tiny/s1"
FORMER = ("write_tables", "draw_figures")  # which a study's card lists


def test_every_job_ran_once(finished):
    _, log = finished
    made = re.findall(r"^    output: (\S+?),? ", log, flags=re.MULTILINE)
    assert len(made) == len(set(made)) > 60
    trained = [re.sub(r".*checkpoints/|/model.safetensors", "", m) for m in made if "checkpoints" in m]
    # A chain and its beginning share their first node; XQuAD and MLQA share theirs.
    assert sorted(trained) == sorted(
        ["tiny"]
        + [f"tiny/s1/{recipe}" for recipe in ("mnli", "mnli/squad", "ccg+hellaswag+mlm+qqp")]
        + [
            f"tiny/s1/{recipe}{target}"
            for recipe in ("", "mnli/", "mnli/squad/", "ccg+hellaswag+mlm+qqp/")
            for target in ("xnli", "udpos", "xquad")
        ]
    )


def test_a_second_run_does_nothing(finished):
    clone, _ = finished
    assert not clone.planned()
    assert "Nothing to be done" in clone.snakemake().stderr


@pytest.mark.parametrize(
    ("node", "auto_class"),
    [
        ("checkpoints/tiny", "AutoModelForMaskedLM"),
        (f"{NODE}/mnli", "AutoModelForSequenceClassification"),
        (f"{NODE}/mnli/squad", "AutoModelForQuestionAnswering"),
        (f"{NODE}/ccg+hellaswag+mlm+qqp", "AutoModel"),
        (f"{NODE}/udpos", "AutoModelForTokenClassification"),
    ],
)
def test_checkpoints_open_with_transformers(finished, node, auto_class):
    folder = finished[0].results / node
    model, loaded = getattr(transformers, auto_class).from_pretrained(folder, output_loading_info=True)
    assert not loaded["unexpected_keys"]
    assert {key.split(".")[0] for key in loaded["missing_keys"]} <= {"pooler"}
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("the dog sleeps .", return_tensors="pt")
    assert model(**ids)[0].isfinite().all()
    assert {p.suffix for p in folder.iterdir() if p.is_file()} <= {".safetensors", ".json", ".md", ".svg", ""}


def test_records_name_what_a_node_came_from(finished):
    results = finished[0].results
    child = json.loads((results / NODE / "mnli/squad/training.json").read_text())
    assert child["parent"] == (results / NODE / "mnli/digest").read_text().strip()
    assert child["data"] == {"squad": (results / "tokens/mini/squad/train.digest").read_text().strip()}
    predicted = json.loads((results / "predictions/tiny/s1/mnli/xquad/mlqa.json").read_text())
    assert predicted["checkpoint"] == (results / NODE / "mnli/xquad/digest").read_text().strip()


def test_predictions_cover_every_example_of_every_language(finished):
    results = finished[0].results
    for target, node in (("xnli", "tiny/s1/xnli"), ("mlqa", "tiny/s1/xquad"), ("udpos", "tiny/s1/udpos")):
        said = pq.read_table(results / f"predictions/{node}/{target}.parquet").to_pylist()
        gold = pq.read_table(results / f"records/{target}/test.parquet").to_pylist()
        assert [(r["id"], r["language"]) for r in said] == [(r["id"], r["language"]) for r in gold]
        assert len({r["language"] for r in said}) == 6


def test_selection_saw_english_only(finished):
    for file in finished[0].results.glob("records/*/dev.parquet"):
        if file.parent.name != "bucc":  # which trains nothing, and sets its threshold on dev
            assert set(pq.read_table(file)["language"].to_pylist()) == {"en"}


def test_two_runs_from_nothing_agree(finished, tmp_path):
    clone, _ = finished
    again = clone_into(tmp_path / "again")
    again.snakemake("--", "results/nano/scores/tiny/s1/mnli/xnli/xnli.json", "results/nano/scores/tiny/tatoeba.json")
    for name in ("scores/tiny/s1/mnli/xnli/xnli", "scores/tiny/tatoeba"):
        one, two = (json.loads((c.results / f"{name}.json").read_text())["rows"] for c in (clone, again))
        assert one == two


def test_the_report_is_there_and_alone(finished):
    page = (finished[0].results / "report/smoke/report.html").read_text(encoding="utf-8")
    assert "Does the plumbing hold?" in page
    assert not re.search(r"""src=["']?(https?:)?//|<link|@import|url\(""", page), (
        "links that nobody follows load nothing"
    )


def test_snakemakes_own_report_holds_page_figures_and_tables(finished, tmp_path):
    clone, _ = finished
    clone.snakemake("--report", str(tmp_path / "report.zip"))
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {"report.html", "forest-mean.svg", "gap.png", "recipes.csv", "claims.md"} <= names


@pytest.mark.parametrize(
    ("target", "jobs"),
    [("tables", {"write_tables"}), ("figures", {"draw_figures"}), ("cards", {"write_cards", *FORMER})],
)
def test_parts_of_the_report_are_made_alone(copy, target, jobs):
    shutil.rmtree(copy.results / "report/smoke")
    planned = {job.split()[0] for job in copy.planned(target)}
    assert planned == {"compare_recipes", *jobs}
    copy.snakemake("--", target)
    assert not copy.planned(target)
    assert not (copy.results / "report/smoke/report.html").exists()


def test_a_preview_shows_what_is_there_and_makes_nothing_else(copy):
    shutil.rmtree(copy.results / "scores/tiny/s1/mnli")
    before = {file for file in copy.results.rglob("*") if file.is_file()}
    copy.snakemake("--", "preview")
    made = {file for file in copy.results.rglob("*") if file.is_file()} - before
    folder = copy.results / "report/smoke/preview"
    assert [file.name for file in made if folder not in file.parents] == ["smoke.preview.log"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "missing" in page
    copy.snakemake("--", "preview")
