"""Of each target the best recipe, as far as is known now."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.explore.figures import Wanted, select, values_of
from xstilts.explore.listing import Column, Listing, Marked, Row
from xstilts.explore.missing import note
from xstilts.explore.pivot import FEWER, LOST, Cells, Mean, marks, refuse_mixtures
from xstilts.explore.results import Results

MEAN = "(mean)"


def best(results: Results, wanted: Wanted) -> Listing:
    """By the mean over languages and seeds, beside the baseline and the next best; last the mean over targets."""
    figures = [figure for figure in select(results, wanted) if figure.layer is None]
    baseline, rows = results.spec.baseline, list[Row]()
    targets, recipes = values_of(results, figures, "target"), values_of(results, figures, "recipe")
    seeds = len(values_of(results, figures, "seed"))
    refuse_mixtures({"metric": values_of(results, figures, "metric")}, "recipe", "target")
    for base in values_of(results, figures, "base"):
        cells = Cells([figure for figure in figures if figure.base == base], "recipe", "target")
        for target in [*targets, *([None] if len(targets) > 1 else [])]:
            means = {recipe: cells.mean(recipe, target, recipe) for recipe in recipes}
            rows.append((base, target or MEAN, *_ranked(means, baseline, seeds)))
    columns = (
        *(Column("base"), Column("target"), Column("best"), Column("score", "score")),
        *(Column(f"to {baseline}", "difference"), Column("next"), Column("next score", "score")),
    )
    unsaid = 1 if len(results.spec.bases) == 1 else 0
    return Listing(
        title="The best recipe by the mean over languages and seeds, in per cent",
        columns=columns[unsaid:],
        rows=[row[unsaid:] for row in rows],
        notes=(*marks([(None, row[-4]) for row in rows]), *note(results, wanted)),
        keys=2 - unsaid,
    )


def _ranked(means: Mapping[str, Mean], baseline: str, seeds: int) -> Row:
    """Best, its score, its difference to the baseline; the next best, its score."""
    known = [(recipe, mean, mean.value) for recipe, mean in means.items() if mean.value is not None]
    ranked = sorted(known, key=lambda one: -one[2])  # stable: of equal ones the first of the study
    if not ranked:
        return (None,) * 5
    (recipe, top, value), *rest = ranked
    against = top.minus(means[baseline]).value if baseline in means else None
    after = (rest[0][0], Marked(rest[0][2], _mark(rest[0][1], seeds))) if rest else (None, None)
    return (recipe, Marked(value, _mark(top, seeds)), against, *after)


def _mark(mean: Mean, seeds: int) -> str:
    return FEWER * (len(mean.by_seed) < seeds) + LOST * mean.degenerate
