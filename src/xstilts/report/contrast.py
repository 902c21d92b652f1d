"""How sure a score or a difference is.

Arms are what is compared (recipes); each was trained with the same seeds and tested on the same examples. Two things
would come out differently another time:

the examples    A paired bootstrap: examples are drawn with replacement within each language, the same ones for every
                arm and seed, so that what is easy or hard for all arms alike cancels in a difference.
the trainings   Seeds are few, and drawing three of them with replacement misses a third of their variance. So the
                variance between runs is estimated directly, as in a randomised block design: seeds are blocks, arms are
                treatments, and what neither explains is the scatter of runs. All arms with all their runs tell of it
                together, which makes three seeds useful, and lets an arm that lacks some be judged at all. An arm with
                a degenerate run is judged by its own seeds alone.

Both go into one standard error, and Student's t with Satterthwaite's degrees of freedom makes the interval and the p
of it. The bootstrap of the mean over seeds holds some scatter of runs already (errors that one run makes and another
does not); it is taken out before the two are added. With one seed the trainings are not known at all, and intervals
speak of other test examples alone.

`benchmarks/intervals.py` simulates how often such intervals hold the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from xstilts.bootstrap import DRAWS, Values, resampled_sums

POWER = 0.8


@dataclass(frozen=True)
class Samples:
    """A figure of every arm and seed: as measured, and as it comes out of each draw of examples; NaN: no such run."""

    point: np.ndarray
    """[arms, seeds]"""
    draws: np.ndarray
    """[draws, arms, seeds]"""

    def minus(self, other: Samples) -> Samples:
        """The difference of two figures, run by run and draw by draw."""
        return Samples(self.point - other.point, self.draws - other.draws)


@dataclass(frozen=True)
class Uncertain:
    """A figure with the variance of its estimate, and how well that variance is known."""

    value: float
    variance: float
    freedom: float
    """Degrees of freedom."""

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """What holds the truth in `level` of all studies."""
        half = quantile(self.freedom, (1 + level) / 2) * math.sqrt(self.variance)
        return self.value - half, self.value + half

    @property
    def p(self) -> float:
        """How often a figure as far from 0 as this comes about where the truth is 0."""
        if self.variance == 0:
            return 1.0 if self.value == 0 else 1 / (DRAWS + 1)  # no draw differed: less than one in so many
        return 2 * tail(self.freedom, abs(self.value) / math.sqrt(self.variance))

    @property
    def detectable(self) -> float:
        """The true difference that a study like this one finds with a power of 80 %."""
        return (quantile(self.freedom, 0.975) + quantile(self.freedom, POWER)) * math.sqrt(self.variance)


def quantile(freedom: float, share: float) -> float:
    """Of Student's t."""
    return float(special.ndtri(share) if math.isinf(freedom) else special.stdtrit(freedom, share))


def tail(freedom: float, value: float) -> float:
    """How much of Student's t lies above a value."""
    return float(special.ndtr(-value) if math.isinf(freedom) else special.stdtr(freedom, -value))


def redraw(statistics: Sequence[Sequence[np.ndarray | None]], values: Values, seed: int, draws: int = DRAWS) -> Samples:
    """Samples of a metric in one language from per-example statistics [n, k] of each arm and seed; None: no such run.

    Arms with equal n see equal examples; those with another n are drawn independently of them. An array that stands
    for several runs is drawn once. Time: 10 ms for 600 examples of 33 runs; memory: their statistics once more.
    """
    runs = [(a, s, array) for a, arm in enumerate(statistics) for s, array in enumerate(arm) if array is not None]
    distinct = {id(array): array for *_, array in runs}
    sampled: dict[int, np.ndarray] = {}
    for n in dict.fromkeys(len(array) for array in distinct.values()):
        group = {key: array for key, array in distinct.items() if len(array) == n}
        side_by_side = np.concatenate(list(group.values()), axis=1)
        sums = resampled_sums(side_by_side, seed, draws).reshape(draws, len(group), -1)
        sampled |= zip(group, values(sums).T, strict=True)
    shape = len(statistics), len(statistics[0])
    point, drawn = np.full(shape, np.nan), np.full((draws, *shape), np.nan)
    for a, s, array in runs:
        point[a, s] = values(array.sum(0))
        drawn[:, a, s] = sampled[id(array)]
    return Samples(point, drawn)


def mean(samples: Sequence[Samples]) -> Samples:
    """The unweighted mean of some figures, draw by draw; a run that one of them lacks is lacking."""
    return Samples(np.mean([s.point for s in samples], axis=0), np.mean([s.draws for s in samples], axis=0))


