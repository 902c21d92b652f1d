"""Targets in two languages for tiny models: records, tokens and a checkpoint as the pipeline would hand them over."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from small import ENCODING, LABELS, records_of, text

from xstilts.encode import encode_split
from xstilts.engine.checkpoint import save_model
from xstilts.engine.model import build
from xstilts.engine.predict import Running, predict_target
from xstilts.files import read_digest, write_digest
from xstilts.formats import format_named
from xstilts.layout import DIGEST
from xstilts.records import write_records
from xstilts.specs import PredictSpec, ScoreSpec, TokensSpec

LANGUAGES = ("sw", "en")
METRICS = {
    **{"classification": "accuracy", "choice": "accuracy", "span": "squad", "tagging": "entities"},
    **{"nearest": "nearest", "mining": "mining", "map20": "map20"},
}
"""By target; those of retrieval are called by what they look for."""
ROWS = 12


def records(target: str, split: str) -> Iterator[tuple[None, dict[str, Any]]]:
    """Records of a target, language by language; names stand in every language anew."""
    rng = random.Random(f"{target} {split}")
    for language in LANGUAGES:
        rows = sentences(target, rng) if target in ("nearest", "mining", "map20") else records_of(target, rng, ROWS, 12)
        yield from ((None, row | {"language": language}) for row in rows)


def sentences(find: str, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Sentences that are looked for, which share most words with those that look; some have no translation."""
    for i in range(ROWS):
        words = text(rng, 9).split()
        pair = f"t{i}" if find != "mining" or i % 3 else None
        asking = {"nearest": "english", "mining": "foreign", "map20": "query"}[find]
        offered = {"nearest": "foreign", "mining": "english", "map20": "candidate"}[find]
        empty = {"context": None, "more": None}
        yield empty | {"id": f"s{i}", "side": asking, "text": " ".join(words), "pair": pair}
        words[rng.randrange(len(words))] = text(rng, 1)
        yield empty | {"id": f"t{i}", "side": offered, "text": " ".join(words), "pair": None}


@dataclass(frozen=True)
class Target:
    """What one evaluation reads."""

    spec: PredictSpec
    checkpoint: Path
    records: list[Path]
    tokens: list[Path]

    @classmethod
    def make(cls, folder: Path, base: Path, name: str, **encoding: Any) -> Target:
        """A target of this name, and a model whose opinions differ."""
        format = name if name in LABELS else "retrieval"
        form, labels, files = format_named(format), LABELS.get(name, ()), []
        settings = replace(ENCODING, **({"find": name} if format == "retrieval" else {}), **encoding)
        splits = ("dev", "test") if name == "mining" else ("test",)
        for split in splits:
            files.append(folder / f"{split}.parquet")
            written = write_records(records(name, split), form, labels, dict, files[-1])
            write_digest(files[-1].with_suffix(".digest"), written.digest)
            spec = TokensSpec(data=name, split=split, format=format, labels=labels, encoding=settings)
            encode_split(spec, files[-1], base / "tokenizer.json", labels, folder / f"{split}.arrow")
        spec = PredictSpec(node=f"tiny/s1/{name}", task=name, format=format, splits=splits, encoding=settings)
        checkpoint = base if format == "retrieval" else checkpoint_of(folder / "checkpoint", base, name)
        return cls(spec, checkpoint, files, [file.with_suffix(".arrow") for file in files])

    def predict(self, out: Path, **running: Any) -> Path:
        """The prediction file, made in this process."""
        predict_target(self.spec, Running(**running), self.checkpoint, self.records, self.tokens, out, "code")
        return out.with_suffix(".parquet")

    def score_spec(self) -> ScoreSpec:
        """How it is scored."""
        asked = self.spec.model_dump(include={"node", "task", "format", "splits"})
        what = {"base": "tiny", "recipe": "", "seed": 1, "chance": None, "encoding": self.spec.encoding}
        what |= {"metric": METRICS[self.spec.task], "labels": LABELS.get(self.spec.task, ()), "languages": LANGUAGES}
        return ScoreSpec(**asked, **what)

    def digest(self) -> str:
        return read_digest(self.checkpoint / DIGEST)


def checkpoint_of(folder: Path, base: Path, name: str) -> Path:
    """A model of a format, with weights as large as if it had learned something."""
    form, labels = format_named(name), LABELS[name]
    torch.manual_seed(1)
    head = build(base, base, [form], [form.outputs(labels)], [labels], None).heads[0]
    with torch.no_grad():
        for weight in head.parameters():
            if weight.ndim > 1:
                weight.add_(0.3 * torch.randn_like(weight))
    save_model(head, head.state_dict(), folder)
    write_digest(folder / DIGEST, f"of {name}")
    return folder
