"""The recipes of one base side by side: samples of every target and average, and effects between any of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xstilts.bootstrap import DRAWS, Values
from xstilts.errors import UserError
from xstilts.metrics import metric_named
from xstilts.metrics.base import SCORE, named
from xstilts.report.contrast import Samples, Uncertain, estimate, mean, new_language, redraw
from xstilts.report.findings import ENGLISH, MEAN, Average, Effect, Estimate, Run, Target
from xstilts.report.scores import Score, Scores
from xstilts.score import Statistics
from xstilts.specs import Cell, ReportSpec, TargetSpec
from xstilts.tasks import BENCHMARKS, TASKS

Grid = Sequence[Sequence[Score | None]]  # of one target: recipes, and in each the seeds


@dataclass(frozen=True)
class Views:
    """Samples of one target, or of an average; None where it has no such language."""

    everywhere: Samples
    english: Samples | None
    others: Samples | None
    gap: Samples | None
    """English less the others; of an average, the mean over those of its targets that have both."""
    languages: Mapping[str, Samples] = field(default_factory=dict)
    """Of a target; an average has none."""


@dataclass(frozen=True)
class Compared:
    """What was measured of one base. Recipes go by the names that the study gives them."""

    recipes: Mapping[str, str]
    """Path by name."""
    baseline: str
    seeds: tuple[int, ...]
    targets: Mapping[str, Target]
    averages: tuple[Average, ...]
    views: Mapping[str, Views]
    """By target and average."""
    runs: tuple[Run, ...]

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {recipe: place for place, recipe in enumerate(self.recipes)}

    def weights(self, of: Mapping[str, float]) -> np.ndarray:
        """A weighted sum of recipes, as one number an arm."""
        weights = np.zeros(len(self.recipes))
        for recipe, weight in of.items():
            weights[self._place[recipe]] = weight
        return weights

    def runs_of(self, where: str) -> tuple[Run, ...]:
        """All runs that a target or an average is made of."""
        targets = next((set(one.targets) for one in self.averages if one.name == where), {where})
        return tuple(run for run in self.runs if run.target in targets)

    def sound(self, where: str) -> np.ndarray:
        """Which arms scatter as the others do: those without a degenerate run."""
        bad = {run.recipe for run in self.runs_of(where) if run.state == "degenerate"}
        return np.array([recipe not in bad for recipe in self.recipes])

    def uncertain(self, of: Mapping[str, float], where: str, samples: Samples | None) -> Uncertain | None:
        """A weighted sum of recipes in some samples of a target or average."""
        return estimate(samples, self.weights(of), self.sound(where)) if samples else None

    def effect(self, of: Mapping[str, float], where: str) -> Effect | None:
        """A contrast of recipes (weights sum to 0) over all languages of a target or average; None: no such runs."""
        return self.contrast(of, where, self.views[where].everywhere)

    def contrast(self, of: Mapping[str, float], where: str, samples: Samples | None) -> Effect | None:
        """A contrast of recipes in some samples; of several languages, also as sure as it is of other ones."""
        found = self.uncertain(of, where, samples)
        if found is None:
            return None
        low, high = found.interval()
        fresh = self._new_language(of, where, found) if samples is self.views[where].others else None
        return Effect(
            value=found.value,
            low=low,
            high=high,
            p=found.p,
            new_language=fresh.interval() if fresh else None,
            detectable=found.detectable,
        )

    def _new_language(self, of: Mapping[str, float], where: str, joint: Uncertain) -> Uncertain | None:
        samples = [sample for code, sample in self.views[where].languages.items() if code != ENGLISH]
        found = [self.uncertain(of, where, sample) for sample in samples]
        return new_language([one for one in found if one], joint)

    def missing(self, recipe: str, where: str) -> tuple[Run, ...]:
        """Runs of a recipe that a target or an average lacks."""
        return tuple(run for run in self.runs_of(where) if run.recipe == recipe and run.state == "missing")


def told(found: Uncertain | None, score: bool = True) -> Estimate | None:
    """A figure with its 95 % interval; that of a score keeps to what scores can be."""
    if found is None:
        return None
    low, high = within(found.interval()) if score else found.interval()
    return Estimate(value=found.value, low=low, high=high)


def within(interval: tuple[float, float]) -> tuple[float, float]:
    """An interval of a score: as much of it as lies between 0 and 100."""
    low, high = interval
    return max(0.0, low), min(100.0, high)


def open_base(spec: ReportSpec, scores: Scores, base: str) -> Compared:
    """All samples of one base.

    Time: 30 s for 33 runs on XTREME. Memory: all runs' statistics of one target, three times over (3.5 GB of BUCC's).
    """
    targets: dict[str, Target] = {}
    views: dict[str, Views] = {}
    for name, wanted in spec.targets.items():
        grid = grid_of(spec, scores, base, name)
        if any(score for arm in grid for score in arm):
            read = {id(score): score.statistics() for arm in grid for score in arm if score}
            statistics = [[read.get(id(score)) for score in arm] for arm in grid]
            targets[name] = describe(name, wanted.title, grid, statistics)
            views[name] = views_of(by_language(targets[name], grid, statistics))
        else:
            targets[name] = untested(name, wanted)
            english = nothing(spec) if wanted.stage and ENGLISH in TASKS[name].languages else None
            views[name] = Views(nothing(spec), english, nothing(spec), english)
    averages = tuple(averages_of(spec, targets))
    views |= {one.name: average_of([views[name] for name in one.targets]) for one in averages}
    runs = tuple(run_of(cell, scores.get(cell)) for cell in spec.cells if cell.base == base)
    return Compared(spec.recipes, spec.baseline, spec.seeds, targets, averages, views, runs)


def grid_of(spec: ReportSpec, scores: Scores, base: str, target: str) -> list[list[Score | None]]:
    """The evaluations of one target, by recipe and seed."""
    cells = {(c.recipe, c.seed): scores.get(c) for c in spec.cells if (c.base, c.target) == (base, target)}
    return [[cells[recipe, seed] for seed in spec.seeds] for recipe in spec.recipes]


def run_of(cell: Cell, score: Score | None) -> Run:
    """What has become of one cell of the grid."""
    missing = Run(recipe=cell.recipe, target=cell.target, seed=cell.seed, node=cell.node, state="missing")
    if score is None:
        return missing
    record = score.record
    return missing.model_copy(
        update={
            "state": "degenerate" if record.degenerate else "scored",
            "lost": record.degenerate,
            "checkpoint": record.checkpoint,
            "predictions": record.predictions,
            "layer": record.layer,
        }
    )


def averages_of(spec: ReportSpec, tested: Mapping[str, Target]) -> Iterator[Average]:
    """The mean over all targets, then those of benchmarks and groups that the study has all targets of."""
    yield Average(name=MEAN, title="Mean", targets=tuple(spec.targets))
    for benchmark in BENCHMARKS.values():
        for group, names in (*benchmark.groups.items(), (None, benchmark.targets)):
            if set(names) <= set(spec.targets):
                there = [name for name in names if tested[name].languages]
                whole = all(set(tested[name].languages) == set(TASKS[name].languages) for name in there)
                title = benchmark.title if whole else f"{benchmark.title}, other languages"
                title = f"{title}: {group}" if group else title
                yield Average(name=f"({title})", title=title, targets=names)


def untested(name: str, wanted: TargetSpec) -> Target:
    """A target of which there is no evaluation: in which languages it would be tested, nobody told."""
    task = TASKS[name]
    return Target(
        name=name,
        title=wanted.title,
        trained=wanted.stage is not None,
        metric=task.metric,
        chance=task.chance,
        languages={},
        unpaired=(),
    )


def nothing(spec: ReportSpec) -> Samples:
    """Samples of runs that are all missing."""
    shape = len(spec.recipes), len(spec.seeds)
    return Samples(np.full(shape, np.nan), np.full((DRAWS, *shape), np.nan))


def describe(name: str, title: str, grid: Grid, statistics: Sequence[Sequence[Statistics | None]]) -> Target:
    """A target as its scores tell it; UserError where recipes were tested in different languages."""
    found = [
        (score, kept) for arm, row in zip(grid, statistics, strict=True) for score, kept in zip(arm, row, strict=True)
    ]
    there = [(score, kept) for score, kept in found if score and kept]
    first, known = there[0]
    for score, kept in there:
        if kept.names != known.names:
            raise UserError(
                f"{score.record.spec.node} and {first.record.spec.node} were scored on {name} by different code (their "
                "statistics differ), so they do not compare: delete their score files, and make them again"
            )
        if set(kept.languages) != set(known.languages):
            raise UserError(
                f"{score.record.spec.node} and {first.record.spec.node} were scored in different languages on {name},"
                " so their means do not compare: delete their score files, and make them again with snakemake"
            )
    codes = sorted(known.languages, key=lambda code: code != ENGLISH)  # stable: the others keep their order
    sizes = {code: [len(kept.languages[code]) for _, kept in there] for code in codes}
    spec = first.record.spec
    return Target(
        name=name,
        title=title,
        trained=spec.format != "retrieval",
        metric=spec.metric,
        chance=spec.chance,
        languages={code: n[0] for code, n in sizes.items()},
        unpaired=tuple(code for code, n in sizes.items() if len(set(n)) > 1),
    )


def by_language(target: Target, grid: Grid, statistics: Sequence[Sequence[Statistics | None]]) -> dict[str, Samples]:
    """Samples of the headline metric in each language.

    All languages of a target are drawn alike where they have equally many examples: test sets that are translations of
    each other are so drawn sentence by sentence. Targets are drawn independently of each other.
    """
    first = next(score for arm in grid for score in arm if score)
    names = next(kept.names for arm in statistics for kept in arm if kept)
    score, seed = headline(first.record.spec.metric, names), zlib.crc32(target.name.encode())
    alike = sorted(target.languages, key=lambda code: target.languages[code])  # equal sizes share their draws
    drawn = {
        code: redraw([[one.languages[code] if one else None for one in arm] for arm in statistics], score, seed)
        for code in alike
    }
    return {code: drawn[code] for code in target.languages}


def headline(metric: str, names: tuple[str, ...]) -> Values:
    """The headline metric of a target, as a function of its summed statistics."""
    official = metric_named(metric)

    def score(sums: np.ndarray) -> np.ndarray:
        return official.scored(named(names, sums))[SCORE]

    return score


def views_of(samples: Mapping[str, Samples]) -> Views:
    """One target over all languages, in English, and in the others."""
    english, others = samples.get(ENGLISH), mean_of([sample for code, sample in samples.items() if code != ENGLISH])
    gap = english.minus(others) if english and others else None
    return Views(mean(list(samples.values())), english, others, gap, samples)


def average_of(views: Sequence[Views]) -> Views:
    """The mean over targets; over those that have the language, for English and for the others."""
    return Views(
        everywhere=mean([view.everywhere for view in views]),
        english=mean_of([view.english for view in views]),
        others=mean_of([view.others for view in views]),
        gap=mean_of([view.gap for view in views]),
    )


def mean_of(samples: Sequence[Samples | None]) -> Samples | None:
    """The mean over those that there are."""
    there = [sample for sample in samples if sample]
    return mean(there) if there else None
