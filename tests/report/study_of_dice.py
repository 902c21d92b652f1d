"""A small study whose predictions are thrown dice: score files as the pipeline writes them, made in a second."""

import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from xstilts import score
from xstilts.formats.encoding import Encoding
from xstilts.specs import ReportSpec, ScoreSpec, TargetSpec

LANGUAGES = ("qla", "en", "qlb")
RIGHT = {"none": 0.5, "mnli": 0.7, "squad": 0.5}  # share of right predictions by recipe
TARGETS = (("xnli", "XNLI", "xnli"), ("xcopa", "XCOPA", "xcopa"), ("tatoeba", "Tatoeba", None))
KINDS = {
    "xnli": {"format": "classification", "metric": "accuracy", "chance": 100 / 3},
    "xcopa": {"format": "choice", "metric": "accuracy", "chance": None},
    "tatoeba": {"format": "retrieval", "metric": "nearest", "chance": None},
}


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
        n = (sizes or {}).get((cell.node, cell.target), 60)
        table = throw(cell.node, cell.target, n, paths[spec.recipes[cell.recipe]])
        lost = [node for node in degenerate if cell.node.startswith(node)]
        source = {"checkpoint": "c0ffee", "data": ["0"], "predictions": "0", "degenerate": lost}
        source |= {"layer": 1, "layers": 2, "pooling": "mean"} if cell.target == "tatoeba" else {}
        untouched = cell.node == cell.base  # and so the same with every seed
        what = {"base": cell.base, "recipe": spec.recipes[cell.recipe], "seed": None if untouched else cell.seed}
        what |= {"node": cell.node, "task": cell.target}
        what |= {"languages": tuple(dict.fromkeys(table["language"].to_pylist())), "splits": ("test",), "labels": ()}
        scored = ScoreSpec(**what, **KINDS[cell.target], encoding=Encoding(max_length=64))
        score.write_scores(scored, table, source, folder / cell.node / f"{cell.target}.json", "code")
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
        "split": ["test"] * rows,
        "prediction": np.where(hits, "1", "0"),
        "gold": ["1"] * rows,
        "score": rng.random(rows),
    }
    if target == "tatoeba":
        columns["gold"] = [["1"]] * rows
        raw, centred = rng.random((2, rows, 3)) < right
        raw[:, 1] = hits
        columns |= {"raw": list(raw), "centred": list(centred)}
    return pa.table(columns)
