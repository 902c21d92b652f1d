"""What is known of the miniature, checked on its own results: one line an assertion, its figures by seed.

    snakemake -c2 --config study=laboratory && snakemake -c2 --config study=size && python benchmarks/laboratory.py

Needs about a quarter of an hour on two cores before, and seconds itself. Exits with 1 when an assertion does not hold.
Gains are differences of means in points, by seed; in brackets a 95 % interval, paired by test example and by seed.
"""

import json
import sys
from pathlib import Path
from statistics import mean

import numpy as np

from xstilts.bootstrap import interval, resampled_sums
from xstilts.metrics import metric_named
from xstilts.metrics.base import SCORE, named
from xstilts.score import read_statistics
from xstilts.tasks import get

WORLD = Path(sys.argv[1] if len(sys.argv) > 1 else "results/mini")
SEEDS = (1, 2, 3)


def rows(node: str, target: str) -> list[dict]:
    return json.loads((WORLD / "scores" / node / f"{target}.json").read_text())["rows"]


def score(seed: int, recipe: str, target: str, english: bool, metric: str = "score") -> float:
    """Mean over English, or over the other languages."""
    node = "/".join(["tiny", f"s{seed}", *([recipe] if recipe else []), target])
    found = [r["value"] for r in rows(node, target) if r["metric"] == metric and (r["language"] == "en") == english]
    return mean(found)


def centred(node: str, layer: int = 4) -> float:
    """Accuracy of Tatoeba from centred vectors of a layer, mean over languages."""
    found = rows(node, "tatoeba")
    return mean(r["value"] for r in found if (r["metric"], r["layer"]) == ("accuracy_centred", layer))


def gain(recipe: str, target: str, english: bool) -> list[float]:
    return [score(s, recipe, target, english) - score(s, "", target, english) for s in SEEDS]


def gain_interval(recipe: str, target: str, english: bool) -> str:
    """Of the mean gain over seeds: examples are drawn alike for both arms, seeds with replacement."""
    metric = metric_named(get(target).metric)

    def draws(seed: int, arm: str) -> np.ndarray:
        node = "/".join(["tiny", f"s{seed}", *([arm] if arm else []), target])
        found = read_statistics(WORLD / "scores" / node / f"{target}.parquet", "test")
        kept = [x for language, x in found.languages.items() if (language == "en") == english]
        sums = [named(found.names, resampled_sums(x, seed=0)) for x in kept]
        return np.mean([metric.scored(some)[SCORE] for some in sums], axis=0)

    by_seed = np.stack([draws(seed, recipe) - draws(seed, "") for seed in SEEDS])
    drawn = np.random.default_rng(0).integers(0, len(SEEDS), (len(SEEDS), by_seed.shape[1]))
    low, high = interval(np.take_along_axis(by_seed, drawn, axis=0).mean(axis=0), 0.95)
    return f"[{low:+.1f}, {high:+.1f}]"


def pretraining_loss(base: str) -> float:
    return json.loads((WORLD / "checkpoints" / base / "training.json").read_text())["curve"][-1]["loss"]


def main() -> None:
    base = centred("tiny")
    nodes = {recipe: [centred(f"tiny/s{s}/{recipe}") for s in SEEDS] for recipe in ("mnli", "squad", "mlm+mnli")}
    narrow, tiny = pretraining_loss("narrow"), pretraining_loss("tiny")
    checks = [
        ("no intermediate: NLI, other languages, above 38.3", [score(s, "", "xnli", False) for s in SEEDS], 38.3),
        (
            "no intermediate: QA exact match, other languages, above 5",
            [score(s, "", "xquad", False, "em") for s in SEEDS],
            5,
        ),
        ("MNLI before the NLI target: gain in English, at least 5", gain("mnli", "xnli", True), 5),
        ("MNLI before the NLI target: gain in other languages, above 0", gain("mnli", "xnli", False), 0),
        ("SQuAD before the QA target: gain in English, at least 10", gain("squad", "xquad", True), 10),
        ("SQuAD before the QA target: gain in other languages, at least 5", gain("squad", "xquad", False), 5),
        (
            "masked LM in the MNLI stage: last-layer centred retrieval, at least +5 over MNLI alone",
            [with_mlm - alone for with_mlm, alone in zip(nodes["mlm+mnli"], nodes["mnli"], strict=True)],
            5,
        ),
        ("an English stage lowers last-layer centred retrieval (MNLI)", [base - x for x in nodes["mnli"]], 0),
        ("an English stage lowers last-layer centred retrieval (SQuAD)", [base - x for x in nodes["squad"]], 0),
        ("the wider base has the lower masked-LM loss", [narrow - tiny], 0),
        (
            "the wider base has the higher centred retrieval, middle layer",
            [centred("tiny", 2) - centred("narrow", 2)],
            0,
        ),
    ]
    held = 0
    for what, figures, least in checks:
        holds = min(figures) > least
        held += holds
        print(f"{'holds' if holds else 'FAILS'}  {what}: {', '.join(f'{x:+.1f}' for x in figures)}")
    for recipe, target in (("mnli", "xnli"), ("squad", "xquad")):
        english, others = (gain_interval(recipe, target, english) for english in (True, False))
        print(f"{recipe} before {target}, 95 % interval of the gain: English {english}, other languages {others}")
    print(f"{held} of {len(checks)} hold; untouched base, last-layer centred: {base:.1f}")
    sys.exit(held < len(checks))


if __name__ == "__main__":
    main()
