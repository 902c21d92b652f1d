"""One recipe's differences to the baseline in every language of every target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise

from xstilts.report.figures.sheet import (
    DOWN,
    INK,
    LINE,
    MARGIN,
    NOTE,
    SMALL,
    SOFT,
    UP,
    Drawing,
    Key,
    Sheet,
    text_width,
    widest,
)
from xstilts.report.figures.told import holes, origin
from xstilts.report.findings import ENGLISH, BaseFindings, Effect, Findings
from xstilts.report.order import by_script, known
from xstilts.report.writing import number, signed

ROW, NARROWEST, WIDEST, FULL = 0.155, 0.3, 0.62, 3.74  # inches; FULL fits a phone of 390 CSS pixels
OPAQUE = 0.45  # more would hide the figure, in light or in dark
ENDS = (1, 2, 5, 10, 20, 50, 100)
LONE = "one language a script"  # a heading for each would be as long as its row
EVERYWHERE, OTHERS = "all languages", "all but English"
COLUMNS = (
    *("recipe", "target", "language", "name", "script", "family", "score"),
    *("difference", "low", "high", "p", "holm", "holds"),
)


@dataclass(frozen=True)
class Cell:
    """A figure of one row on one target."""

    effect: Effect | None
    score: float | None
    """Of a single language."""


@dataclass(frozen=True)
class Row:
    """A language, or a mean over some."""

    id: str
    label: str
    beside: str
    cells: Mapping[str, Cell]
    """By target; a target without such a language has none."""


def heat(findings: Findings, found: BaseFindings, recipe: str) -> Drawing:
    """Languages by targets; colours mean the same in all heat maps of a base."""
    spec = findings.spec
    means, groups = _means(found, recipe), _groups(found, recipe)
    rows = [*means, *(row for _, _, members in groups for row in members)]
    beside = widest([row.beside for row in rows] + ["family"], NOTE) + 0.05
    left = MARGIN + widest([row.label for row in rows], SMALL) + 0.06
    cell = min(WIDEST, max(NARROWEST, (FULL - left - beside - MARGIN) / len(found.targets)))
    sheet = Sheet(
        f"{recipe}: difference to {spec.baseline}, by language",
        "Points; bold: p < 0.05 after Holm's correction over all recipes, targets and languages.",
        max(left + cell * len(found.targets) + beside + MARGIN, 3.0),
    )
    scale = top_of(effect for one in spec.recipes for effect in _effects(found, one))
    _head(sheet, found, left, cell)
    for row in means:
        _draw(sheet, found, row, left, cell, scale)
    for title, column, members in groups:
        sheet.y += 0.13
        sheet.text(MARGIN, sheet.y, title, NOTE, SOFT, bold=True)
        sheet.text(left + cell * len(found.targets) + 0.05, sheet.y, column, NOTE, SOFT, bold=True)
        sheet.y += 0.09
        for row in members:
            _draw(sheet, found, row, left, cell, scale)
    _ramp(sheet, scale)
    if any(one.effect is None for row in rows for one in row.cells.values()):
        sheet.legend([Key("missing", LINE, hatch="//////")])
    notes = ["Blank: the target has no test in this language."]
    told = [f"{t.title}: {said}." for t in found.targets if (said := holes(found, recipe, [t.name]))]
    if told:
        notes.append("Runs. " + " ".join(told))
    return Drawing(
        sheet.finish([*notes, origin(findings, found)]),
        _says(recipe, spec.baseline, rows[len(means) :], found),
        COLUMNS,
        [_record(recipe, target, row.id, one) for row in rows for target, one in row.cells.items()],
    )


def top_of(effects: Iterable[Effect]) -> float:
    """The difference in points that has the full colour: the nearest round one beyond all."""
    far = max((abs(effect.value) for effect in effects), default=0.0)
    return next((end for end in ENDS if end >= far), far)


def strength(value: float, scale: float) -> float:
    """How opaque a colour is: by the square root, so that small differences show beside retrieval's large ones."""
    return OPAQUE * math.sqrt(abs(value) / scale)


def _effects(found: BaseFindings, recipe: str) -> Iterator[Effect]:
    for row in (*_means(found, recipe), *(row for _, _, members in _groups(found, recipe) for row in members)):
        yield from (one.effect for one in row.cells.values() if one.effect)


def _means(found: BaseFindings, recipe: str) -> list[Row]:
    outcomes = {target.name: found.outcome(recipe, target.name) for target in found.targets}
    rows = [Row(f"({EVERYWHERE})", EVERYWHERE, "", {name: Cell(one.gain, None) for name, one in outcomes.items()})]
    english = [target.name for target in found.targets if ENGLISH in target.languages]
    if english:
        rows.append(Row(f"({OTHERS})", OTHERS, "", {name: Cell(outcomes[name].gain_others, None) for name in english}))
        rows.append(_language(found, recipe, ENGLISH, ""))
    return rows


