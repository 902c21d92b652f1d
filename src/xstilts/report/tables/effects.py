"""Every estimate of every recipe on every target and average, in one long table for programs."""

from __future__ import annotations

from xstilts.report.findings import Effect, Findings, Outcome
from xstilts.report.tables import grid
from xstilts.report.tables.table import EFFECT, ESTIMATE, Plain, Sheet, effect, estimate, under

ENDINGS = (*EFFECT, "_new_language_low", "_new_language_high", "_detectable")
LEVELS = ("score", "english", "others", "gap")
GAINS = ("gain", "gain_english", "gain_others", "gap_change")
COLUMNS = (
    *("base", "recipe", "path", "target", "title", "seeds", "missing", "degenerate"),
    *(field for name in LEVELS for field in under(name, ESTIMATE)),
    *("others_99_low", "others_99_high"),
    *(field for name in GAINS for field in under(name, ENDINGS)),
)


def effects(findings: Findings) -> Sheet:
    """A row for each base, recipe, and target or average.

    `seeds` are those that count, `missing` and `degenerate` how many runs of the figure are so. Of an effect, `_p` is
    its own, `_holm` the corrected one, `_significant` its sign where that is below 0.05 and else 0; `_new_language` is
    the interval for languages such as these, `_detectable` the difference that is found four times of five.
    """
    rows = []
    for found in findings.bases:
        heads = [*grid.targets(found), *grid.heads(found.averages)]
        for recipe, path in findings.spec.recipes.items():
            for head in heads:
                states = [run.state for run in found.runs if run.recipe == recipe and run.target in head.targets]
                outcome = found.outcome(recipe, head.name)
                seeds = " ".join(map(str, outcome.seeds))
                counts = states.count("missing"), states.count("degenerate")
                rows.append((found.base, recipe, path, head.name, head.title, seeds, *counts, *_figures(outcome)))
    return Sheet(COLUMNS, tuple(rows))


def _figures(outcome: Outcome) -> tuple[Plain, ...]:
    levels = (estimate(getattr(outcome, name)) for name in LEVELS)
    gains = (_all(getattr(outcome, name)) for name in GAINS)
    return (
        *(field for fields in levels for field in fields),
        *(outcome.others_99 or (None, None)),
        *(field for fields in gains for field in fields),
    )


def _all(gain: Effect | None) -> tuple[Plain, ...]:
    new = (gain.new_language if gain else None) or (None, None)
    return (*effect(gain), *new, gain.detectable if gain else None)
