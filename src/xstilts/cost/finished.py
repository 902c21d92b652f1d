"""Jobs that have finished: what Snakemake measured of them, and what they were.

Snakemake's benchmark looks at a job's processes every half second for 15 seconds, then every 30 (its
BENCHMARK_INTERVAL): `s` is exact, `cpu_time` is that of the last look, `max_rss` the most of all looks. CPU time after
the last look is filled in at the rate of the time before.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MB = 2**20  # Snakemake's
SHORT, LONG, LOOKS = 0.5, 30.0, 31
"""Seconds between its looks, at first and later; how many there are at first."""
KEPT = 200  # of each kind, the newest
LISTED = 5_000  # of each kind, that are looked at for the newest: a large grid has 20,000
RULES = {
    "records": "prepare_records",
    "tokens": "encode_tokens",
    "tokenizers": "train_tokenizer",
    "drawn": "draw_base",
    "checkpoints": "train_checkpoint",
    "predictions": "predict_target",
    "alignment": "measure_alignment",
    "scores": "score_target",
    "report": "compare_recipes",
    "submission": "write_submission",
}
"""The rules that write benchmarks, by the folder that these are in."""
LOCAL = (".figures", ".tables", ".cards", ".page")
"""Ends of benchmarks of what is made from a study's findings where Snakemake runs, in seconds."""
FOLDERS = {"pretrain_base": "checkpoints"} | {rule: folder for folder, rule in RULES.items()}
"""The folder of a rule's benchmarks."""


@dataclass(frozen=True)
class Took:
    """What a job took."""

    seconds: float
    cpu_seconds: float
    memory: float
    """Bytes of all its processes, as far as they were seen."""
    seen: float = 1.0
    """Share of its time after which it was looked at for the last time: before the end, there may have been more."""


@dataclass(frozen=True)
class Finished:
    """A job that has finished."""

    rule: str
    wildcards: Mapping[str, str]
    took: Took


def finished(results: Path, kept: int = KEPT) -> Iterator[Finished]:
    """The newest finished jobs of each kind. Costs a walk through the benchmarks' folders, and `kept` files of each."""
    for folder, rule in RULES.items():
        root = results / "benchmarks" / folder
        for file in newest(root, kept):
            wildcards = wildcards_of(rule, file.relative_to(root).with_suffix("").parts)
            took = read_benchmark(file) if wildcards else None
            if took and wildcards:
                known = "pretrain_base" if rule == "train_checkpoint" and "base" in wildcards else rule
                yield Finished(known, wildcards, took)


def newest(root: Path, kept: int) -> list[Path]:
    """The newest files below a folder."""
    found: list[tuple[float, str]] = []
    folders = [str(root)]
    while folders and len(found) < LISTED:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.name.endswith(".jsonl"):
                        found.append((entry.stat().st_mtime, entry.path))
        except OSError:  # it went away, or may not be read
            continue
    return [Path(path) for _, path in sorted(found, reverse=True)[:kept]]


def wildcards_of(rule: str, parts: tuple[str, ...]) -> dict[str, str] | None:
    """The wildcards that a benchmark's path stands for; None for one that no rule writes."""
    *before, last = parts
    path = "/".join(before)
    match rule, len(before):
        case "prepare_records", 1:
            return {"data": path, "split": last}
        case "encode_tokens", 2:
            return {"tokenizer": before[0], "data": before[1], "split": last}
        case "train_tokenizer", 0:
            return {"tokenizer": last}
        case (("draw_base" | "train_checkpoint"), 0):
            return {"base": last}
        case "train_checkpoint", length if length > 1:
            return {"parent": path, "stage": last}
        case (("predict_target" | "measure_alignment" | "score_target"), length) if length > 0:
            return {"node": path, "target": last}
        case "compare_recipes", 0 if not last.endswith(LOCAL):
            return {"study": last}
        case "write_submission", 1:
            return {"study": before[0], "submission": last}
    return None


def read_benchmark(file: Path) -> Took | None:
    """The last line of a benchmark; None where it is missing or torn, or where the job was too short to be seen."""
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
        seconds, cpu, memory = (float(told[name]) for name in ("s", "cpu_time", "max_rss"))
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not (math.isfinite(seconds + cpu + memory) and seconds > 0 and memory > 0):
        return None
    looked = last_look(seconds)
    return Took(seconds, cpu * seconds / looked if looked else cpu, memory * MB, looked / seconds)


def last_look(seconds: float) -> float:
    """When a job was looked at for the last time."""
    first = SHORT * (LOOKS - 1)
    if seconds < first + LONG:
        return min(first, SHORT * math.floor(seconds / SHORT))
    return first + LONG * math.floor((seconds - first) / LONG)
