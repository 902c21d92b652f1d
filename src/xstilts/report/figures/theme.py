"""A figure's SVG made ready to stand inside a page: in the page's colours, light or dark, and its font."""

from __future__ import annotations

import html
import re

from xstilts.errors import UserError
from xstilts.report.figures.sheet import DOWN, FONT, INK, LINE, PAPER, SOFT, UP

COLOURS = {INK: "ink", SOFT: "soft", LINE: "line", PAPER: "paper", UP: "up", DOWN: "down"}
FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
GROWTH = 1.2  # a wide window shows it so much larger than it is on paper
NUMBERED = re.compile(r' id="[A-Za-z0-9.]+_\d+"')
REFERENCE = re.compile(r'(id="|xlink:href="#|url\(#)')


def themed(svg: str) -> str:
    """The figure for a page that defines --ink, --soft, --line, --paper, --up and --down.

    Several of them may stand in one page: every id begins with the figure's name.
    """
    name, says = _told(svg, "dc:title"), _told(svg, "dc:description")
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if box is None:
        raise UserError("an SVG without a viewBox is no figure of a study: draw the figures again")
    body = re.sub(r".*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)  # would style the page
    body = re.sub(r"\s*\n\s*", " ", body).replace("> <", "><").strip()
    body = NUMBERED.sub("", body)  # nothing refers to matplotlib's counters
    body = re.sub(r' transform="rotate\(-0 [^"]*"', "", body)
    body = REFERENCE.sub(lambda found: f"{found[1]}{name}-", body)
    body = body.replace(f"font-family: '{FONT}'; ", "").replace(f"; font-family: '{FONT}'", "")
    for colour, variable in COLOURS.items():
        body = body.replace(colour, f"var(--{variable})")
    widest = float(box[1]) * 96 / 72 * GROWTH
    return (
        f'<svg {box[0]} role="img" aria-label="{html.escape(says)}" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'style="width:100%;max-width:{widest:.0f}px;height:auto;stroke-linejoin:round;font-family:{FONTS}">{body}'
    )


def _told(svg: str, element: str) -> str:
    found = re.search(f"<{element}>(.*?)</{element}>", svg, flags=re.DOTALL)
    if found is None:
        raise UserError(f"an SVG without {element} is no figure of a study: draw the figures again")
    return html.unescape(" ".join(found[1].split()))
