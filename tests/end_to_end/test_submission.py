"""A submission of a finished run: written from what is there, once, in the form that XTREME asks for."""

import json
import sys

import pyarrow.parquet as pq
from clones import ROOT

sys.path.append(str(ROOT / "tests" / "submission"))  # a checker that knows the format alone
from checker import contents, form

RECIPES = ("none", "mnli", "chain", "mixed")
FOLDERS = {"xnli": "xnli", "udpos": "udpos", "xquad": "xquad", "mlqa": "mlqa", "bucc2018": "bucc", "tatoeba": "tatoeba"}


def test_a_finished_study_is_written_for_xtreme(copy):
    made = copy.planned("submission")
    assert set(made) == {f"write_submission submission/smoke/tiny-s1-{recipe}" for recipe in RECIPES}
    copy.snakemake("--", "submission")
    assert not copy.planned("submission")
    folder = copy.results / "submission" / "smoke"
    for recipe in RECIPES:
        archive = folder / f"tiny-s1-{recipe}.zip"
        texts = contents(archive)
        # The miniature's names of sentences are not BUCC's.
        wrong = [one for (task, code), text in texts.items() if task != "bucc2018" for one in form(task, code, text)]
        assert not wrong
        for task, target in FOLDERS.items():
            rows = pq.read_table(copy.results / f"records/{target}/test.parquet", columns=["language"])
            assert {code for name, code in texts if name == task} == set(rows["language"].to_pylist())
        manifest = json.loads(archive.with_suffix(".json").read_text())
        assert (manifest["xtreme"], manifest["missing"]) == (False, ["pawsx", "panx", "tydiqa"])
    before = (folder / "tiny-s1-none.zip").read_bytes()
    (folder / "tiny-s1-none.zip").unlink()
    copy.snakemake("--", "submission")
    assert (folder / "tiny-s1-none.zip").read_bytes() == before
