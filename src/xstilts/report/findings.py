"""The figures of a study, computed from its scores: what the page and the tables show, and nothing about how.

A target's mean is unweighted over its languages, English included; the mean over targets is unweighted over these, as
XTREME averages.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.bootstrap import Values
from xstilts.errors import UserError
from xstilts.metrics import metric_named
from xstilts.metrics.base import SCORE, named
from xstilts.report.contrast import Estimate, Samples, estimate, mean, redraw, seed_weights
from xstilts.report.scores import Score, Scores
from xstilts.specs import ReportSpec
from xstilts.tasks import BENCHMARKS, TASKS

ENGLISH = "en"
Grid = Sequence[Sequence[Score]]  # of one target: recipes, and in each the seeds


@dataclass(frozen=True)
class Target:
    """What a column of the tables is about."""

    name: str
    title: str
    trained: bool
    """Fine-tuned on English; otherwise the encoder is read as it is (retrieval)."""
    chance: float
    chance_known: bool
    examples: Mapping[str, int]
    """By language, English first."""
    unpaired: tuple[str, ...]
    """Languages in which recipes were tested on different numbers of examples."""


@dataclass(frozen=True)
class Views:
    """Samples of one target, or of the mean over targets; None where it has no such language."""

    everywhere: Samples
    english: Samples | None
    others: Samples | None


@dataclass(frozen=True)
class Outcome:
    """One recipe on one target, or on the mean over targets. Gains are differences to the baseline, None for itself."""

    everywhere: Estimate
    english: Estimate | None
    others: Estimate | None
    others_99: Estimate | None
    gain: Estimate | None
    gain_others: Estimate | None
    seeds: tuple[float, ...]
    """Mean over all languages with each seed."""


@dataclass(frozen=True)
class Answer:
    """The recipe that gains most over the baseline on the mean over targets."""

    recipe: str
    gain: Estimate
    others: Estimate | None


@dataclass(frozen=True)
class Average:
    """The mean over a benchmark's targets, or over a group of them, all of which the study has."""

    benchmark: str
    """Its title; it says so where targets were not tested in all of their languages."""
    group: str | None
    """None: the whole benchmark."""
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """All figures of one base; dictionaries are in the study's order."""

    base: str
    seeds: tuple[int, ...]
    targets: tuple[Target, ...]
    outcomes: Mapping[tuple[str, str], Outcome]
    """By recipe and target."""
    means: Mapping[str, Outcome]
    """By recipe, over all targets."""
    averages: Mapping[tuple[str, Average], Outcome]
    """By recipe and average."""
    languages: Mapping[tuple[str, str, str], float]
    """By recipe, target and language: the mean over seeds."""
    answer: Answer | None
    """None where there is nothing but the baseline."""

    @property
    def benchmarks(self) -> tuple[Average, ...]:
        """The averages that the study's targets allow."""
        return tuple(dict.fromkeys(average for _, average in self.averages))


def find(spec: ReportSpec, scores: Scores) -> list[Findings]:
    """The findings on each base of the study. Cost: about 40 ms for each target and language with 600 examples."""
    return [_find(spec, scores, base) for base in dict.fromkeys(cell.base for cell in spec.cells)]


def _find(spec: ReportSpec, scores: Scores, base: str) -> Findings:
    cells = {(cell.recipe, cell.target, cell.seed): score for cell, score in scores.items() if cell.base == base}
    seeds = tuple(dict.fromkeys(seed for *_, seed in cells))
    recipes = list(spec.recipes)
    weights = seed_weights(len(seeds))
    targets: list[Target] = []
    views: list[Views] = []
    languages: dict[tuple[str, str, str], float] = {}
    for name, target_spec in spec.targets.items():
        grid = [[cells[recipe, name, seed] for seed in seeds] for recipe in recipes]
        target = describe(name, target_spec.title, grid)
        samples = by_language(target, grid)
        targets.append(target)
        views.append(views_of(samples))
        for language, sample in samples.items():
            languages |= {(r, name, language): float(p.mean()) for r, p in zip(recipes, sample.point, strict=True)}
    baseline = recipes.index(spec.baseline)
    outcomes = {
        (recipe, target.name): outcome(view, arm, baseline, weights)
        for target, view in zip(targets, views, strict=True)
        for arm, recipe in enumerate(recipes)
    }
    overall = mean_of(views)
    means = {recipe: outcome(overall, arm, baseline, weights) for arm, recipe in enumerate(recipes)}
    by_target = {target.name: view for target, view in zip(targets, views, strict=True)}
    averages = {
        (recipe, average): outcome(mean_of([by_target[name] for name in average.targets]), arm, baseline, weights)
        for average in averages_of(targets)
        for arm, recipe in enumerate(recipes)
    }
    return Findings(base, seeds, tuple(targets), outcomes, means, averages, languages, answer_of(means))


