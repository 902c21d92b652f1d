"""What Snakemake's benchmark files tell, and what they do not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from xstilts.cost.finished import RULES, finished, last_look, newest, read_benchmark, wildcards_of

ROOT = Path(__file__).parents[2]
LINE = {"s": 10.0, "cpu_time": 9.0, "max_rss": 600.0, "max_vms": 1.0}
PLACES = {
    "node": "tiny/s1/mnli+squad/xnli",
    "parent": "tiny/s1/mnli",
    "stage": "squad",
    "base": "tiny",
    "target": "tatoeba",
    "data": "mnli@mt-de",
    "split": "train",
    "tokenizer": "mini",
    "study": "quickstart",
    "submission": "tiny-s1-none",
}


def benchmarks() -> list[tuple[str, str]]:
    """Rules and the pattern of their benchmark, of jobs that lie in the results."""
    found = []
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for rule, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", file.read_text(), flags=re.M | re.S):
            pattern = re.search(r'benchmark:\s+(?:"<results>|plan.results / f")/?benchmarks/(.*)\.jsonl"', body)
            found += [(rule, pattern[1].replace("{plan.name}", "{study}"))] if pattern else []
    return found


@pytest.mark.parametrize("rule, pattern", benchmarks())
def test_wildcards_of_every_rule_are_found_again(rule: str, pattern: str) -> None:
    folder, _, inside = pattern.format(**PLACES).partition("/")
    found = wildcards_of(RULES.get(folder, ""), tuple(inside.split("/")))
    wanted = {name: PLACES[name] for name in re.findall(r"\{(\w+)\}", pattern)}
    local = folder == "report" and rule != "compare_recipes"
    assert found == (None if local else wanted), "what is made from findings is made where Snakemake runs"


def test_the_workflow_has_benchmarks_of_all_kinds() -> None:
    assert {pattern.split("/")[0] for _, pattern in benchmarks()} == set(RULES)


@pytest.mark.parametrize(
    "seconds, looked", [(0.3, 0.0), (0.9, 0.5), (7.2, 7.0), (15.4, 15.0), (44.0, 15.0), (46.0, 45.0), (200.0, 195.0)]
)
def test_the_last_look_is_as_late_as_snakemake_looks(seconds: float, looked: float) -> None:
    assert last_look(seconds) == looked


def test_cpu_time_after_the_last_look_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({**LINE, "s": 30.0, "cpu_time": 12.0}))
    took = read_benchmark(file)
    assert took is not None
    assert (took.seconds, took.cpu_seconds, took.seen) == (30.0, 24.0, 0.5)
    assert took.memory == 600 * 2**20


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"s": 1}',
        json.dumps({**LINE, "max_rss": "NA"}),
        json.dumps({**LINE, "s": 0}),
        "\xff\xfe",
    ],
)
def test_torn_benchmarks_are_passed_over(tmp_path: Path, text: str) -> None:
    file = tmp_path / "benchmarks/scores/tiny/s1/xnli/xnli.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="latin-1")
    assert read_benchmark(file) is None and list(finished(tmp_path)) == []
    assert read_benchmark(tmp_path / "nowhere.jsonl") is None


def test_of_repeated_jobs_the_last_counts(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(f"{json.dumps({**LINE, 's': 99.0})}\n{json.dumps(LINE)}\n")
    took = read_benchmark(file)
    assert took is not None and took.seconds == 10.0


def test_the_newest_are_read(tmp_path: Path) -> None:
    import os

    for i in range(20):
        file = tmp_path / f"a{i % 3}" / f"{i}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("{}")
        os.utime(file, (i, i))
    assert [int(file.stem) for file in newest(tmp_path, 5)] == [19, 18, 17, 16, 15]
    assert newest(tmp_path / "nowhere", 5) == []
