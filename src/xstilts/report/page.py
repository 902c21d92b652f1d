"""A study's figures as one HTML page that needs nothing but itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from xstilts.bootstrap import DRAWS
from xstilts.languages import LANGUAGES
from xstilts.report.contrast import Estimate
from xstilts.report.findings import Findings
from xstilts.report.scores import Scores, command
from xstilts.specs import ReportSpec

TEMPLATES = Path(__file__).parent / "templates"
LABORATORIES = frozenset({"mini", "nano"})
DASH = "–"
OPAQUE = 0.45  # at the end of the heat map's scale: more would hide the figure


@dataclass(frozen=True)
class Making:
    """How the figures came about, as the score records tell it."""

    command: str
    code: str
    versions: tuple[tuple[str, str], ...]
    evaluations: int
    examples: int
    """In the tests of all targets and languages together."""
    draws: int
    degenerate: Mapping[tuple[str, str, str], int]
    """How many seeds of a base, recipe and target descend from a run that learned nothing, where any do."""
    laboratory: bool
    """Of generated languages: no figure says anything of XLM-R."""


def render(spec: ReportSpec, scores: Scores, findings: Sequence[Findings], code: str) -> str:
    """The page. Equal findings give equal text: it holds no time and no place."""
    # Names and titles come from configuration: everything that enters the page is escaped.
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"score": score, "signed": signed, "span": span, "count": count, "language": language}
    environment.globals |= {"heat_scale": heat_scale, "heat": heat}
    template = environment.get_template("report.html.jinja")
    return template.render(spec=spec, findings=findings, making=making_of(spec, scores, findings, code))


def making_of(spec: ReportSpec, scores: Scores, findings: Sequence[Findings], code: str) -> Making:
    """Gathered from all evaluations; a library that they saw in several versions shows them all."""
    records = [found.record for found in scores.values()]
    names = dict.fromkeys(name for record in records for name in record.versions)
    seen = {name: {record.versions[name] for record in records if name in record.versions} for name in names}
    tested = {
        (target.name, code): n for found in findings for target in found.targets for code, n in target.examples.items()
    }
    generated = any(code in LANGUAGES and LANGUAGES[code].script == "generated" for _, code in tested)
    return Making(
        command=command(spec),
        code=code,
        versions=tuple((name, ", ".join(sorted(found))) for name, found in seen.items()),
        evaluations=len({(cell.node, cell.target) for cell in scores}),
        examples=sum(tested.values()),
        draws=DRAWS,
        degenerate=Counter((cell.base, cell.recipe, cell.target) for cell in scores if scores[cell].record.degenerate),
        laboratory=generated or spec.world in LABORATORIES,
    )


def score(figure: Estimate | float | None) -> str:
    """A score in per cent."""
    if figure is None:
        return DASH
    return _number(figure.value if isinstance(figure, Estimate) else figure, "")


def signed(figure: Estimate | float | None) -> str:
    """A difference in points."""
    if figure is None:
        return DASH
    return _number(figure.value if isinstance(figure, Estimate) else figure, "+")


def span(figure: Estimate | None) -> str:
    """The interval alone."""
    return DASH if figure is None else f"[{_number(figure.low, '')}, {_number(figure.high, '')}]"


def _number(value: float, sign: str) -> str:
    # A typographic minus is as wide as a digit; what rounds to nothing has no sign.
    rounded = round(value, 1)
    return f"{rounded:{sign}.1f}".replace("-", "−") if rounded else "0.0"


def count(number: int) -> str:
    """A whole number, its thousands apart by a narrow space that does not break."""
    return f"{number:,}".replace(",", "\u202f")


def language(code: str) -> str:
    """A language's name; the code where the project does not know it."""
    return LANGUAGES[code].name if code in LANGUAGES else code


def heat_scale(found: Findings) -> int:
    """The difference in whole points that has the full colour: no figure of the heat map lies beyond it."""
    gains = [outcome.gain_others for outcome in (*found.outcomes.values(), *found.means.values())]
    return max(1, math.ceil(max((abs(gain.value) for gain in gains if gain), default=1.0)))


def heat(figure: Estimate, scale: int) -> str:
    """How opaque a difference's colour is."""
    return f"{OPAQUE * abs(figure.value) / scale:.3f}"
