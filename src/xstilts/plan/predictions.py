"""Predictions: a target read with a checkpoint."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xstilts.plan.code import Code
from xstilts.plan.facts import FORMATS, Facts
from xstilts.specs import PredictSpec
from xstilts.tasks import get


class Predictions:
    """`predictions/<node>/<target>`."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code
        self.folder = facts.results / "predictions"
        self._inputs = cache(self._read_by)

    def spec(self, node: str, target: str) -> PredictSpec:
        task, base = get(target), self.facts.world.bases.get(node)
        return PredictSpec(
            node=node,
            task=target,
            format=task.format,
            splits=task.evaluated,
            encoding=self.facts.encoding(task),
            labels=base.labels if base and task.labels else (),
        )

    def code(self, node: str, target: str) -> str:
        made = self.folder / node / f"{target}.json"
        return self._code.of("predict", made, lambda: self.spec(node, target), f"{FORMATS}.{get(target).format}")

    def inputs(self, node: str, target: str, kind: str) -> list[Path]:
        """Files that an evaluation reads, in the order of its splits: `records`, `tokens` or the `digests` of both."""
        return self._inputs(self.facts.tokenizer_of(node.split("/")[0]), target)[kind]

    def _read_by(self, tokenizer: str, target: str) -> dict[str, list[Path]]:
        splits = get(target).evaluated
        records = [self.facts.results / "records" / target / f"{split}.parquet" for split in splits]
        tokens = [self.facts.results / "tokens" / tokenizer / target / f"{split}.arrow" for split in splits]
        digests = [file.with_suffix(".digest") for file in records + tokens]
        return {"records": records, "tokens": tokens, "digests": digests}

    def state(self, node: str, target: str) -> Path:
        """Folder of what an evaluation, once killed, goes on from; undeclared, since Snakemake removes outputs."""
        return self.facts.results / "states" / "predictions" / node / target

    def with_node(self, node: str) -> list[Path]:
        """Digests of the study's predictions that read a node."""
        return [self.folder / node / f"{target}.digest" for target in self.facts.targets_of.get(node, [])]
