"""Figures as they stand in the score files."""

from __future__ import annotations

from xstilts.explore.figures import Wanted, select
from xstilts.explore.listing import Column, Listing
from xstilts.explore.missing import note
from xstilts.explore.results import Results

PLACE = ("base", "recipe", "target", "language", "seed", "split", "metric", "layer")
COLUMNS = (
    *(Column(name) for name in PLACE),
    *(Column("value", "score"), Column("low", "score"), Column("high", "score"), Column("n", "count")),
)
DEGENERATE = Column("degenerate")


def show(results: Results, wanted: Wanted, csv: bool = False) -> Listing:
    """A row for each figure, with its 95 % interval. What is the same in all rows is said once, but in CSV."""
    figures = select(results, wanted)
    columns = (*COLUMNS, DEGENERATE)
    rows = [
        (
            *(getattr(figure, name) for name in PLACE),
            *(figure.value, figure.low, figure.high, figure.n, "yes" if figure.degenerate else None),
        )
        for figure in figures
    ]
    same = {
        place
        for place, column in enumerate(columns)
        if column.kind == "word" and len({row[place] for row in rows}) == 1 and not csv
    }
    said = [f"{columns[place].name} {rows[0][place]}" for place in sorted(same) if rows[0][place] is not None]
    kept = [place for place in range(len(columns)) if place not in same]
    shown = tuple(columns[place] for place in kept)
    return Listing(
        title=", ".join(said),
        columns=shown,
        rows=[tuple(row[place] for place in kept) for row in rows],
        notes=note(results, wanted),
        keys=sum(column.kind == "word" and column is not DEGENERATE for column in shown),
    )