def _groups(found: BaseFindings, recipe: str) -> list[tuple[str, str, list[Row]]]:
    """The languages but English, by script: a title, what stands beside their names, and the rows."""
    codes = {code for target in found.targets for code in target.languages} - {ENGLISH}
    scripts = [list(members) for _, members in groupby(by_script(codes), key=lambda code: known(code).script)]
    groups: list[tuple[str, str, list[Row]]] = []
    for members in scripts:
        script = known(members[0]).script
        if len(members) > 1:
            families = [known(code).family for code in members]
            beside = [family if family != above else "" for above, family in pairwise(["", *families])]
            rows = [_language(found, recipe, *row) for row in zip(members, beside, strict=True)]
            groups.append((script, "family", rows))
            continue
        if not groups or groups[-1][0] != LONE:
            groups.append((LONE, "script", []))
        groups[-1][2].append(_language(found, recipe, members[0], script))
    return groups


def _language(found: BaseFindings, recipe: str, code: str, beside: str) -> Row:
    cells = {}
    for target in found.targets:
        if code in target.languages:
            one = found.language(recipe, target.name, code)
            cells[target.name] = Cell(one.gain, one.score.value if one.score else None)
    return Row(code, known(code).name, beside, cells)


def _head(sheet: Sheet, found: BaseFindings, left: float, cell: float) -> None:
    titles = [target.title for target in found.targets]
    upright = widest(titles, SMALL) > cell - 0.04
    sheet.y += widest(titles, SMALL) if upright else 0.1
    for i, title in enumerate(titles):
        x = left + cell * (i + 0.5)
        sheet.text(x, sheet.y, title, SMALL, INK, "left" if upright else "center", upright=upright)
    sheet.y += 0.05 if upright else 0.08


def _draw(sheet: Sheet, found: BaseFindings, row: Row, left: float, cell: float, scale: float) -> None:
    middle, gap = sheet.y + ROW / 2, 0.012
    mean = row.id.startswith("(")
    sheet.text(MARGIN, middle, row.label, SMALL, INK, bold=False)
    if row.beside:
        sheet.text(left + cell * len(found.targets) + 0.05, middle, row.beside, NOTE, SOFT)
    for i, target in enumerate(found.targets):
        one = row.cells.get(target.name)
        if one is None:
            continue
        id = f"cell-{target.name}-{row.id.strip('()').replace(' ', '-')}"
        place = left + cell * i + gap, sheet.y + gap, cell - 2 * gap, ROW - 2 * gap
        if one.effect is None:
            sheet.box(*place, edge=LINE, hatch="//////", id=f"missing-{id}")
            continue
        value = one.effect.value
        sheet.box(*place, fill=UP if value > 0 else DOWN, opacity=strength(value, scale), id=id)
        bold = one.effect.significant != 0
        shown = signed(value)
        if text_width(shown, NOTE, bold) > cell:
            shown = number(value, "+.0f")
        sheet.text(left + cell * (i + 0.5), middle, shown, NOTE, INK, "center", bold=bold)
    sheet.y += ROW + (0.02 if mean else 0)


def _ramp(sheet: Sheet, scale: float) -> None:
    steps, wide, x, y = 40, 2.0 / 40, MARGIN + 0.12, sheet.y + 0.12
    for i in range(steps):
        value = scale * ((i + 0.5) / steps * 2 - 1)
        sheet.box(x + i * wide, y, wide, 0.09, fill=UP if value > 0 else DOWN, opacity=strength(value, scale))
    for value in (-scale, -scale / 4, 0, scale / 4, scale):
        place = x + (value / scale + 1) / 2 * steps * wide
        sheet.text(place, y + 0.16, number(value, "+g"), NOTE, SOFT, "center")
    sheet.text(x + steps * wide + 0.14, y + 0.045, "the same in all", NOTE, SOFT)
    sheet.text(x + steps * wide + 0.14, y + 0.16, "recipes of a base", NOTE, SOFT)
    sheet.y = y + 0.24


def _record(recipe: str, target: str, id: str, one: Cell) -> list[object]:
    language = known(id) if not id.startswith("(") else None
    about = [language.name, language.script, language.family] if language else [id.strip("()"), "", ""]
    effect = one.effect
    figures = [effect.value, effect.low, effect.high, effect.p, effect.holm] if effect else [None] * 5
    holds = "missing" if effect is None else {1: "up", -1: "down", 0: "no"}[effect.significant]
    return [recipe, target, id, *about, one.score, *figures, holds]


def _says(recipe: str, baseline: str, rows: list[Row], found: BaseFindings) -> str:
    titles = {target.name: target.title for target in found.targets}
    cells = [
        (one.effect.value, row.label, titles[name], one.effect.significant)
        for row in rows
        for name, one in row.cells.items()
        if one.effect
    ]
    head = f"Differences of {recipe} to {baseline} by language and target"
    if not cells:
        return f"{head}: there are none to show."
    ups, downs = sum(cell[3] > 0 for cell in cells), sum(cell[3] < 0 for cell in cells)
    value, language, title, _ = max(cells, key=lambda cell: abs(cell[0]))
    return (
        f"{head}, {len(cells)} besides English: {ups} higher and {downs} lower after Holm's correction. "
        f"The largest is {signed(value)} points, {language} on {title}."
    )
