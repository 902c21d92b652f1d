"""What choosing the best recipe for each target gains, without counting luck as gain.

Whoever picks the best of ten recipes by the figures that he then reports, reports luck. So the recipe of each target is
chosen by one half of what is known, and judged by the other half:

trainings   With several seeds, the recipe that a seed is judged with is chosen by the other seeds. With one seed the
            luck of its training stays in the figure: it is then the gain of these checkpoints, not of the recipes.
examples    What the bootstrap's draws differ by is added to the figures that choose, and taken from those that judge:
            the two are then independent of each other, as two halves of the examples would be, and each is about as
            uncertain as one half (the coupled bootstrap: Oliveira, Lei and Tibshirani 2021, recalled). The mean over
            all draws takes the place of a thousand ways to halve.

What is estimated is the gain of choosing with half the evidence: a little less than that of choosing with all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xstilts.report.compared import Compared
from xstilts.report.contrast import Samples, Uncertain, estimate, mean


def best_per_target(compared: Compared, recipes: Sequence[str], targets: Sequence[str], where: str) -> Uncertain | None:
    """The gain over the baseline of the best of `recipes` on each target, on the mean over `targets`, called `where`.

    Only seeds count with which all of these were run; None where there are none. Cost: as of one more contrast.
    """
    arms = [list(compared.recipes).index(recipe) for recipe in recipes]
    baseline = list(compared.recipes).index(compared.baseline)
    each = [compared.views[target].everywhere for target in targets]
    needed = [*arms, baseline]
    there = ~np.any([np.isnan(samples.point[needed]).any(axis=0) for samples in each], axis=0)
    if not there.any():
        return None
    chosen = among(mean([chosen_arm(only(samples, there), arms) for samples in each]), there)
    everyone = mean(each)
    both = Samples(
        np.concatenate([everyone.point, chosen.point]), np.concatenate([everyone.draws, chosen.draws], axis=1)
    )
    weights = np.zeros(len(both.point))
    weights[[baseline, -1]] = -1.0, 1.0
    sound = compared.sound(where)
    return estimate(both, weights, np.append(sound, sound[arms].all()))


def only(samples: Samples, seeds: np.ndarray) -> Samples:
    """With some of the seeds."""
    return Samples(samples.point[:, seeds], samples.draws[:, :, seeds])


def among(samples: Samples, seeds: np.ndarray) -> Samples:
    """Samples of some seeds as samples of all, of which the others are missing."""
    point = np.full((len(samples.point), len(seeds)), np.nan)
    draws = np.full((len(samples.draws), *point.shape), np.nan)
    point[:, seeds], draws[:, :, seeds] = samples.point, samples.draws
    return Samples(point, draws)


def chosen_arm(samples: Samples, arms: Sequence[int]) -> Samples:
    """Of one target, the best of some arms as one arm [1, seeds]."""
    point, draws = samples.point[list(arms)], samples.draws[:, list(arms)]
    noise = draws - draws.mean(axis=0)
    seeds = point.shape[1]
    values, drawn = np.empty((1, seeds)), np.empty((len(draws), 1, seeds))
    for seed in range(seeds):
        others = [other for other in range(seeds) if other != seed] or [seed]
        picks = (point + noise)[:, :, others].mean(axis=2).argmax(axis=1)
        share = np.bincount(picks, minlength=len(arms)) / len(picks)
        judged = point[:, seed] - noise[:, :, seed]
        values[0, seed] = judged[np.arange(len(picks)), picks].mean()
        drawn[:, 0, seed] = values[0, seed] + noise[:, :, seed] @ share
    return Samples(values, drawn)
