"""Tokenizers that the world trains itself."""

from __future__ import annotations

from pathlib import Path

from xstilts.plan.code import Code
from xstilts.plan.facts import Facts
from xstilts.specs import TokenizerSpec


class Tokenizers:
    """`tokenizers/<name>/`; a base that has a tokenizer of its own keeps it in its checkpoint."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code

    def spec(self, tokenizer: str) -> TokenizerSpec:
        return TokenizerSpec(name=tokenizer, vocabulary=self.facts.world.tokenizers[tokenizer].vocabulary)

    def code(self, tokenizer: str) -> str:
        return self._code.of("tokenizer", self.folder(tokenizer) / "record.json", lambda: self.spec(tokenizer))

    def folder(self, tokenizer: str) -> Path:
        """Where a tokenizer.json lies."""
        own = tokenizer in self.facts.world.tokenizers
        return self.facts.results / "tokenizers" / tokenizer if own else self.facts.checkpoint(tokenizer)

    def of_base(self, base: str) -> Path:
        """Where the tokenizer.json of a base lies before the base is made."""
        return self.folder(self.facts.tokenizer_of(base))

    def text(self, tokenizer: str, kind: str) -> Path:
        """Records, or their digest, that a tokenizer is trained on."""
        return self.facts.results / "records" / self.facts.world.tokenizers[tokenizer].trained_on / f"train.{kind}"
