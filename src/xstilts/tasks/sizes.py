"""How large the data of tasks is, before it is fetched or made: for the plan. The figures stand in sizes.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from xstilts.tasks.release import read_registry

REGISTRY = Path(__file__).with_name("sizes.yaml")


def _by_language(value: object) -> object:
    return {"*": value} if isinstance(value, int) else value


Rows = Annotated[dict[str, int], BeforeValidator(_by_language)]
"""By language; `*` is any other one."""


class Size(BaseModel):
    """Of one release, or of what a maker of the miniature makes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: dict[str, Rows] = Field(default_factory=dict)
    """Records of each split."""
    sequences: float = 1.0
    """Of a record: the choices of a question, the windows over a context."""
    tokens: float
    """Of a sequence, special ones included, on an average."""
    original: float | None = None
    """Megabytes of its original archives; None: not known."""
    hub: float | None = None
    """Megabytes of its Parquet files on the hub; None: not known."""

    def rows_in(self, split: str, language: str) -> int:
        """Records of a split in a language; 0 where none are known."""
        known = self.rows.get(split, {})
        return known.get(language, known.get("*", 0))


@cache
def sizes() -> Mapping[str, Size]:
    """The registry: releases by name, makers of the miniature as `miniature/<maker>`."""
    read = read_registry(REGISTRY)
    return {name: Size.model_validate(block) for name, block in read.items()}
