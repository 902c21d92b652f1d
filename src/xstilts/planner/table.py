"""The plan as text of at most 120 columns, the same on a screen and in a file.

No library for it: a column is as wide as its longest cell, and a pipe must carry what the screen shows. (rich
serves `scripts/results.py`; its tables follow the terminal.)
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from xstilts.cost.estimate import Source
from xstilts.planner.forecast import Forecast
from xstilts.planner.totals import PARTS, Sum, fullest
from xstilts.planner.units import count, hours, size, span

WIDTH = 120
HEADS = ("", "jobs", "GPU-hours", "CPU-hours", "GPU memory", "host memory", "disk", "network")
LABEL = 18
SHOWN = 4
"""Jobs of the critical path that are named: the longest ones."""
SOURCES: dict[Source, str] = {
    "finished jobs": "from finished jobs",
    "model of cost": "from the model of cost",
    "not known": "not known",
}


def rendered(plan: Forecast) -> str:
    """The table, what follows from it, and what to see to before starting."""
    lines = ["", "Pending work, as planned", "", *_table(plan), "", *_facts(plan)]
    for title, sentences in (("Before you start", plan.warnings), ("Notes", plan.notes)):
        if sentences:
            lines += ["", title, *(line for one in sentences for line in _item(one))]
    return "\n".join([*lines, ""])


def _table(plan: Forecast) -> Iterator[str]:
    rows = [HEADS, *(_cells(kind, row) for kind, row in plan.rows.items()), _cells("total", plan.total)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] = -widths[0]  # words to the left, figures to the right
    lines = ["  ".join(["", *map(_placed, row, widths)]) for row in rows]
    rule = "  " + "─" * (len(lines[-1]) - 2)
    yield from (lines[0], rule, *lines[1:-1], rule, lines[-1])


def _placed(cell: str, width: int) -> str:
    return cell.rjust(width) if width > 0 else cell.ljust(-width)


def _cells(name: str, row: Sum) -> tuple[str, ...]:
    sizes = (row.gpu_memory, row.memory, row.disk, row.network)
    return (name, f"{row.jobs:,}", hours(row.gpu_hours), hours(row.cpu_hours), *map(size, sizes))


def _facts(plan: Forecast) -> Iterator[str]:
    most = fullest(plan.jobs)
    if most and (memory := most.estimate.gpu_memory):
        shares = ", ".join(f"{part} {size(of)}" for part in PARTS if (of := getattr(memory, part)))
        yield from _fact("fullest GPU", f"{size(memory.peak)}: {shares}; {most.kind} {most.name}")
    if plan.room.peak:
        yield from _fact("disk at a time", f"{size(plan.room.peak)} at the most, {size(plan.room.kept)} of it to stay")
    yield from _path(plan)
    queue = ", without waiting in a queue" if plan.machine.cluster else ""
    yield from _fact("wall time", f"{span(plan.course.seconds)} on {plan.machine}{queue}")
    if plan.price is not None:
        of = f"{hours(plan.total.gpu_hours)} GPU-hours at {plan.currency}{plan.gpu_price:g}"
        yield from _fact("price", f"{plan.currency}{plan.price:,.2f}, {of}")
    said = [f"{plan.sources[source]:,} {words}" for source, words in SOURCES.items() if plan.sources[source]]
    yield from _fact("estimates", ", ".join(said) or "none needed")


def _path(plan: Forecast) -> Iterator[str]:
    """The length of the longest chain, and its longest jobs in their order."""
    working = [plan.jobs[place] for place in plan.path if plan.jobs[place].works]
    if not working:
        return
    longest = sorted(range(len(working)), key=lambda place: -working[place].estimate.seconds)[:SHOWN]
    shown = [working[place] for place in sorted(longest)]
    yield from _fact("critical path", f"{span(plan.path_seconds)}, {count(len(working), 'job')} one after the other")
    rest = len(working) - len(shown)
    rows = [(job.estimate.seconds, f"{job.kind} {job.name}") for job in shown]
    rows += [(plan.path_seconds - sum(seconds for seconds, _ in rows), count(rest, "more job"))] if rest else []
    width = max(len(span(seconds)) for seconds, _ in rows)
    for seconds, what in rows:
        yield from _fact("", f"{span(seconds):>{width}}  {what}")


def _fact(label: str, text: str) -> list[str]:
    wrapped = textwrap.wrap(text, WIDTH - LABEL - 2, break_on_hyphens=False, drop_whitespace=False)
    return [f"  {label if not i else '':<{LABEL}}{line.rstrip()}" for i, line in enumerate(wrapped)]


def _item(text: str) -> list[str]:
    wrapped = textwrap.wrap(text, WIDTH - 4, break_on_hyphens=False)
    return [f"{'  - ' if not i else '    '}{line}" for i, line in enumerate(wrapped)]