def estimate(samples: Samples, weights: np.ndarray, sound: np.ndarray) -> Uncertain | None:
    """The mean over seeds of a weighted sum of arms: one arm, or a contrast, whose weights sum to 0.

    sound   which arms scatter as the others do [arms]: those without a degenerate run
    Only seeds count with which all arms of the sum were run; None where there are none.
    """
    arms = weights != 0
    there = ~np.isnan(samples.point[arms]).any(axis=0)
    if not there.any():
        return None
    drawn, weights = samples.draws[:, arms][:, :, there], weights[arms]
    by_seed, by_draw = weights @ samples.point[arms][:, there], np.einsum("a,das->ds", weights, drawn)
    joint, own = float(by_draw.mean(axis=1).var(ddof=1)), float(by_draw.var(axis=0, ddof=1).mean())
    between, freedom = scatter(samples.point, arms, weights, by_seed, sound)
    examples = shared(joint, own, len(by_seed)) if len(by_seed) > 1 else joint
    redrawn = len(by_draw) - 1.0  # freedom of a variance that so many draws tell
    return Uncertain(float(by_seed.mean()), *combined((between, freedom), (examples, redrawn)))


def scatter(
    point: np.ndarray, arms: np.ndarray, weights: np.ndarray, by_seed: np.ndarray, sound: np.ndarray
) -> tuple[float, float]:
    """What the scatter of runs adds to the variance of a weighted sum of arms, and its degrees of freedom.

    point    every arm with every seed; `arms` are those of the sum, with these `weights`
    by_seed  the sum, with each seed that all of them have
    Nothing, where a study has one seed: it is not known.
    """
    varying = differs(point[arms])
    if point.shape[1] == 1 or not varying.any():
        return 0.0, math.inf
    pool = point[sound & ~np.isnan(point).any(axis=1)]
    pool = pool[differs(pool)]
    if not (len(pool) and sound[arms][varying].all()):
        alone = float(by_seed.var(ddof=1)) / len(by_seed) if len(by_seed) > 1 else 0.0
        return alone, max(1.0, len(by_seed) - 1.0)
    if varying.all() and abs(weights.sum()) < 1e-9 and len(pool) > 1:
        residual = pool - pool.mean(axis=0) - pool.mean(axis=1, keepdims=True) + pool.mean()
        freedom = (len(pool) - 1) * (pool.shape[1] - 1)
        per_run = float((residual**2).sum()) / freedom
    else:  # no pairing: what blocks explain stays in
        freedom = len(pool) * (pool.shape[1] - 1)
        per_run = float(pool.var(axis=1, ddof=1).mean())
    return per_run * float((weights[varying] ** 2).sum()) / len(by_seed), float(freedom)


def differs(point: np.ndarray) -> np.ndarray:
    """Which arms were run anew with each seed: an untouched base is one evaluation, whatever the seed."""
    runs = (~np.isnan(point)).sum(axis=1)
    spread = np.nanmax(point, axis=1, initial=-np.inf) - np.nanmin(point, axis=1, initial=np.inf)
    anew: np.ndarray = (runs == 1) | (spread > 0)
    return anew


def shared(joint: float, own: float, groups: int) -> float:
    """The part of the mean's variance that all groups have in common.

    joint, own  variance of the mean over groups, and of a single group, under the same draws
    The rest of `joint` is what differs from group to group, which the scatter of groups tells of already.
    """
    apart = max(0.0, (own - joint) / (groups - 1))
    return max(0.0, joint - apart)


def combined(*parts: tuple[float, float]) -> tuple[float, float]:
    """The sum of independent variances, each with its degrees of freedom, and Satterthwaite's for the sum."""
    total = sum(variance for variance, _ in parts)
    unsure = sum(variance**2 / freedom for variance, freedom in parts)
    return total, (total**2 / unsure if unsure > 0 else math.inf)


def new_language(languages: Sequence[Uncertain], joint: Uncertain) -> Uncertain | None:
    """The mean over languages, as sure as it is of other languages such as these; None for fewer than two of them.

    joint   the mean over the same languages, as sure as it is of these; of others it cannot be surer
    """
    count = len(languages)
    if count < 2:
        return None
    between = float(np.var([one.value for one in languages], ddof=1)) / count
    common = shared(joint.variance, float(np.mean([one.variance for one in languages])), count)
    found = Uncertain(joint.value, *combined((between, count - 1.0), (common, joint.freedom)))
    return max(found, joint, key=lambda one: one.interval()[1])


def holm(p: Sequence[float]) -> list[float]:
    """Holm's correction: whoever calls all below 0.05 found is wrong about any of them in at most 5 % of studies."""
    order = np.argsort(p, kind="stable")
    left = np.arange(len(p), 0, -1)  # how many hypotheses stand when it is this one's turn
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(left * np.asarray(p, dtype=float)[order]))
    return corrected.tolist()
