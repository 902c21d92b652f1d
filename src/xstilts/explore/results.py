"""What can be asked: the evaluations of a study as far as they are there, or all that lie in some folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xstilts.config import load
from xstilts.errors import UserError
from xstilts.plan.plan import Plan
from xstilts.report.scores import Score, Scores, read_scores
from xstilts.scores import Record
from xstilts.specs import ReportSpec, TargetSpec
from xstilts.tasks import TASKS

UNTOUCHED = "none"
"""What the recipe that does nothing is called where no study names it."""


@dataclass(frozen=True)
class Results:
    """Evaluations, and the grid that they are cells of."""

    spec: ReportSpec
    scores: Scores = field(repr=False)
    folder: Path
    """Of score files."""
    overrides: tuple[str, ...] | None
    """What Snakemake is told of the study, KEY=VALUE; None: no study says what belongs to the grid."""
    notes: tuple[str, ...] = ()
    """What could not be read."""


def of_study(world: str | None, study: str | None, results: str | None, root: Path) -> Results:
    """The study that the configuration below `root` describes; what is not told is config.yaml's."""
    told = {"world": world, "study": study, "results": results}
    given = {key: value for key, value in told.items() if value is not None}
    plan = Plan(load(given, root), root / "scripts", learn=False)
    spec = plan.report.spec()
    return Results(spec, read_scores(spec, plan.scores.folder), plan.scores.folder, spec.config)


def of_folder(folder: Path) -> Results:
    """All score files below a folder, whoever made them: the grid is what occurs in them."""
    found, unreadable = read_all(folder)
    if not found:
        raise UserError(f"there is no score file below {folder}" + (f"; {unreadable[0]}" if unreadable else ""))
    specs = [score.record.spec for score in found.values()]
    paths = dict.fromkeys(sorted({spec.recipe for spec in specs}, key=lambda path: (path != "", path)))
    spec = ReportSpec(
        study="",
        world="",
        asks="",
        baseline=next(iter(paths)) or UNTOUCHED,
        bases=tuple(dict.fromkeys(spec.base for spec in specs)),
        # An untouched base has no seed, and reads the same with any.
        seeds=tuple(sorted({spec.seed for spec in specs if spec.seed is not None})) or (1,),
        recipes={path or UNTOUCHED: path for path in paths},
        targets={name: target_of(name) for name in sorted({spec.task for spec in specs})},
    )
    scores = {}
    for cell in spec.cells:
        seed = found.get((cell.base, spec.recipes[cell.recipe], cell.seed, cell.target))
        score = seed or found.get((cell.base, spec.recipes[cell.recipe], None, cell.target))
        if score:
            scores[cell] = score
    return Results(spec, scores, folder, None, tuple(unreadable))


def target_of(name: str) -> TargetSpec:
    """A target as the registry knows it; a name alone where it does not."""
    task = TASKS.get(name)
    return TargetSpec(title=task.title if task else name, stage=task.stage if task else None)


Key = tuple[str, str, int | None, str]  # base, recipe's path, seed, target


def read_all(folder: Path) -> tuple[dict[Key, Score], list[str]]:
    """Evaluations below a folder, and sentences on files that look like one but cannot be read."""
    found: dict[Key, Score] = {}
    unreadable = []
    for path in candidates(folder):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if not is_score_file(data):
                continue
            record = Record.model_validate(data)
        except (ValueError, ValidationError) as error:
            unreadable.append(f"{path} was left out, since it cannot be read: {str(error).splitlines()[0]}")
            continue
        spec = record.spec
        key = spec.base, spec.recipe, spec.seed, spec.task
        if key in found:
            other = found[key].file.with_suffix(".json")
            raise UserError(
                f"{other} and {path} are of the same evaluation: name a folder that holds one of them, as by --results "
                f"{other.relative_to(folder).parts[0] if other.is_relative_to(folder) else other.parent}"
            )
        found[key] = Score(record, path.with_suffix(".parquet"))
    return found, unreadable


def candidates(folder: Path) -> Iterator[Path]:
    """JSON files: those of score folders, where there are such folders; else all."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}")
    places = [folder / "scores"] if (folder / "scores").is_dir() else sorted(folder.glob("*/scores")) or [folder]
    for place in places:
        yield from sorted(path for path in place.rglob("*.json") if not path.name.startswith("."))


def is_score_file(data: Any) -> bool:
    """Whether JSON is meant to be a record of scores."""
    return isinstance(data, dict) and {"spec", "rows", "predictions"} <= set(data)
