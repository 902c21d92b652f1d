"""The level of every recipe, and how far its runs with different seeds lie apart."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.figures.forest import place
from xstilts.report.figures.panels import Frame, Panel, draw_panels
from xstilts.report.figures.sheet import DOWN, INK, NOTE, SOFT, UP, Drawing, Key, Sheet
from xstilts.report.figures.told import holes, origin
from xstilts.report.findings import MEAN, BaseFindings, Findings
from xstilts.report.writing import score

COLUMNS = ("recipe", "target", "seed", "score", "state")


def reference(findings: Findings, found: BaseFindings) -> Drawing:
    """One panel for the mean over targets and one a target; one point a run."""
    spec = findings.spec
    wheres = [*([MEAN] if len(found.targets) > 1 else []), *(target.name for target in found.targets)]
    sheet = Sheet(
        "Scores of every run",
        f"Per cent, mean over languages; one point a seed, a bar at their mean; the dashed line is {spec.baseline}'s.",
    )

    def draw(panel: Panel, frame: Frame) -> None:
        _panel(sheet, findings, found, panel.id, frame)

    if not any(found.outcome(recipe, where).by_seed for recipe in spec.recipes for where in wheres):
        sheet.empty("Nothing was scored yet.")
    else:
        draw_panels(
            sheet, [_about(findings, found, where) for where in wheres], list(spec.recipes), spec.baseline, draw
        )
        keys = [Key("a run", UP, "o", filled=False)]
        if found.degenerate:
            keys.append(Key("degenerate: a training before it learned nothing", DOWN, "^"))
        sheet.legend(keys)
    records = [
        [recipe, where, seed, found.outcome(recipe, where).by_seed.get(seed), _state(found, recipe, where, seed)]
        for where in wheres
        for recipe in spec.recipes
        for seed in found.seeds
    ]
    return Drawing(sheet.finish([origin(findings, found)]), _says(findings, found, wheres), COLUMNS, records)


def _about(findings: Findings, found: BaseFindings, where: str) -> Panel:
    outcomes = [found.outcome(recipe, where) for recipe in findings.spec.recipes]
    values = [value for one in outcomes for value in one.by_seed.values()]
    title, targets, _ = place(found, where)
    if where == MEAN:
        return Panel("mean", "Mean", f"over {len(targets)} targets", values)
    target = next(one for one in found.targets if one.name == where)
    chance = f", chance {score(target.chance)}" if target.chance else ""
    return Panel(where, title, target.metric.replace("_", " ") + chance, values)


def _panel(sheet: Sheet, findings: Findings, found: BaseFindings, id: str, frame: Frame) -> None:
    where = MEAN if id == "mean" else id
    _, targets, _ = place(found, where)
    level = list(found.outcome(findings.spec.baseline, where).by_seed.values())
    if level:
        x = frame.scale(sum(level) / len(level))
        sheet.line([x, x], [frame.top, frame.bottom], SOFT, 0.8, id=f"level-{id}", dashed=True)
    for i, recipe in enumerate(findings.spec.recipes):
        scores, y = found.outcome(recipe, where).by_seed, frame.row(i)
        if not scores:
            told = holes(found, recipe, targets) or "missing"
            sheet.text(frame.scale.left, y, told, NOTE, SOFT, id=f"missing-{id}-{recipe}")
            continue
        if len(scores) > 1:
            x = frame.scale(sum(scores.values()) / len(scores))
            sheet.line([x, x], [y - 0.05, y + 0.05], INK, 1.4, id=f"average-{id}-{recipe}")
        for seed, value in scores.items():
            lost = _state(found, recipe, where, seed) == "degenerate"
            offset = _apart(found.seeds, seed)
            sheet.mark(frame.scale(value), y + offset, "^" if lost else "o", DOWN if lost else UP, lost, 3.4,
                       id=f"run-{id}-{recipe}-{seed}")  # fmt: skip


def _apart(seeds: Sequence[int], seed: int) -> float:
    """Seeds lie a little above each other, so that equal scores stay apart."""
    return 0.0 if len(seeds) < 2 else 0.07 * (seeds.index(seed) / (len(seeds) - 1) - 0.5)


def _state(found: BaseFindings, recipe: str, where: str, seed: int) -> str:
    _, targets, _ = place(found, where)
    states = {run.state for run in found.runs if (run.recipe, run.seed) == (recipe, seed) and run.target in targets}
    return next((state for state in ("missing", "degenerate") if state in states), "scored")


def _says(findings: Findings, found: BaseFindings, wheres: Sequence[str]) -> str:
    spreads = {
        (recipe, where): max(scores) - min(scores)
        for where in wheres
        for recipe in findings.spec.recipes
        if len(scores := list(found.outcome(recipe, where).by_seed.values())) > 1
    }
    runs = sum(run.state != "missing" for run in found.runs)
    head = f"Scores of {runs} of {len(found.runs)} runs"
    if not spreads:
        return f"{head}; no recipe was run with more than one seed."
    recipe, where = max(spreads, key=lambda key: spreads[key])
    on = "the mean over targets" if where == MEAN else place(found, where)[0]
    apart = score(spreads[recipe, where])
    return f"{head}. Seeds of one recipe lie at most {apart} points apart: {recipe} on {on}."
