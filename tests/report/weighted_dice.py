"""Studies whose scores are chosen: score files as the pipeline writes them, right as often as a test wants."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from xstilts import score
from xstilts.formats.encoding import Encoding
from xstilts.specs import ReportSpec, ScoreSpec, TargetSpec
from xstilts.tasks import TASKS

Right = Callable[[str, str, int], float]  # share of right predictions, by path of the recipe, target and seed
LANGUAGES = ("en", "qla")
SHARED = 0.9
"""How alike predictions are: so many examples are easy or hard for all recipes alike."""


def study(recipes, targets, seeds=(1, 2), claims=(), languages=LANGUAGES, **more) -> ReportSpec:
    """A study of recipes that go by their paths, the base itself by `none`."""
    return ReportSpec(
        study="weighted",
        world="mini",
        asks="Does it help?",
        baseline="none",
        bases=("tiny",),
        seeds=seeds,
        recipes={path or "none": path for path in ("", *recipes)},
        targets={name: TargetSpec(title=TASKS[name].title, stage=TASKS[name].stage) for name in targets},
        claims=tuple(claims),
        **more,
    )


def weigh(
    spec: ReportSpec, folder: Path, right: Right, n=400, languages=LANGUAGES, shared=SHARED, degenerate=()
) -> Path:
    """Write score files of all cells below `folder`/scores, all by accuracy; returns `folder`.

    Evaluations at or below a node in `degenerate` descend from a run that learned nothing.
    """
    for cell in {(cell.node, cell.target): cell for cell in spec.cells}.values():
        table = throw(
            cell.node, cell.target, right(spec.recipes[cell.recipe], cell.target, cell.seed), n, languages, shared
        )
        recipe = "/".join(cell.node.split("/")[2:])
        scored = ScoreSpec(
            base=cell.base,
            recipe=recipe,
            seed=cell.seed,
            node=cell.node,
            task=cell.target,
            format="classification",
            metric="accuracy",
            labels=(),
            languages=languages,
            splits=("test",),
            encoding=Encoding(max_length=64),
            chance=None,
        )
        lost = [node for node in degenerate if cell.node.startswith(node)]
        source = {"checkpoint": "c0ffee", "data": ["0"], "predictions": "0", "degenerate": lost}
        score.write_scores(scored, table, source, folder / "scores" / cell.node / f"{cell.target}.json", "code")
    return folder


def throw(node: str, target: str, share: float, n: int, languages: tuple[str, ...], shared: float) -> pa.Table:
    """Predictions of which exactly `share` is right in each language; `shared` 1: in all nodes the same ones first."""
    hits = []
    for language in languages:
        common = np.random.default_rng(zlib.crc32(f"{target} {language}".encode())).random(n)
        own = np.random.default_rng(zlib.crc32(f"{node} {target} {language}".encode()))
        hardness = np.where(own.random(n) < shared, common, own.random(n))
        hits.append(np.argsort(np.argsort(hardness)) < round(share * n))
    rows = np.concatenate(hits)
    return pa.table(
        {
            "id": [str(i) for i in range(n)] * len(languages),
            "language": np.repeat(languages, n),
            "split": ["test"] * len(rows),
            "prediction": np.where(rows, "1", "0"),
            "gold": ["1"] * len(rows),
        }
    )
