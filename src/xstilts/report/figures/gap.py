"""English against the other languages: how far each recipe leaves the two apart."""

from __future__ import annotations

from xstilts.report.figures.panels import Frame, Panel, draw_panels
from xstilts.report.figures.sheet import DOWN, INK, LINE, NOTE, SOFT, UP, Drawing, Key, Sheet
from xstilts.report.figures.told import holes, origin
from xstilts.report.findings import ENGLISH, BaseFindings, Effect, Estimate, Findings, Target
from xstilts.report.writing import score, signed

COLUMNS = ("recipe", "target", "english", "english_low", "english_high", "others", "others_low", "others_high", "gap",
           "gap_low", "gap_high", "gap_change", "gap_change_low", "gap_change_high", "holm", "holds")  # fmt: skip


def gap(findings: Findings, found: BaseFindings) -> Drawing:
    """One panel a target that is tested in English and in other languages."""
    spec = findings.spec
    targets = {t.name: t for t in found.targets if ENGLISH in t.languages and len(t.languages) > 1}
    without = [t.title for t in found.targets if t.name not in targets]
    sheet = Sheet(
        "English and the other languages",
        f"Per cent. The line is the gap between the two; the grey band is the gap of {spec.baseline}.",
    )

    def draw(panel: Panel, frame: Frame) -> None:
        _panel(sheet, findings, found, panel, frame)

    if not targets:
        sheet.empty("No target is tested in English and in other languages.")
    else:
        about = [_about(findings, found, one) for one in targets.values()]
        draw_panels(sheet, about, list(spec.recipes), spec.baseline, draw)
        sheet.legend(
            [
                Key("English", INK, "o"),
                Key("the others", INK, "D", filled=False),
                Key("narrower gap, holds", UP, "s"),
                Key("wider gap, holds", DOWN, "s"),
                Key("not decided", SOFT, "s", filled=False),
            ]
        )
    notes = ["Holds: p < 0.05 after Holm's correction (thick line)."] if targets else []
    if targets and without:
        notes.append(f"Without both: {', '.join(without)}.")
    return Drawing(
        sheet.finish([*notes, origin(findings, found)]),
        _says(findings, found, targets),
        COLUMNS,
        [_record(found, recipe, name) for name in targets for recipe in spec.recipes],
    )


def _about(findings: Findings, found: BaseFindings, target: Target) -> Panel:
    outcomes = [found.outcome(recipe, target.name) for recipe in findings.spec.recipes]
    values = [figure.value for one in outcomes for figure in (one.english, one.others) if figure]
    base = found.outcome(findings.spec.baseline, target.name).gap
    told = f"gap of {findings.spec.baseline}: {score(base)}" if base else "baseline missing"
    return Panel(target.name, target.title, told, values)


def _panel(sheet: Sheet, findings: Findings, found: BaseFindings, panel: Panel, frame: Frame) -> None:
    baseline = found.outcome(findings.spec.baseline, panel.id)
    if baseline.english and baseline.others:
        left, right = sorted((frame.scale(baseline.english.value), frame.scale(baseline.others.value)))
        sheet.box(left, frame.top, right - left, frame.bottom - frame.top, LINE, 0.6, id=f"band-{panel.id}")
    for i, recipe in enumerate(findings.spec.recipes):
        one, y = found.outcome(recipe, panel.id), frame.row(i)
        if one.english is None or one.others is None:
            told = holes(found, recipe, [panel.id]) or "missing"
            sheet.text(frame.scale.left, y, told, NOTE, SOFT, id=f"missing-{panel.id}-{recipe}")
            continue
        change = one.gap_change
        colour = _hue(change) if change else INK
        english, others = frame.scale(one.english.value), frame.scale(one.others.value)
        sure = change is not None and change.significant != 0
        sheet.line([others, english], [y, y], colour, 2.4 if sure else 1.0, id=f"gap-{panel.id}-{recipe}")
        sheet.mark(english, y, "o", colour, True, 4.0, id=f"english-{panel.id}-{recipe}")
        sheet.mark(others, y, "D", colour, False, 3.6, id=f"others-{panel.id}-{recipe}")


def _hue(change: Effect) -> str:
    return {1: DOWN, -1: UP, 0: SOFT}[change.significant]


def _record(found: BaseFindings, recipe: str, target: str) -> list[object]:
    one = found.outcome(recipe, target)
    change = one.gap_change
    holds = "" if change is None else {1: "wider", -1: "narrower", 0: "no"}[change.significant]
    levels = [number for figure in (one.english, one.others, one.gap, change) for number in _three(figure)]
    return [recipe, target, *levels, change.holm if change else None, holds]


def _three(figure: Estimate | None) -> list[float | None]:
    return [figure.value, figure.low, figure.high] if figure else [None] * 3


def _says(findings: Findings, found: BaseFindings, targets: dict[str, Target]) -> str:
    head = "English against the mean of the other languages"
    spec = findings.spec
    changes = {
        (recipe, name): change
        for name in targets
        for recipe in spec.recipes
        if (change := found.outcome(recipe, name).gap_change)
    }
    if not changes:
        return f"{head}: there is no gap to compare."
    narrower = sum(change.significant < 0 for change in changes.values())
    wider = sum(change.significant > 0 for change in changes.values())
    recipe, name = max(changes, key=lambda key: abs(changes[key].value))
    return (
        f"{head} on {len(targets)} target{'s' if len(targets) > 1 else ''}. Of {len(changes)} gaps, after Holm's "
        f"correction, {narrower} are narrower than {spec.baseline}'s and {wider} wider. The largest change: "
        f"{signed(changes[recipe, name].value)} points, {recipe} on {targets[name].title}."
    )
