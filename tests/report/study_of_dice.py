"""A small study whose predictions are thrown dice: score files as the pipeline writes them, made in a second."""

import json
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.score import score_target
from xstilts.specs import ReportSpec, ScoreSpec, TargetSpec

LANGUAGES = ("qla", "en", "qlb")
RIGHT = {"none": 0.5, "mnli": 0.7, "squad": 0.5}  # share of right predictions by recipe
TARGETS = (("xnli", "XNLI", "xnli"), ("xcopa", "XCOPA", "xcopa"), ("tatoeba", "Tatoeba", None))
FORMATS = {"xnli": ("classification", 100 / 3), "xcopa": ("choice", None), "tatoeba": ("retrieval", None)}


def dice_spec(
    recipes=("none", "mnli", "squad"), seeds=(1, 2), bases=("tiny",), world="mini", asks="Does it help?", **names
):
    """A spec of the dice study; `names` maps a recipe of it to the name that the study gives it."""
    paths = {"none": "", "mnli": "mnli", "squad": "mnli/squad"}
    return ReportSpec(
        study="dice",
        world=world,
        asks=asks,
        baseline=names.get("none", "none"),
        recipes={names.get(recipe, recipe): paths[recipe] for recipe in recipes},
        bases=bases,
        seeds=seeds,
        targets={name: TargetSpec(title=title, stage=stage) for name, title, stage in TARGETS},
    )


def write_scores(spec: ReportSpec, folder: Path, sizes=None, degenerate=()) -> Path:
    """Score files of all cells below `folder`; `sizes` gives (node, target) other numbers of examples than 60.

    Evaluations at or below a node in `degenerate` descend from a run that learned nothing.
    """
    paths = dict(zip(("", "mnli", "mnli/squad"), RIGHT.values(), strict=True))
    for cell in {(cell.node, cell.target): cell for cell in spec.cells}.values():
        out = folder / cell.node / f"{cell.target}.json"
        out.parent.mkdir(parents=True, exist_ok=True)
        predictions = folder.parent / "predictions.parquet"
        n = (sizes or {}).get((cell.node, cell.target), 60)
        pq.write_table(throw(cell.node, cell.target, n, paths[spec.recipes[cell.recipe]]), predictions)
        predictions.with_suffix(".digest").write_text("0\n")
        lost = [node for node in degenerate if cell.node.startswith(node)]
        predictions.with_suffix(".json").write_text(json.dumps({"degenerate": lost}))
        format, chance = FORMATS[cell.target]
        recipe = "/".join(cell.node.split("/")[2:])
        what = {"base": cell.base, "recipe": recipe, "seed": cell.seed, "node": cell.node, "task": cell.target}
        score_target(ScoreSpec(**what, format=format, chance=chance), predictions, out, "code")
    return folder


def throw(node: str, target: str, n: int, right: float) -> pa.Table:
    """Predictions, right with the probability `right`."""
    rng = np.random.default_rng(zlib.crc32(f"{node} {target}".encode()))
    languages = [code for code in LANGUAGES if target != "tatoeba" or code != "en"]
    rows = len(languages) * n
    hits = rng.random(rows) < right
    columns = {
        "id": [str(i % n) for i in range(rows)],
        "language": np.repeat(languages, n),
        "prediction": np.where(hits, 1, 0),
        "gold": np.ones(rows, dtype=int),
        "score": rng.random(rows),
    }
    if target == "tatoeba":
        columns |= {kind: list(rng.random((rows, 3)) < right) for kind in ("raw", "centred")}
    return pa.table(columns)
