"""missing: what is not there, and commands that make it; folders of results from elsewhere."""

import json
import shlex
import shutil

import pytest

from xstilts.errors import UserError
from xstilts.explore.figures import Wanted
from xstilts.explore.missing import missing
from xstilts.explore.pivot import pivot
from xstilts.explore.results import of_folder, of_study
from xstilts.explore.show import show


# missing --------------------------------------------------------------------------------------------------------------
def test_every_evaluation_that_is_not_there_is_named_with_its_command(partial):
    listing = missing(partial, Wanted(), csv=True)
    assert [row[:4] for row in listing.rows] == [
        ("tiny", "mnli", "xnli", "1"),
        ("tiny", "squad", "xcopa", "2"),
        ("tiny", "squad", "tatoeba", "2"),
        ("tiny", "mnli", "xnli", "3"),
    ]
    results = str(partial.folder.parents[1])
    for (*_, command), name in zip(
        listing.rows,
        ("s1/mnli/xnli/xnli", "s2/mnli/squad/xcopa/xcopa", "s2/mnli/squad/tatoeba", "s3/mnli/xnli/xnli"),
        strict=True,
    ):
        target = str(partial.folder / "tiny" / f"{name}.json")
        assert shlex.split(command) == [
            *("snakemake", target, "--config", "world=mini", "study=dice", f"results={results}", "-c2")
        ]
    assert listing.title == "23 of 27 evaluations are there"
    assert listing.notes == (
        f"All: snakemake scores --config world=mini study=dice results={results} -c2",
        f"One: snakemake FILE --config world=mini study=dice results={results} -c2",
    )
    assert [row[-1] for row in missing(partial, Wanted()).rows] == [row[-2] for row in listing.rows]


def test_an_untouched_base_is_missing_once_for_all_seeds(project, tmp_path):
    shutil.copytree(project / "results", tmp_path / "results")
    (tmp_path / "results" / "mini" / "scores" / "tiny" / "tatoeba.parquet").unlink()
    results = of_study("mini", "dice", str(tmp_path / "results"), project)
    listing = missing(results, Wanted())
    assert [row[:4] for row in listing.rows] == [("tiny", "none", "tatoeba", "1 2 3")]
    assert listing.title == "24 of 27 evaluations are there"


def test_nothing_is_missing_of_a_whole_study(whole):
    listing = missing(whole, Wanted())
    assert (listing.rows, listing.notes, listing.title) == ([], (), "27 of 27 evaluations are there")


def test_filters_narrow_what_is_asked_for(partial):
    listing = missing(partial, Wanted(recipe=("squad",), target=("xcopa", "xnli")))
    assert [row[1:4] for row in listing.rows] == [("squad", "xcopa", "2")]
    assert listing.title == "5 of 6 evaluations are there"


def test_a_study_that_has_not_begun_lacks_everything(project, tmp_path):
    results = of_study("mini", "dice", str(tmp_path / "nothing"), project)
    assert len(missing(results, Wanted()).rows) == 27 - 2
    with pytest.raises(UserError, match="nothing of this is there yet"):
        show(results, Wanted())


# results from elsewhere -----------------------------------------------------------------------------------------------
@pytest.fixture
def elsewhere(project, tmp_path):
    """The same files, all in one folder and under other names, beside JSON of other kinds."""
    folder = tmp_path / "from-a-friend"
    folder.mkdir()
    for number, file in enumerate(sorted((project / "results" / "mini" / "scores").rglob("*.json"))):
        shutil.copy(file, folder / f"{number}.json")
        shutil.copy(file.with_suffix(".parquet"), folder / f"{number}.parquet")
    (folder / "settings.json").write_text('{"spec": 1}')
    (folder / "list.json").write_text("[1, 2]")
    return folder


def test_a_folder_without_a_study_tells_the_same_figures(elsewhere, whole):
    def bare(listing):
        return [[cell if isinstance(cell, str) else (cell.value, cell.mark) for cell in row] for row in listing.rows]

    found = of_folder(elsewhere)
    assert found.spec.recipes == {"none": "", "mnli": "mnli", "mnli/squad": "mnli/squad"}
    expected = {row[0]: row[1:] for row in bare(pivot(whole, Wanted(), "recipe", "target"))}
    names = [column.name for column in pivot(found, Wanted(), "recipe", "target").columns]
    order = [names.index(name) for name in ("xnli", "xcopa", "tatoeba", "(mean)")]
    for recipe, *cells in bare(pivot(found, Wanted(), "recipe", "target")):
        want = expected["squad" if recipe == "mnli/squad" else recipe]
        assert [cells[place - 1][0] for place in order] == pytest.approx([value for value, _ in want])
        assert [cells[place - 1][1] for place in order] == [mark for _, mark in want]


def test_the_folder_of_all_results_is_read_by_its_score_folders(project):
    found = of_folder(project / "results")
    assert len(found.scores) == 27 and found.overrides is None


def test_a_folder_does_not_say_what_is_missing(elsewhere):
    with pytest.raises(UserError, match="name the study by --study"):
        missing(of_folder(elsewhere), Wanted())


def test_a_file_that_cannot_be_read_is_left_out_and_named(elsewhere):
    record = json.loads((elsewhere / "0.json").read_text())
    (elsewhere / "0.json").write_text(json.dumps(record | {"rows": "none"}))
    (elsewhere / "1.json").write_text("{torn")
    found = of_folder(elsewhere)
    assert len(found.notes) == 2 and all("was left out, since it cannot be read" in note for note in found.notes)
    assert set(found.notes) <= set(show(found, Wanted()).notes)


def test_an_evaluation_that_is_there_twice_is_an_error(elsewhere):
    shutil.copy(elsewhere / "0.json", elsewhere / "again.json")
    with pytest.raises(UserError, match=r"0\.json and .*again\.json are of the same evaluation"):
        of_folder(elsewhere)


@pytest.mark.parametrize(
    ("name", "said"), [("empty", "there is no score file below"), ("nowhere", "there is no folder")]
)
def test_a_folder_without_score_files_is_an_error(tmp_path, name, said):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=said):
        of_folder(tmp_path / name)


def test_a_misspelt_study_is_an_error_that_says_which_was_meant(project):
    with pytest.raises(UserError, match=r"there is no study 'dcie' \(did you mean 'dice'\?\)"):
        of_study("mini", "dcie", None, project)
