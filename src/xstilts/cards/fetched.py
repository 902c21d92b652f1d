"""The card of a base that was fetched, from the hub or from a folder: what was done to it, and what it scored here."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.cards.data import of_base
from xstilts.cards.front import natural, result
from xstilts.cards.loading import ENCODER, loading
from xstilts.cards.markdown import code, front_matter, snakemake
from xstilts.cards.scored import Scored, scores_section
from xstilts.cards.studied import Studied, study_section
from xstilts.report.made import Made
from xstilts.report.reads import Shelf


@dataclass(frozen=True)
class Fetched:
    """A base that was trained elsewhere."""

    base: str
    made: Made
    shelf: Shelf
    told: str
    """The card as it is: fetching wrote into it, and nowhere else, what it had to change."""
    scored: tuple[Scored, ...] = ()
    studied: Studied | None = None


def fetched_card(base: Fetched) -> str:
    """Its card, with the sentence that fetching left in it."""
    origin = base.made.record["spec"]
    target = str(base.shelf.folder(base.base) / "digest")
    sections = [
        [f"# {base.base}", "", came_from(base)],
        scores_section(base.scored),
        study_section(base.studied),
        ["## Data", "", f"It was trained elsewhere, on data of its own: {of_base(origin)}"],
        [
            *("## Load it", "", "Its encoder, which stages are trained on:", ""),
            *code("python", loading(ENCODER, str(base.shelf.folder(base.base)))),
        ],
        ["## Make it again", "", *code("sh", snakemake(target, world=base.shelf.world, force=True))],
    ]
    return matter(base) + "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def came_from(base: Fetched) -> str:
    """The sentence that fetching left: `FacebookAI/xlm-roberta-large at revision c23d21b, unchanged.`"""
    origin = base.made.record["spec"]
    start = f"{origin['hub']} at revision {origin['revision']}" if origin.get("hub") else f"the folder {origin['path']}"
    lines = (line for line in base.told.splitlines() if line.startswith(start))
    return next(lines, f"{start}.")


def matter(base: Fetched) -> str:
    """What a model hub reads."""
    found = [result(one, base.shelf) for one in base.scored]
    spoken = list(dict.fromkeys(row.language for one in base.scored for row in one.rows))
    return front_matter(
        {
            "library_name": "transformers",
            "base_model": base.made.record["spec"].get("hub"),
            "language": natural(spoken),
            "license": "other",
            "license_name": "by-base",
            "tags": ["xstilts"],
            "model-index": [{"name": base.base, "results": found}] if found else [],
        }
    )
