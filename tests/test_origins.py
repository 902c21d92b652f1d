"""Where data is read from: the three ways, and that what is fetched is what is read."""

from pathlib import Path

import pytest

from xstilts.config import load
from xstilts.errors import UserError
from xstilts.origins import Origins
from xstilts.sources.find import files_of, matching
from xstilts.tasks import TASKS, get
from xstilts.tasks.release import releases

ROOT = Path(__file__).parents[1]
STUDY = {"asks": "?", "seeds": [1], "recipes": {"none": []}, "targets": ["xnli"], "compare": {"baseline": "none"}}


def real(tasks=None, **settings):
    """The sources of the real world, with some of its tasks or settings changed."""
    worlds = {"real": {"tasks": tasks or {}}}
    config = {"world": "real", "study": "tried", "studies": {"tried": STUDY}, "worlds": worlds}
    project = load(config | settings, ROOT)
    return Origins(project.settings, project.world)


def splits(world, task):
    """(split, languages) of all that the task may read."""
    for split in sorted(world.splits_of(task)):
        yield split, world.languages_in(task, split)
    for variant in world.tasks[task].variants:
        yield "train", world.languages_in(f"{task}@{variant}", "train")


HUB = [name for name, data in real().world.tasks.items() if data.source == "hub"]


@pytest.mark.parametrize("name", [*HUB, "udpos"])
def test_what_is_fetched_from_the_hub_is_what_is_read(name, tmp_path):
    """A hub that gives exactly what the specification wants has every file that every reader looks for."""
    origins = real({name: {"source": "hub"}}, downloads=str(tmp_path))
    read = 0
    for split, languages in splits(origins.world, name):
        for origin in origins.of(get(name), split, languages):
            way, folder = origins.where(origins.world.tasks[name], releases()[origin.release])
            assert str(folder) == origin.folder
            if way == "hub":
                for config, part in origins.download_spec(releases()[origin.release].home, "hub").wanted:
                    (folder / config).mkdir(parents=True, exist_ok=True)
                    (folder / config / f"{part}-00000.parquet").touch()
                assert files_of(origin)
                read += 1
    assert read


def test_the_three_ways(tmp_path):
    origins = real({"squad": {"source": "files"}, "mlqa": {"source": "files", "folder": str(tmp_path)}})
    tasks, known = origins.world.tasks, releases()
    assert origins.where(tasks["mnli"], known["mnli"]) == ("hub", Path("data/downloads/mnli/hub"))
    assert origins.where(tasks["squad"], known["squad_v1"]) == ("original", Path("data/downloads/squad_v1/original"))
    assert origins.where(tasks["mlqa"], known["mlqa"]) == ("own", tmp_path)
    assert origins.where(tasks["hellaswag"], known["hellaswag_mt"]) == ("own", Path("data/hellaswag_mt"))
    own = real(files="/originals")
    assert own.where(tasks["mnli"], known["mnli"]) == ("own", Path("/originals/mnli"))
    assert own.where(tasks["mlqa-cross"], known["mlqa_cross"]) == ("own", Path("/originals/mlqa"))


def test_a_folder_may_hold_several_releases(tmp_path):
    origins = real({"anli": {"source": "files", "folder": str(tmp_path)}})
    (tmp_path / "snli").mkdir()
    folders = {origin.release: origin.folder for origin in origins.of(get("anli"), "train", ["en"])}
    assert folders == {"snli": str(tmp_path / "snli"), "mnli": str(tmp_path), "anli": str(tmp_path)}


def test_languages_come_from_the_releases_that_have_them():
    origins = real()
    found = origins.of(get("mnli"), "train", ["de", "en"])
    assert [(one.release, one.language) for one in found] == [("xnli_mt", "de"), ("mnli", "en")]
    assert [one.release for one in origins.of(get("xcopa"), "train", ["en"])] == ["copa"]
    assert {one.release for one in origins.of(get("xcopa"), "test", ["et", "zh"])} == {"xcopa"}


def test_a_held_out_dev_is_read_from_train():
    origins = real()
    dev, train = (origins.of(get("tydiqa"), split, ["en"]) for split in ("dev", "train"))
    assert dev == train


