"""How often do the report's intervals hold the truth, and its tests find what is not there? By simulation.

A run answers an example right where level(recipe) + difficulty(example) + luck(run) + ease(language) + error(run,
example) lies above 0, all but the first of them normal: so the truth, over all examples and runs there could be, is
known exactly. Each line is one kind of study, simulated many times.

    python benchmarks/intervals.py                  2,000 studies of each kind: a minute or two
    python benchmarks/intervals.py --studies 500
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from xstilts.metrics.base import ratio
from xstilts.report.contrast import Samples, estimate, holm, mean, new_language, redraw

DRAWS = 200  # the report's 1,000 narrow what one study says by 2 %, and would take five times as long


@dataclass(frozen=True)
class Kind:
    """A kind of study. Recipe 0 is the baseline; the others are better by `gain`."""

    seeds: int
    recipes: int = 2
    languages: int = 3
    examples: int = 150
    gain: float = 0.3
    difficulty: float = 1.0
    luck: float = 0.0
    """Standard deviation of what a run is better or worse at everything; all are on the scale of `error`, 1."""
    ease: float = 0.0
    """Of how much a language changes the gain."""
    translated: bool = False
    """Whether the tests of all languages are the same examples."""
    lacking: int = 0
    """Runs that recipe 1 lacks."""
    alone: bool = False
    """Whether recipe 1 is judged by its own seeds, as one with a degenerate run is."""

    def level(self, recipe: int) -> float:
        return 0.3 + self.gain * (recipe > 0)

    def truth(self, recipe: int) -> float:
        """Share of right answers, in per cent, over all examples, runs and languages there could be."""
        spread = math.sqrt(1 + self.difficulty**2 + self.luck**2 + (self.ease**2 if recipe else 0))
        return 100 * float(stats.norm.cdf(self.level(recipe) / spread))


KINDS: Mapping[str, Kind] = {
    "one seed, no luck": Kind(seeds=1),
    "3 seeds, no luck": Kind(seeds=3),
    "3 seeds, some luck": Kind(seeds=3, luck=0.05),
    "3 seeds, much luck": Kind(seeds=3, luck=0.3),
    "3 seeds, 11 recipes, no luck": Kind(seeds=3, recipes=11, languages=1),
    "3 seeds, 11 recipes, some luck": Kind(seeds=3, recipes=11, languages=1, luck=0.05),
    "3 seeds, 11 recipes, much luck": Kind(seeds=3, recipes=11, languages=1, luck=0.3),
    "5 seeds, a run missing, some luck": Kind(seeds=5, recipes=3, luck=0.1, lacking=1),
    "3 seeds, 5 recipes, two runs missing": Kind(seeds=3, recipes=5, luck=0.2, lacking=2),
    "5 seeds, judged alone, some luck": Kind(seeds=5, recipes=3, luck=0.1, alone=True),
    "2 seeds, 4 recipes, some luck": Kind(seeds=2, recipes=4, luck=0.1),
    "translated tests, 3 seeds": Kind(seeds=3, translated=True, luck=0.1),
    "no gain, 3 seeds, 11 recipes": Kind(seeds=3, recipes=11, languages=1, gain=0.0, luck=0.1),
}
NEW = {
    "10 languages that differ": Kind(seeds=3, languages=10, ease=0.3, luck=0.05),
    "10 languages alike": Kind(seeds=3, languages=10, luck=0.05),
    "10 languages, translated": Kind(seeds=3, languages=10, ease=0.3, translated=True),
    "10 languages, one seed": Kind(seeds=1, languages=10, ease=0.3),
}


def accuracy(sums: np.ndarray) -> np.ndarray:
    return ratio(sums[..., 0], sums[..., 1])


def study(kind: Kind, rng: np.random.Generator) -> list[Samples]:
    """One simulated study: samples of each language."""
    shape = kind.recipes, kind.seeds
    luck = kind.luck * rng.standard_normal((*shape, 1))
    alike = kind.difficulty * rng.standard_normal(kind.examples)
    found = []
    for _ in range(kind.languages):
        difficulty = alike if kind.translated else kind.difficulty * rng.standard_normal(kind.examples)
        ease = kind.ease * rng.standard_normal() * (np.arange(kind.recipes) > 0)[:, None, None]
        level = np.array([kind.level(recipe) for recipe in range(kind.recipes)])[:, None, None]
        right = level + difficulty + luck + ease + rng.standard_normal((*shape, kind.examples)) > 0
        runs: list[list[np.ndarray | None]] = [
            [np.stack([run, np.ones_like(run)], axis=1).astype(float) for run in arm] for arm in right
        ]
        runs[1][kind.seeds - kind.lacking :] = [None] * kind.lacking
        found.append(redraw(runs, accuracy, int(rng.integers(2**31)) if not kind.translated else 1, DRAWS))
    return found


def held(kind: Kind, rng: np.random.Generator, fresh: bool = False) -> bool:
    """Whether the interval of the first recipe's gain holds the truth; `fresh`: the interval for a new language."""
    languages = study(kind, rng)
    weights, sound = np.zeros(kind.recipes), np.ones(kind.recipes, dtype=bool)
    weights[:2], sound[1] = (-1, 1), not kind.alone
    found = estimate(mean(languages), weights, sound)
    if fresh and found:
        own = [estimate(one, weights, sound) for one in languages]
        found = new_language([one for one in own if one], found)
    assert found
    low, high = found.interval()
    return low <= kind.truth(1) - kind.truth(0) <= high


def wrong(kind: Kind, rng: np.random.Generator) -> bool:
    """Whether a study without any gain finds one in some recipe, after Holm's correction."""
    samples, sound = mean(study(kind, rng)), np.ones(kind.recipes, dtype=bool)
    p = []
    for recipe in range(1, kind.recipes):
        weights = np.zeros(kind.recipes)
        weights[[0, recipe]] = -1, 1
        found = estimate(samples, weights, sound)
        assert found
        p.append(found.p)
    return min(holm(p)) < 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=2000, help="simulated studies of each kind")
    args = parser.parse_args()
    studies = args.studies
    rng = np.random.default_rng(0)
    error = 100 * math.sqrt(0.95 * 0.05 / studies)
    print(f"95 % intervals hold the truth in … % of {studies} studies (standard error {error:.1f})")
    for name, kind in KINDS.items():
        print(f"  {name:36} {100 * np.mean([held(kind, rng) for _ in range(studies)]):5.1f}", flush=True)
    print("… of a new language")
    for name, kind in NEW.items():
        print(f"  {name:36} {100 * np.mean([held(kind, rng, fresh=True) for _ in range(studies)]):5.1f}", flush=True)
    print("Studies of 10 recipes without any gain that find one, after Holm's correction, in %")
    for seeds in (1, 3):
        nothing = Kind(seeds=seeds, recipes=11, languages=1, gain=0.0, luck=0.1 * (seeds > 1))
        print(
            f"  {seeds} seed{'s' * (seeds > 1):31} {100 * np.mean([wrong(nothing, rng) for _ in range(studies)]):5.1f}"
        )


if __name__ == "__main__":
    main()
