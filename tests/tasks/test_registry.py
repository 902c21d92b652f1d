"""The registry is the only list of tasks, labels and languages: here it is held against what the sources say."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import get_args

import pytest

from xstilts.config.data import MAKES, Maker
from xstilts.errors import UserError
from xstilts.formats.encoding import Encoding, Find
from xstilts.languages import LANGUAGES, is_language
from xstilts.names import is_name
from xstilts.tasks import BENCHMARKS, SUITES, TASKS, Benchmark, Task, get
from xstilts.tasks.licences import PAGE, written
from xstilts.tasks.release import Release, releases
from xstilts.tasks.task import words

ALL = list(TASKS.values())
COUNTS = {
    **{"xnli": 15, "pawsx": 7, "udpos": 33, "panx": 40, "xquad": 11, "mlqa": 7, "tydiqa": 9, "bucc": 4, "tatoeba": 36},
    **{"xcopa": 11, "lareqa": 11, "mewslix": 11, "tatoeba-r": 41, "mlqa-cross": 42, "uner": 4, "mlm": 40},
}
CHANCE = {"anli": 100 / 3, "mnli": 100 / 3, "xnli": 100 / 3, "qqp": 50, "pawsx": 50, "xcopa": 50, "hellaswag": 25}


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_each_task_is_whole(task: Task) -> None:
    assert is_name(task.name) and TASKS[task.name] is task and get(task.name) is task
    assert task.title and task.metric and task.releases
    assert all(map(is_language, task.languages)) and len(set(task.languages)) == len(task.languages)
    assert list(task.languages) == sorted(task.languages)
    assert set(task.splits) <= {"train", "dev", "test"}
    assert (task.stage is None) == (task.english is None) == (not task.trainable) == (task.format == "retrieval")
    assert (task.layer is not None) == (task.format == "retrieval")
    assert bool(task.labels) == (task.format in {"classification", "tagging"} and task.name != "ccg")
    assert "test" in task.splits if task.role == "target" else "train" in task.splits


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_each_split_is_in_a_release_in_each_of_its_languages(task: Task) -> None:
    for split in task.splits:
        english = (split == "train" and task.role != "text") or (split == "dev" and task.format != "retrieval")
        for language in ("en",) if english else task.languages:
            assert task.releases_of(split, language), f"{task.name} {split} {language}"


def test_each_release_serves_a_task() -> None:
    assert {name for task in ALL for name in task.releases} == set(releases())


@pytest.mark.parametrize("release", releases().values(), ids=lambda release: release.name)
def test_each_release_is_whole(release: Release) -> None:
    assert release.title and release.licence and release.citation and release.note
    assert release.url.startswith(("https://", "http://hdl.handle.net/"))
    assert find_spec(f"xstilts.sources.readers.{release.reader}")
    assert all(map(is_language, release.languages)) and set(release.names) <= set(release.languages)
    for language in release.languages:
        for pattern in (p for patterns in release.files.values() for p in patterns):
            assert "{" not in release.fill(pattern, language)
        if release.hub:
            assert "{" not in release.fill(release.hub.config, language)
            assert set(release.hub.splits) <= set(release.files)
    for group in release.archives:
        assert group.base.startswith("https://") and group.base.endswith("/") and group.files


@pytest.mark.parametrize("task", [task for task in ALL if task.stage], ids=lambda task: task.name)
def test_training_data_is_english_and_of_the_same_kind(task: Task) -> None:
    source, stage = TASKS[str(task.english)], TASKS[str(task.stage)]
    assert (source.format, source.labels) == (task.format, task.labels) == (stage.format, stage.labels)
    assert "train" in source.splits
    assert source.english == source.name
    assert stage.english == task.english and stage.stage == stage.name


def test_languages_are_those_of_the_papers() -> None:
    assert get("xnli").languages == words("ar bg de el en es fr hi ru sw th tr ur vi zh")
    assert set(get("panx").languages) - set(get("udpos").languages) == {"bn", "jv", "ka", "ml", "ms", "my", "sw"}
    assert set(get("panx").languages) - set(get("tatoeba").languages) == {"en", "ms", "my", "yo"}
    assert set(get("tatoeba-r").languages) - set(get("tatoeba").languages) == {"az", "lt", "pl", "ro", "uk"}
    assert get("tydiqa").languages == words("ar bn en fi id ko ru sw te")
    assert get("mewslix").languages == words("ar de en es fa ja pl ro ta tr uk")


def test_counts_of_languages() -> None:
    assert {task.name: len(task.languages) for task in ALL if task.role != "intermediate"} == COUNTS
    assert all(task.languages == ("en",) for task in ALL if task.role == "intermediate")


def test_labels_and_chance() -> None:
    assert len(get("udpos").labels) == 17 and list(get("udpos").labels) == sorted(get("udpos").labels)
    assert get("panx").labels == ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
    assert get("mnli").labels == ("entailment", "neutral", "contradiction")
    assert {name: get(name).chance for name in CHANCE} == CHANCE


def test_nodes_are_shared_as_in_xtreme() -> None:
    assert get("mlqa").stage == get("xquad").stage == "xquad"
    assert [get(name).english for name in ("xnli", "xquad", "mlqa", "tydiqa", "pawsx")] == [
        *("mnli", "squad", "squad", "tydiqa", "pawsx")
    ]


def test_suites_name_targets() -> None:
    assert len(SUITES["xtreme"]) == 9 and len(SUITES["xtreme-r"]) == 10
    assert all(get(name).role == "target" for names in SUITES.values() for name in names)
    assert not set(SUITES) & set(TASKS)


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=lambda benchmark: benchmark.title)
def test_groups_of_a_benchmark_part_its_targets(benchmark: Benchmark) -> None:
    grouped = [name for group in benchmark.groups.values() for name in group]
    assert len(grouped) == len(set(grouped)) and tuple(grouped) == benchmark.targets
    for name, group in benchmark.groups.items():
        assert len({get(task).format for task in group}) == 1 or name == "classification", "XCOPA is beside XNLI there"


def test_unknown_task() -> None:
    with pytest.raises(UserError, match="did you mean 'hellaswag'"):
        get("helaswag")


def test_retrieval_reads_block_14_of_24() -> None:
    for task in ALL:
        if task.layer:
            encoding = Encoding(64, layer_share=task.layer[0] / task.layer[1])
            assert [encoding.block(blocks) for blocks in (24, 12, 4, 1)] == [14, 7, 2, 1]


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_metrics_are_there(task: Task) -> None:
    """Of retrieval, the metric's name says what is looked for as well."""
    assert find_spec(f"xstilts.metrics.{task.metric}")
    assert (task.metric in get_args(Find)) == (task.format == "retrieval")
    assert task.paired == (task.name in ("tatoeba", "tatoeba-r"))


def test_splits_that_are_predicted() -> None:
    """A threshold is set on dev; of English tasks dev is what is reported."""
    assert get("bucc").evaluated == ("dev", "test")
    assert {get(name).evaluated for name in SUITES["xtreme"] if name != "bucc"} == {("test",)}
    assert {task.evaluated for task in ALL if task.role == "intermediate"} == {("dev",)}


def test_the_miniature_has_the_makers_and_languages_named_here() -> None:
    miniature = pytest.importorskip("xstilts.sources.miniature")
    assert set(miniature.MAKERS) == set(MAKES) == set(get_args(Maker))
    generated = {code: language.name for code, language in LANGUAGES.items() if language.family == "miniature"}
    assert {code: name for code, name in miniature.LANGUAGE_NAMES.items() if code != "en"} == generated


def test_nothing_heavy_is_imported() -> None:
    """Snakemake imports all of this whenever it looks at the workflow."""
    code = "import sys, xstilts.config, xstilts.tasks, xstilts.recipe; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"torch", "transformers", "datasets", "pyarrow", "numpy", "deepspeed", "tokenizers"}


def test_the_licence_table_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run `make generated`"
