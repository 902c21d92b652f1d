"""Published figures beside ours, language by language."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.errors import UserError
from xstilts.published import Figures, published
from xstilts.report.scores import Score, Scores
from xstilts.specs import ReportSpec

COLUMNS = ("base", "target", "metric", "split", "language", "published", "ours", "difference")
MEAN = "mean"


@dataclass(frozen=True)
class Line:
    """A published figure and ours; without ours where that language was not evaluated here."""

    base: str
    target: str
    figures: Figures
    language: str
    published: float
    ours: float | None

    @property
    def difference(self) -> float | None:
        """Ours less theirs."""
        return None if self.ours is None else self.ours - self.published


def lines(spec: ReportSpec, scores: Scores, name: str) -> list[Line]:
    """Each figure of a source beside the baseline recipe's, with the mean over the languages that both have.

    Bases that are another model on the hub are left out; of one in a folder nobody knows, and it is compared.
    """
    if name not in published():
        raise UserError(f"nothing is known to be published as {name!r}; known: {', '.join(published())}")
    found = []
    for base in spec.bases:
        if spec.hubs.get(base) not in (None, published()[name].base):
            continue
        for target, figures in published()[name].figures.items():
            mine = [s for c, s in scores.items() if (c.base, c.target, c.recipe) == (base, target, spec.baseline)]
            if not mine:
                continue
            ours = means(mine, figures)
            found += [
                Line(base, target, figures, code, value, ours.get(code)) for code, value in figures.values.items()
            ]
            both = [code for code in figures.values if code in ours]
            if both:
                theirs = sum(figures.values[code] for code in both) / len(both)
                found.append(Line(base, target, figures, MEAN, theirs, sum(ours[code] for code in both) / len(both)))
    return found


def means(scores: Sequence[Score], figures: Figures) -> dict[str, float]:
    """Our figure in each language, the mean over seeds."""
    rows = [
        (row.language, row.value)
        for score in scores
        for row in score.record.rows
        if (row.split, row.metric, row.layer) == (figures.split, figures.metric, None)
    ]
    by_language: dict[str, list[float]] = {}
    for code, value in rows:
        by_language.setdefault(code, []).append(value)
    return {code: sum(values) / len(values) for code, values in by_language.items()}


def as_csv(found: Sequence[Line]) -> str:
    """The lines for whoever goes on computing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in found:
        figures = [line.published, line.ours, line.difference]
        shown = ["" if value is None else f"{value:.4f}" for value in figures]
        writer.writerow([line.base, line.target, line.figures.metric, line.figures.split, line.language, *shown])
    return text.getvalue()


def read_otherwise(scores: Scores, name: str) -> list[str]:
    """Where our retrieval was read in another way than theirs, in words: such figures do not compare."""
    wanted = published()[name].read
    found = {
        cell.target: {key: getattr(score.record, key) for key in wanted}
        for cell, score in scores.items()
        if score.record.pooling is not None and cell.target in published()[name].figures
    }
    told = "block {layer} of {layers}, {pooling}".format
    return [
        f"{target} was read at {told(**own)}, not {told(**wanted)}" for target, own in found.items() if own != wanted
    ]


def as_text(name: str, found: Sequence[Line], notes: Sequence[str]) -> str:
    """The lines for a person, as a table in Markdown below their source."""
    entry = published()[name]
    head = f"{entry.title}\n({entry.base}; {entry.source.strip()})\n\n" + "".join(f"Mind: {note}\n\n" for note in notes)
    if all(line.ours is None for line in found):
        return f"{head}Nothing to compare: no target and language of these figures was evaluated here.\n"
    rows = ["| base | target | language | published | ours | difference |", "|---|---|---|---:|---:|---:|"]
    for line in found:
        what = f"{line.target} ({line.figures.metric}, {line.figures.split})"
        cells = [line.base, what, line.language, shown(line.published), shown(line.ours), shown(line.difference, "+")]
        rows.append(f"| {' | '.join(cells)} |")
    return head + "\n".join(rows) + "\n"


def shown(value: float | None, sign: str = "") -> str:
    """A figure with one digit after the point."""
    return "–" if value is None else f"{value:{sign}.1f}"
