"""Token files: records as a base's tokenizer reads them."""

from __future__ import annotations

from pathlib import Path

from xstilts.formats.encoding import reading
from xstilts.plan.code import Code
from xstilts.plan.facts import FORMATS, Facts, task_of
from xstilts.specs import TokensSpec


class Tokens:
    """`tokens/<tokenizer>/<data>/<split>`."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code

    def spec(self, data: str, split: str) -> TokensSpec:
        task = task_of(data)
        encoding = reading(self.facts.encoding(task))
        return TokensSpec(data=data, split=split, format=task.format, labels=task.labels, encoding=encoding)

    def code(self, tokenizer: str, data: str, split: str) -> str:
        made = self.facts.results / "tokens" / tokenizer / data / f"{split}.json"
        return self._code.of("encode", made, lambda: self.spec(data, split), f"{FORMATS}.{task_of(data).format}")

    def labels_from(self, data: str) -> list[Path]:
        """Training records that hold the labels of an open label set (CCG's categories); none for other tasks."""
        task = task_of(data)
        open_set = task.format == "tagging" and not task.labels
        return [self.facts.results / "records" / task.name / "train.parquet"] if open_set else []
