"""All cards of a study, written anew from what is there now."""

from __future__ import annotations

from pathlib import Path

from xstilts.cards.checkpoint import card
from xstilts.cards.curve import CURVE, curve_svg
from xstilts.cards.fetched import Fetched, fetched_card
from xstilts.cards.scored import scored_with
from xstilts.cards.studied import Studied, index, studied
from xstilts.cards.study import study_card
from xstilts.cards.subject import Subject
from xstilts.files import write_text
from xstilts.layout import CARD, WEIGHTS
from xstilts.report.findings import Findings
from xstilts.report.made import Made, parts_of
from xstilts.report.reads import Shelf


def write_cards(findings: Findings, results: Path, out: Path) -> list[str]:
    """The card and the curve of each checkpoint, the study's card beside `out`, and `out`, the index, last.

    results  folder of the study's world
    out      cards.md, in the study's folder

    Returns the nodes whose cards were written. A file that would stay as it is is left alone, so a second call changes
    nothing. Cost: 6 ms a checkpoint with the scores of 40 languages.
    """
    shelf, told = Shelf(results), studied(findings)
    written = []
    for node in dict.fromkeys(node.path for base in findings.bases for node in base.nodes):
        made = shelf.made(node)
        if made is not None:
            write_card(node, made, shelf, told.get(node))
            written.append(node)
    keep(out, index(findings, told, set(written), results / "checkpoints", out))
    keep(out.parent / CARD, study_card(findings, out.parent))
    return written


def write_card(node: str, made: Made, shelf: Shelf, told: Studied | None) -> None:
    """One checkpoint's card, with the scores of its own score files, and its curve."""
    folder, scored = shelf.folder(node), scored_with((shelf.results or Path()) / "scores" / node)
    if parts_of(made.record):
        weights = (folder / WEIGHTS).exists()
        keep(folder / CARD, card(Subject(made.record, folder, shelf, weights, scored, told)))
    else:
        before = text_of(folder / CARD) or ""
        keep(folder / CARD, fetched_card(Fetched(node, made, shelf, before, scored, told)))
    drawn = curve_svg(made.record)
    if drawn:
        keep(folder / CURVE, drawn)


def keep(file: Path, text: str) -> None:
    """Write a file whole, unless it holds just this."""
    if text_of(file) != text:
        write_text(file, text)


def text_of(file: Path) -> str | None:
    """What a file holds; None where it is not there, or no text."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