def averages_of(targets: Sequence[Target]) -> Iterator[Average]:
    """The averages that can be taken: of benchmarks and of groups that are complete, as XTREME's own script shows."""
    tested = {target.name: set(target.examples) for target in targets}
    for benchmark in BENCHMARKS.values():
        for group, names in (*benchmark.groups.items(), (None, benchmark.targets)):
            if set(names) <= set(tested):
                whole = all(tested[name] == set(TASKS[name].languages) for name in names)
                yield Average(benchmark.title if whole else f"{benchmark.title}, other languages", group, names)


def describe(name: str, title: str, grid: Grid) -> Target:
    """A target as its scores tell it; UserError where recipes were tested in different languages."""
    first = grid[0][0]
    codes = sorted(first.statistics, key=lambda code: code != ENGLISH)  # stable: the others keep their order
    for score in (score for arm in grid for score in arm):
        if score.names != first.names:
            raise UserError(
                f"{score.record.spec.node} and {first.record.spec.node} were scored on {name} by different code (their "
                "statistics differ), so they do not compare: delete their score files, and make them again"
            )
        if set(score.statistics) != set(codes):
            raise UserError(
                f"{score.record.spec.node} and {first.record.spec.node} were scored in different languages on {name},"
                " so their means do not compare: delete their score files, and make them again with snakemake"
            )
    sizes = {code: [len(score.statistics[code]) for arm in grid for score in arm] for code in codes}
    spec = first.record.spec
    return Target(
        name=name,
        title=title,
        trained=spec.format != "retrieval",
        chance=spec.chance or 0.0,
        chance_known=spec.chance is not None,
        examples={code: n[0] for code, n in sizes.items()},
        unpaired=tuple(code for code, n in sizes.items() if len(set(n)) > 1),
    )


def by_language(target: Target, grid: Grid) -> dict[str, Samples]:
    """Samples of the headline metric in each language.

    All languages of a target are drawn alike where they have equally many examples: test sets that are translations of
    each other are so drawn sentence by sentence. Targets are drawn independently of each other.
    """
    score = headline(grid[0][0])
    seed = zlib.crc32(target.name.encode())
    return {
        code: redraw([[one.statistics[code] for one in arm] for arm in grid], score, seed) for code in target.examples
    }


def headline(one: Score) -> Values:
    """The headline metric of a target, as a function of its summed statistics."""
    metric = metric_named(one.record.spec.metric)

    def score(sums: np.ndarray) -> np.ndarray:
        return metric.scored(named(one.names, sums))[SCORE]

    return score


def views_of(samples: Mapping[str, Samples]) -> Views:
    """One target over all languages, in English, and in the others."""
    others = [sample for code, sample in samples.items() if code != ENGLISH]
    return Views(mean(list(samples.values())), samples.get(ENGLISH), mean(others) if others else None)


def mean_of(views: Sequence[Views]) -> Views:
    """The mean over targets; over those that have the language, for English and for the others."""
    english = [view.english for view in views if view.english]
    others = [view.others for view in views if view.others]
    return Views(
        everywhere=mean([view.everywhere for view in views]),
        english=mean(english) if english else None,
        others=mean(others) if others else None,
    )


def outcome(views: Views, arm: int, baseline: int, weights: np.ndarray) -> Outcome:
    """The figures of one arm."""

    def level(samples: Samples | None, level: float = 0.95) -> Estimate | None:
        return estimate(samples.arm(arm), weights, level) if samples else None

    def gain(samples: Samples | None) -> Estimate | None:
        return estimate(samples.minus(arm, baseline), weights) if samples and arm != baseline else None

    return Outcome(
        everywhere=estimate(views.everywhere.arm(arm), weights),
        english=level(views.english),
        others=level(views.others),
        others_99=level(views.others, 0.99),
        gain=gain(views.everywhere),
        gain_others=gain(views.others),
        seeds=tuple(map(float, views.everywhere.point[arm])),
    )


def answer_of(means: Mapping[str, Outcome]) -> Answer | None:
    """The recipe with the largest gain; the first of them where several are equal."""
    gains = [Answer(recipe, found.gain, found.gain_others) for recipe, found in means.items() if found.gain]
    return max(gains, key=lambda answer: answer.gain.value, default=None)
