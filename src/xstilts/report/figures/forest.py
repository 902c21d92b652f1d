"""Paired differences to the baseline with their intervals: one row a recipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xstilts.report.figures.sheet import (
    DOWN,
    INK,
    LINE,
    MARGIN,
    NOTE,
    SMALL,
    SOFT,
    TEXT,
    UP,
    Drawing,
    Key,
    Scale,
    Shape,
    Sheet,
    cut,
    hue,
    widest,
)
from xstilts.report.figures.told import holes, origin, why_nothing
from xstilts.report.findings import ENGLISH, BaseFindings, Effect, Findings, Outcome
from xstilts.report.writing import score, signed

ROW = 0.3
ENDS = (1, 2, 5, 10, 20, 50, 100)
RULE = "Each end of the axis is the nearest of 1, 2, 5, 10, 20, 50 and 100 points beyond all intervals."
COLUMNS = ("recipe", "target", "languages", "difference", "low", "high", "p", "holm", "holds", "seeds", "runs")


def forest(findings: Findings, found: BaseFindings, where: str) -> Drawing:
    """The recipes on one target, or on an average."""
    spec, baseline = findings.spec, findings.spec.baseline
    title, targets, english = place(found, where)
    outcomes = {recipe: found.outcome(recipe, where) for recipe in spec.recipes if recipe != baseline}
    both = english and any(one.gain_others for one in outcomes.values())
    sheet = Sheet(
        f"{title}: difference to {baseline}",
        "Points, paired over seeds and test examples; bars are 95 % intervals.",
    )
    if not outcomes:
        sheet.empty(f"Nothing to compare: the study has no recipe but its baseline {baseline}.")
    else:
        _rows(sheet, findings, found, outcomes, targets, both)
        sheet.legend(
            [
                Key("all languages", INK, "o"),
                *([Key("all but English", INK, "D")] if both else []),
                Key("up, holds", UP, "s"),
                Key("down, holds", DOWN, "s"),
                Key("not decided", SOFT, "s", filled=False),
            ]
        )
    notes = [f"Holds: p < 0.05 after Holm's correction (filled, bold). {RULE}"] if outcomes else []
    if outcomes and not english:
        notes.append("Has no English test.")
    return Drawing(
        sheet.finish([*notes, origin(findings, found)]),
        _says(title, baseline, outcomes),
        COLUMNS,
        [
            _row(found, one, targets, what, effect)
            for one in outcomes.values()
            for what, effect in [("all", one.gain), *([("other than English", one.gain_others)] if english else [])]
        ],
    )


def place(found: BaseFindings, where: str) -> tuple[str, tuple[str, ...], bool]:
    """A target or an average: its title, the targets behind it, and whether English is among its languages."""
    tested = {target.name: target for target in found.targets}
    if where in tested:
        return tested[where].title, (where,), ENGLISH in tested[where].languages
    average = next(one for one in found.averages if one.name == where)
    title = f"{average.title} over {len(average.targets)} target{'s' if len(average.targets) > 1 else ''}"
    return title, average.targets, any(ENGLISH in tested[name].languages for name in average.targets)


def ends(effects: Iterable[Effect]) -> tuple[float, float]:
    """Those of the axis, by RULE."""
    known = list(effects)
    return -_beyond([-effect.low for effect in known]), _beyond([effect.high for effect in known])


def _beyond(distances: Sequence[float]) -> float:
    far = max(distances, default=0.0)
    return next((end for end in ENDS if end >= far), far)


def _rows(
    sheet: Sheet,
    findings: Findings,
    found: BaseFindings,
    outcomes: dict[str, Outcome],
    targets: Sequence[str],
    both: bool,
) -> None:
    effects = [e for one in outcomes.values() for e in (one.gain, one.gain_others if both else None) if e]
    names = min(widest(outcomes, TEXT), 1.05)
    scale = Scale(*ends(effects), MARGIN + names + 0.12, sheet.width - 0.5)
    top = sheet.y + 0.14
    bottom = top + ROW * len(outcomes)
    sheet.axis(scale, top, bottom, 5, "tick")
    sheet.line([scale(0)] * 2, [top - 0.03, bottom], INK, 0.9, id="baseline")
    sheet.text(scale(0), top - 0.09, cut(findings.spec.baseline, SMALL, 1.0), SMALL, INK, "center")
    for i, (recipe, one) in enumerate(outcomes.items()):
        y = top + ROW * (i + 0.5)
        told = holes(found, recipe, targets)
        if one.gain is None:
            sheet.line([scale.left, scale.right], [y, y], LINE, 0.8, dashed=True, id=f"missing-{recipe}")
            told = why_nothing(findings, found, recipe, targets)
        sheet.text(MARGIN, y - (0.05 if told else 0), cut(recipe, TEXT, names), TEXT)
        if told:
            sheet.text(MARGIN, y + 0.07, told, NOTE, DOWN if "missing" in told else SOFT)
        if one.gain:
            _bar(sheet, scale, y - (0.05 if both else 0), one.gain, "o", f"all-{recipe}")
        if both and one.gain_others:
            _bar(sheet, scale, y + 0.08, one.gain_others, "D", f"others-{recipe}")
    sheet.y = bottom + 0.16


def _bar(sheet: Sheet, scale: Scale, y: float, effect: Effect, shape: Shape, id: str) -> None:
    main, colour, sure = shape == "o", hue(effect), effect.significant != 0
    sheet.line([scale(effect.low), scale(effect.high)], [y, y], colour, 1.6 if main else 0.9, id=f"interval-{id}")
    sheet.mark(scale(effect.value), y, shape, colour, sure, 5.5 if main else 3.8, id=id)
    x = sheet.width - MARGIN
    size = TEXT if main else NOTE
    sheet.text(x, y, signed(effect.value), size, INK if main else SOFT, "right", bold=sure, id=f"number-{id}")


def _row(found: BaseFindings, one: Outcome, targets: Sequence[str], what: str, effect: Effect | None) -> list[object]:
    figures: list[object] = [None] * 5
    if effect:
        figures = [effect.value, effect.low, effect.high, effect.p, effect.holm]
    holds = "" if effect is None else {1: "up", -1: "down", 0: "no"}[effect.significant]
    told = holes(found, one.recipe, targets) or "complete"
    return [one.recipe, one.target, what, *figures, holds, len(one.seeds), told]


def _says(title: str, baseline: str, outcomes: dict[str, Outcome]) -> str:
    gains = {recipe: one.gain for recipe, one in outcomes.items() if one.gain}
    head = f"Differences to {baseline} on {title[:1].lower() + title[1:] if title.startswith('Mean') else title}"
    if not gains:
        return f"{head}: there are none to show."
    best = max(gains, key=lambda recipe: gains[recipe].value)
    gain = gains[best]
    holds = "which holds" if gain.significant else "which is not decided"
    gone = len(outcomes) - len(gains)
    return (
        f"{head}, {len(gains)} recipe{'s' if len(gains) > 1 else ''}. The largest: {best}, {signed(gain.value)} points "
        f"(95 % interval {score(gain.low)} to {score(gain.high)}), {holds} after Holm's correction."
        + (f" Missing: {gone}." if gone else "")
    )
