"""Bases: drawn and pretrained here, or fetched from the hub or a folder."""

from __future__ import annotations

import re
from pathlib import Path

from xstilts.plan.code import Code
from xstilts.plan.facts import Facts
from xstilts.sources.fetch.weights import files_watched
from xstilts.specs import FetchSpec, ScratchSpec


class Bases:
    """`drawn/<base>/`, the first weights of a base that is made from scratch, and `checkpoints/<base>/` of others."""

    def __init__(self, facts: Facts, code: Code) -> None:
        self.facts, self._code = facts, code

    def names(self, *kinds: str) -> str:
        """A pattern for the bases that are made from `scratch`, or come from `hub` or `path`; it may match none."""
        bases = self.facts.world.bases
        return (
            "|".join(re.escape(name) for name in bases if any(getattr(bases[name], kind) for kind in kinds)) or "(?!)"
        )

    def scratch_spec(self, base: str) -> ScratchSpec:
        entry = self.facts.world.bases[base]
        assert entry.scratch is not None
        return ScratchSpec(base=base, seed=entry.seed, architecture=entry.scratch.model_dump(exclude={"tokenizer"}))

    def scratch_code(self, base: str) -> str:
        made = self.facts.results / "drawn" / base / "record.json"
        return self._code.of("draw", made, lambda: self.scratch_spec(base))

    def fetch_spec(self, base: str) -> FetchSpec:
        return FetchSpec(base=base, **self.facts.world.bases[base].model_dump(include={"hub", "revision", "path"}))

    def fetch_code(self, base: str) -> str:
        made = self.facts.checkpoint(base) / "training.json"
        return self._code.of("fetch", made, lambda: self.fetch_spec(base))

    def fetched_from(self, base: str) -> list[Path]:
        """Files of a base that comes from a folder, so that a model replaced there is seen."""
        path = self.facts.world.bases[base].path
        return files_watched(Path(path)) if path else []
