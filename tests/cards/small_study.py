"""Score files and findings of a study in the small world: figures that dice threw, or that are invented."""

from pathlib import Path

from invented import invented
from study_of_dice import throw

from xstilts import score
from xstilts.formats.encoding import Encoding
from xstilts.report.nodes import read_nodes
from xstilts.specs import ScoreSpec

RECIPES = {"none": "", "mnli": "mnli", "mixed": "hellaswag+mlm+squad"}
TARGETS = ("xnli", "tatoeba")
SCORED = (("tiny", "tatoeba"), ("tiny/s1/mnli", "tatoeba"), ("tiny/s1/mnli/xnli", "xnli"))
METRICS = {"xnli": ("classification", "accuracy"), "tatoeba": ("retrieval", "nearest")}


def write_scores(folder: Path, node: str, target: str) -> None:
    """Score files as the pipeline writes them, of predictions that dice threw."""
    table = throw(node, target, 60, 0.6)
    form, metric = METRICS[target]
    source = {"checkpoint": "c0ffee", "data": ["0"], "predictions": "0", "degenerate": []}
    source |= {"layer": 1, "layers": 2, "pooling": "mean"} if target == "tatoeba" else {}
    spec = ScoreSpec(
        base="tiny", recipe="/".join(node.split("/")[2:]), seed=1, node=node, task=target, format=form, metric=metric,
        labels=(), languages=tuple(dict.fromkeys(table["language"].to_pylist())), splits=("test",),
        encoding=Encoding(max_length=64), chance=None,
    )  # fmt: skip
    score.write_scores(spec, table, source, folder / node / f"{target}.json", "c0de")


def findings_of(results: Path, study: str = "invented", **more):
    """Invented figures; the checkpoints as they are."""
    found = invented(**{"recipes": RECIPES, "targets": TARGETS, "seeds": (1,), **more})
    spec = found.spec.model_copy(update={"study": study, "world": "nano"})
    bases = tuple(
        base.model_copy(update={"nodes": read_nodes(spec, base.base, results / "checkpoints")}) for base in found.bases
    )
    return found.model_copy(update={"spec": spec, "bases": bases})
