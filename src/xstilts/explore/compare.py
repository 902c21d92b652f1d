"""Two recipes against each other: the report's own estimates, for any two of a study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from xstilts.errors import UserError
from xstilts.explore.figures import Wanted, check, known_or_error
from xstilts.explore.listing import HOLE, Column, Listing, Row
from xstilts.explore.missing import note
from xstilts.explore.results import Results
from xstilts.report.compared import Compared, open_base
from xstilts.report.contrast import Samples
from xstilts.specs import ReportSpec


def compare(results: Results, one: str, other: str, wanted: Wanted, by_language: bool = False) -> Listing:
    """`one` less `other`, target by target, or language by language. Cost: seconds; half a minute for all of XTREME.

    All recipes of the study are read: runs scatter alike in all of them, and so each tells how much.
    """
    known_or_error("recipe", (one, other), results.spec.recipes)
    if one == other:
        raise UserError(f"{one!r} differs from itself by nothing: name two recipes")
    check(results, wanted)
    rows: list[Row] = []
    for base in wanted.base or results.spec.bases:
        compared = open_base(narrowed(results.spec, wanted), results.scores, base)
        for where, code, samples in places(compared, wanted, by_language):
            rows.append((base, where, code, *figures(compared, one, other, where, samples)))
    columns = (
        *(Column("base"), Column("target"), Column("language"), Column(one, "score"), Column(other, "score")),
        *(Column("difference", "difference"), Column("low", "difference"), Column("high", "difference")),
        *(Column("p", "p"), Column("seeds", "count")),
    )
    unsaid = {0: len(results.spec.bases) == 1, 2: not by_language}
    kept = [place for place in range(len(columns)) if not unsaid.get(place)]
    return Listing(
        title=f"{one} less {other}: difference in points, its 95 % interval, and p, corrected for nothing",
        columns=tuple(columns[place] for place in kept),
        rows=[tuple(row[place] for place in kept) for row in rows],
        notes=(*holes(rows), *note(results, replace(wanted, recipe=(one, other)))),
        keys=len(kept) - 7,
    )


def narrowed(spec: ReportSpec, wanted: Wanted) -> ReportSpec:
    """The study with the targets alone that are asked for: the others' examples need not be drawn."""
    targets = {name: entry for name, entry in spec.targets.items() if not wanted.target or name in wanted.target}
    return spec.model_copy(update={"targets": targets})


def places(compared: Compared, wanted: Wanted, by_language: bool) -> Iterator[tuple[str, str | None, Samples]]:
    """Targets or their languages, then averages; these only of all targets, as the report has them."""
    if by_language:
        known_or_error(
            "language", wanted.language, (code for one in compared.targets.values() for code in one.languages)
        )
    for name in compared.targets:
        views = compared.views[name]
        if not by_language:
            yield name, None, views.everywhere
            continue
        for code, samples in views.languages.items():
            if not wanted.language or code in wanted.language:
                yield name, code, samples
    if not by_language and not wanted.target:
        yield from ((one.name, None, compared.views[one.name].everywhere) for one in compared.averages)


def figures(compared: Compared, one: str, other: str, where: str, samples: Samples) -> Row:
    """Both scores on the seeds that both have, and the difference as the report estimates it."""
    effect = compared.contrast({one: 1.0, other: -1.0}, where, samples)
    if effect is None:
        return (None,) * 7
    arms = samples.point[[list(compared.recipes).index(recipe) for recipe in (one, other)]]
    shared = arms[:, ~np.isnan(arms).any(axis=0)]
    ours, theirs = map(float, shared.mean(axis=1))
    return (ours, theirs, effect.value, effect.low, effect.high, effect.p, shared.shape[1])


def holes(rows: Sequence[Row]) -> Iterator[str]:
    """What a hole means, where there is one."""
    if any(row[-1] is None for row in rows):
        yield f"{HOLE} there is no seed with which both have all evaluations"
