"""Releases: what tasks are read from. The registry of them is releases.yaml, beside this file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

PLACES = re.compile(r"\{(language|name|context|question)\}")
REGISTRY = Path(__file__).with_name("releases.yaml")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # safe_load's, in C where that is built in


def _listed(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hub(_Model):
    """A data set of the Hugging Face hub."""

    id: str
    revision: str | None = Field(default=None, pattern="^[0-9a-f]{40}$")
    config: str
    """Its configuration, with {language} or {name} where it has one for each language."""
    splits: dict[str, str]
    """What it calls train, dev and test; several are joined as in train_r1+train_r2."""
    languages: Annotated[tuple[str, ...] | None, BeforeValidator(_listed)] = None
    """Those of the release that the hub has; None: all."""
    lacks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Languages without some split."""
    shards: int | None = None
    """So many files of each split at most; None: all."""
    reader: str | None = None
    options: dict[str, Any] | None = None
    """Reader and its options, where they are others than for the original files."""


class Archives(_Model):
    """Files at one address, with their sha256 where it is known."""

    base: str = Field(alias="from")
    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None]


class Release(_Model):
    """One published data set, or a part of one that is read in a way of its own."""

    name: str
    title: str
    url: str
    licence: str
    noncommercial: bool = False
    citation: str
    note: str
    languages: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ("en",)
    names: dict[str, str] = Field(default_factory=dict)
    """Its own names of languages: what {name} stands for, where it is not the project's code."""
    shares: str | None = None
    """Another release whose files these are, read in another way."""
    reader: str
    options: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, tuple[str, ...]]
    """By split: names of files as alternatives, of which the first that matches counts; ' + ' joins several."""
    archives: tuple[Archives, ...] = ()
    hub: Hub | None = None

    @property
    def home(self) -> str:
        """The release under whose name the files lie."""
        return self.shares or self.name

    @property
    def fetchable(self) -> bool:
        """Whether it can be had without anyone's help."""
        return bool(self.hub or self.archives)

    def fill(self, pattern: str, language: str) -> str:
        """A pattern of files or configurations, for one language."""
        context, _, question = language.partition("-")
        name = self.names.get(language, language)
        told = {"language": language, "name": name, "context": context, "question": question}
        return PLACES.sub(lambda found: told[found[1]], pattern)

    @property
    def advice(self) -> str:
        """How to get it, in a sentence."""
        return f"{self.title} ({self.licence}): {self.url}. {self.note}"


def read_registry(path: Path) -> dict[str, dict[str, Any]]:
    """A YAML file of blocks by name, beside the code that knows what they mean."""
    found: dict[str, dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    return found


@cache
def releases() -> Mapping[str, Release]:
    """The registry, by name."""
    read = read_registry(REGISTRY)
    return {name: Release.model_validate({"name": name, **block}) for name, block in read.items()}