def test_splits_may_be_renamed_or_be_files():
    tasks = {"xnli": {"splits": {"test": "dev"}}, "mlqa": {"source": "files", "splits": {"test": "my-{language}.json"}}}
    origins = real(tasks)
    assert origins.of(get("xnli"), "test", ["sw"])[0].patterns == ("sw/validation-*.parquet",)
    assert origins.of(get("mlqa"), "test", ["hi"])[0].patterns == ("my-hi.json",)


def test_every_pinned_revision_is_asked_for():
    origins = real({"squad": {"revisions": {"rajpurkar/squad": "f" * 40}}})
    assert origins.download_spec("squad_v1", "hub").revision == "f" * 40
    assert origins.download_spec("mnli", "hub").revision == releases()["mnli"].hub.revision
    assert origins.download_spec("bucc2018", "original").archives[0].sha256


def test_archives_are_asked_for_whole_and_the_hub_for_what_is_read():
    origins = real()
    assert origins.download_spec("mnli", "hub").wanted == (("mnli", "train"), ("mnli", "validation_matched"))
    wanted = origins.download_spec("mlqa", "hub").wanted
    assert ("MLQA.ar.ar", "test") in wanted and ("MLQA.ar.de", "test") in wanted, "one folder serves both tasks"
    assert len(origins.download_spec("tatoeba", "original").archives) == 82


def test_what_is_fetched_is_the_same_whatever_a_world_reads_of_it():
    """Or two worlds that share their downloads would fetch and delete in turn."""
    few = real({"panx": {"languages": ["de"]}, "tatoeba": {"languages": ["fr"]}})
    for release in ("panx", "tatoeba"):
        assert few.download_spec(release, "hub") == real().download_spec(release, "hub")
    assert not [config for config, _ in real().download_spec("tatoeba", "hub").wanted if config.endswith("aze")]


def test_tasks_that_share_a_data_set_share_its_revision():
    pinned = real({"mnli": {"revisions": {"nyu-mll/glue": "a" * 40}}})
    assert pinned.download_spec("mnli", "hub").revision == "a" * 40
    parts = pinned.of(get("anli"), "train", ["en"])
    assert {part.release: part.revision for part in parts}["mnli"] == "a" * 40
    two = {"mnli": {"revisions": {"nyu-mll/glue": "a" * 40}}, "qqp": {"revisions": {"nyu-mll/glue": "b" * 40}}}
    with pytest.raises(UserError, match="different revisions of nyu-mll/glue"):
        real(two).download_spec("mnli", "hub")


def test_a_copy_of_ones_own_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/mnli").mkdir(parents=True)
    origins = real()
    assert origins.where(origins.world.tasks["mnli"], releases()["mnli"]) == ("own", Path("data/mnli"))
    assert "data/mnli has no such files (train, en)" in origins.missing(get("mnli"), "train", ["en"])


@pytest.mark.parametrize(
    "names, patterns, found",
    [
        (["a/x.json", "y.json"], ["**/x.json"], ["a/x.json"]),
        (["x.jsonl.gz"], ["x.jsonl"], ["x.jsonl.gz"]),
        (["b.tsv", "a.tsv"], ["*.tsv"], ["a.tsv", "b.tsv"]),
        (["b.tsv", "a.json"], ["*.json", "*.tsv"], ["a.json"]),
        (
            ["01/a.auto", "02/b.auto", "11/c.auto", "00/d.auto"],
            ["0[2-9]/*.auto + 1?/*.auto"],
            ["02/b.auto", "11/c.auto"],
        ),
        ([], ["*.json"], []),
        (["R1/train.jsonl"], ["R1/train.jsonl + R2/train.jsonl", "train.jsonl"], []),
        (["a.auto", "._a.auto", "__MACOSX/a.auto"], ["**/*.auto"], ["a.auto"]),
        (["a/b/c/x.json"], ["**/x.json"], ["a/b/c/x.json"]),
        (["a.json", "b/a.json"], ["*.json"], ["a.json"]),
        (["a+b.json", "aab.json"], ["a+b.json"], ["a+b.json"]),
    ],
)
def test_files_are_found(names, patterns, found, tmp_path):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in matching(tmp_path, patterns)] == found


@pytest.mark.parametrize("names", [["x.json", "old/x.json"], ["x.json", "x.json.gz"]])
def test_one_file_found_twice_is_not_read_twice(names, tmp_path):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=r"2 files for one, .*x\.json.*leave one there"):
        matching(tmp_path, ["**/x.json"])


def test_every_real_task_is_in_the_real_world():
    assert set(real().world.tasks) == set(TASKS)
