"""The archive and its manifest: what is refused, what is said, and that equal predictions give equal bytes."""

import json
import os
from pathlib import Path
from zipfile import ZipFile

import pytest
from desk import NODE, Desk

from xstilts.errors import UserError
from xstilts.files import digest_of, write_json
from xstilts.submission.official import FOLDERS
from xstilts.tasks import SUITES, get

SIDES = {"text_a": "a", "text_b": "b", "label": "neutral"}


def xnli(languages, count=2):
    records = [{"id": str(n), "language": code, **SIDES} for code in languages for n in range(count)]
    return records, [{"id": row["id"], "language": row["language"], "prediction": "neutral"} for row in records]


def all_of_xnli(desk, count=5010):
    desk.put("xnli", *xnli(get("xnli").languages, count))


def test_folders_are_xtremes_tasks_in_their_languages():
    assert {folder.target for folder in FOLDERS} == set(SUITES["xtreme"])
    for folder in FOLDERS:
        assert set(folder.counts) == set(get(folder.target).languages), folder.name


def test_the_manifest_counts_beside_xtreme(desk):
    all_of_xnli(desk)
    written = desk.write()
    assert written.manifest["files"]["xnli/test-ur.tsv"] == {"lines": 5010, "xtreme": 5010}
    assert written.manifest["missing"] == [folder.name for folder in FOLDERS if folder.name != "xnli"]
    assert len(written.manifest["problems"]) == 1  # that eight folders are not there
    assert "targets: [xtreme]" in written.manifest["problems"][0]
    assert written.manifest["xtreme"] is True
    assert json.loads(written.archive.with_suffix(".json").read_text()) == written.manifest
    assert written.manifest["digest"] == digest_of([written.archive])


def test_another_count_than_xtremes_is_said_and_strictly_refused(desk, caplog):
    all_of_xnli(desk, 3)
    written = desk.write()
    what = "xnli/test-ar.tsv is not of the official test set: 3 lines, XTREME has 5010"
    assert what in written.manifest["problems"] and what in caplog.text
    with pytest.raises(UserError, match=r"no whole submission to XTREME:(.|\n)*3 lines, XTREME has 5010"):
        desk.write("strict", strict=True)
    assert not (desk.place / "strict.zip").exists()


def test_a_missing_language_is_refused(desk):
    desk.put("xnli", *xnli(("ar", "bg")))
    with pytest.raises(UserError, match=r"xnli: no test data in de, el, .* zh, and XTREME.*tasks\.xnli.*--partial"):
        desk.write()
    written = desk.write(partial=True)
    assert written.names == ["xnli/test-ar.tsv", "xnli/test-bg.tsv"]
    assert written.problems("xnli: no test data in de, el")


def test_a_language_that_xtreme_lacks_is_left_out_and_said(desk):
    desk.put("xnli", *xnli(("ar", "qu")))
    written = desk.write(partial=True)
    assert written.names == ["xnli/test-ar.tsv"]
    assert written.problems("xnli: qu left out")


def test_a_generated_world_has_its_own_languages_and_is_no_submission(tmp_path: Path):
    desk = Desk(tmp_path, generated=True)
    desk.put("xnli", *xnli(("en", "qla")))
    written = desk.write()
    assert written.names == ["xnli/test-en.tsv", "xnli/test-qla.tsv"]
    assert written.manifest["xtreme"] is False
    assert written.manifest["files"]["xnli/test-qla.tsv"] == {"lines": 2}
    assert written.problems("no submission to XTREME: the world generates the data of xnli")
    with pytest.raises(UserError, match="the world generates"):
        desk.write(strict=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said[1:], "xnli ar: 1 of 2 records have no prediction .0.; make the predictions again"),
        (lambda said: [*said, {**said[0], "id": "9"}], "xnli ar: 1 predictions are of no record .9."),
        (lambda said: [said[0], said[0]], "xnli ar: two predictions have the same id"),
        (lambda said: [{**row, "language": "bg"} for row in said], "xnli: records and predictions differ in ar, bg"),
        (lambda said: [{**row, "split": "dev"} for row in said], "xnli: records and predictions differ in ar"),
    ],
)
def test_predictions_of_other_records_are_refused(desk, change, message):
    records, said = xnli(["ar"])
    desk.put("xnli", records, change(said))
    with pytest.raises(UserError, match=message):
        desk.write(partial=True)
    assert not list(desk.place.glob("*.zip"))


@pytest.mark.parametrize(("name", "other"), [("node", "tiny/s2/x"), ("task", "xquad")])
def test_predictions_of_another_model_are_refused(desk, name, other):
    desk.put("xnli", *xnli(["ar"]))
    told = {"node": NODE, "task": "xnli", name: other}
    write_json(desk.predictions("xnli").with_suffix(".json"), {"spec": told})
    with pytest.raises(UserError, match=f"holds predictions of {name} '{other}'"):
        desk.write(partial=True)


def test_predictions_need_no_order(desk):
    records, _ = xnli(["ar"], 3)
    labels = ("entailment", "neutral", "contradiction")
    said = [{"id": str(n), "language": "ar", "prediction": labels[n]} for n in (2, 0, 1)]
    desk.put("xnli", records, said)
    assert desk.write(partial=True)["xnli/test-ar.tsv"].split() == list(labels)


def test_equal_predictions_give_equal_bytes(desk):
    desk.put("xnli", *xnli(("bg", "ar")))
    one = desk.write("one", partial=True)
    os.utime(desk.predictions("xnli"), (0, 0))
    other = desk.write("other", partial=True)
    assert one.archive.read_bytes() == other.archive.read_bytes()
    with ZipFile(one.archive) as opened:
        assert opened.namelist() == sorted(opened.namelist())
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in opened.infolist()} == {0o644}
        assert opened.testzip() is None
