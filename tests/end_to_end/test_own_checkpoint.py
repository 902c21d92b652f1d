"""A published model, fine-tuned elsewhere, is evaluated as it is: head, label order and all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml
from clones import Clone
from safetensors.torch import load_file, save_file

NODE = "tiny/s1/mnli/xnli"


def published(clone: Clone, folder: Path, **names: str) -> Path:
    """A folder as somebody else would have published it: our fine-tuned model, its outputs in another order."""
    shutil.copytree(clone.results / "checkpoints" / NODE, folder)
    for other in ("training.json", "digest", "README.md", "heads.safetensors"):
        (folder / other).unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    order = [2, 0, 1]
    labels = [config["id2label"][str(i)] for i in order]
    said = [names.get(label, label.upper()) for label in labels]
    config["id2label"] = {str(i): label for i, label in enumerate(said)}
    config["label2id"] = {label: i for i, label in enumerate(said)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = load_file(folder / "model.safetensors")
    for name in ("classifier.out_proj.weight", "classifier.out_proj.bias"):
        weights[name] = weights[name][order].contiguous()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def run(clone: Clone, folder: Path, check: bool = True, **entry: object) -> tuple[dict[str, object], str]:
    """The scores of the model on XNLI, from one run, and what that said."""
    study = {
        "asks": "How good is somebody else's model?",
        "bases": ["theirs"],
        "seeds": [1],
        "recipes": {"none": []},
        "targets": ["xnli"],
        "compare": {"baseline": "none"},
    }
    base = {"path": str(folder), "fine_tuned": ["xnli"], **entry}
    settings = {
        "world": "nano",
        "study": "own",
        "studies": {"own": study},
        "worlds": {"nano": {"bases": {"theirs": base}}},
    }
    (clone.folder / "smoke.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = clone.snakemake(check=check)
    path = clone.results / "scores/theirs/xnli.json"
    scores = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    logs = "\n".join(file.read_text() for file in clone.results.glob("logs/predictions/theirs/*.log"))
    return scores, done.stdout + done.stderr + logs


def test_a_fine_tuned_model_scores_what_it_scored_where_it_was_trained(copy: Clone, tmp_path: Path):
    before = json.loads((copy.results / f"scores/{NODE}/xnli.json").read_text(encoding="utf-8"))
    folder = published(copy, tmp_path / "theirs")
    scores, said = run(copy, folder)
    assert scores["rows"] == before["rows"]
    assert scores["spec"]["node"] == "theirs" and scores["spec"]["recipe"] == ""
    assert "rule train_checkpoint" not in said and "rule pretrain_base" not in said


def test_outputs_without_names_must_be_told(copy: Clone, tmp_path: Path):
    before = json.loads((copy.results / f"scores/{NODE}/xnli.json").read_text(encoding="utf-8"))
    labels = ["entailment", "neutral", "contradiction"]
    folder = published(copy, tmp_path / "theirs", **{label: f"LABEL_{i}" for i, label in enumerate(labels)})
    scores, said = run(copy, folder, check=False)
    assert not scores and "does not say what its outputs mean" in said and "`labels:` of its base" in said
    scores, _ = run(copy, folder, labels=["contradiction", "entailment", "neutral"])
    assert scores["rows"] == before["rows"]
