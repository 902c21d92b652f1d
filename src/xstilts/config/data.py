"""Where the data of a task comes from, in a world."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from xstilts.config.types import Count, Folder, HubId, Listed, Model, Name, Revision
from xstilts.tasks import Format
from xstilts.tasks.release import PLACES

Maker = Literal[
    "nli",
    "paraphrase",
    "qa",
    "qa2",
    "completion",
    "reading",
    "commonsense",
    "cause",
    "supertag",
    "pos",
    "ner",
    "bucc",
    "tatoeba",
    "text",
]
MAKES: Mapping[str, Format] = MappingProxyType(
    {
        "nli": "classification",
        "paraphrase": "classification",
        "qa": "span",
        "qa2": "span",
        "completion": "choice",
        "reading": "choice",
        "commonsense": "choice",
        "cause": "choice",
        "supertag": "tagging",
        "pos": "tagging",
        "ner": "tagging",
        "bucc": "retrieval",
        "tatoeba": "retrieval",
        "text": "mlm",
    }
)
"""The makers of the miniature, and the format of the records that each makes."""

SPLIT = re.compile(r"[A-Za-z0-9_+-]+")
PATTERN = re.compile(r"[\w.+*?/{}\[\] |-]+", re.ASCII)


def _split(text: str) -> str:
    inside = PLACES.sub("", text)
    deep = any("**" in part and part != "**" for part in inside.split("/"))
    if not PATTERN.fullmatch(text) or ".." in text or text.startswith("/") or "{" in inside or "}" in inside or deep:
        raise ValueError(
            f"{text!r} is neither the name of a split (several are joined as in train_r1+train_r2) nor of files inside"
            " the release, with *, **, ? and {language}"
        )
    return text


class Rows(Model):
    """How many rows of each language."""

    train: Count | None = Field(default=None, description="rows of the train split")
    dev: Count | None = Field(default=None, description="rows of the dev split")
    test: Count | None = Field(default=None, description="rows of the test split")


class Splits(Model):
    """What the source calls the splits: names of splits, or patterns of file names."""

    train: Annotated[str, AfterValidator(_split)] | None = Field(
        default=None, description="the source's name of the train split"
    )
    dev: Annotated[str, AfterValidator(_split)] | None = Field(
        default=None, description="the source's name of the dev split"
    )
    test: Annotated[str, AfterValidator(_split)] | None = Field(
        default=None, description="the source's name of the test split"
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for split in ("train", "dev"):
            source = getattr(self, split)
            named = source is not None and SPLIT.fullmatch(source) is not None  # names of files may say anything
            if source and (source == self.test or (named and "test" in source.lower())):
                raise ValueError(f"{split}: {source} is test data, and no stage may see that: name another split")
        if self.train and self.train == self.dev:
            raise ValueError(f"train and dev are both {self.train}: leave dev out and set the task's hold_out")
        return self


class TaskData(Model):
    """One task of a world: where its data comes from, and what differs from the registry."""

    source: Literal["miniature", "hub", "files"] = Field(
        description="miniature: generated; hub: the Hugging Face hub; files: the original files, fetched or in a folder"
    )
    maker: Maker | None = Field(
        default=None, description="which maker of the miniature generates it (source: miniature)"
    )
    rows: Rows | None = Field(default=None, description="how many rows are generated (source: miniature)")
    revisions: dict[HubId, Revision] = Field(
        default_factory=dict, description="the commit of each data set, by owner/name (source: hub)"
    )
    folder: Folder | None = Field(
        default=None,
        description="where the original files lie (source: files); left out: fetched, or in data/<release>",
    )
    splits: Splits | None = Field(
        default=None, description="what the source calls train, dev and test, where it differs"
    )
    releases: Listed[str] | None = Field(
        default=None, description="which of the task's releases are read; left out: all that the registry names"
    )
    hold_out: Count | None = Field(
        default=None, description="rows of the train split that serve as dev, where the source has no English dev split"
    )
    limit: Rows | None = Field(default=None, description="so many rows of each language at most, the first ones")
    english: Name | None = Field(
        default=None,
        description="the task whose English train and dev data is trained on, or 'own'; left out: the registry's",
    )
    languages: Listed[str] | None = Field(
        default=None, description="the test languages; left out: the world's or the registry's"
    )
    variants: dict[Name, Listed[str]] = Field(
        default_factory=dict,
        description="train splits in other languages, by the name that stands after '@' in a stage",
    )
    encoding: dict[str, Any] = Field(
        default_factory=dict, description="what differs from the world's encoding of this format"
    )

    @model_validator(mode="after")
    def _of_the_source(self) -> Self:
        belongs = {"maker": "miniature", "rows": "miniature", "revisions": "hub", "folder": "files"}
        for key, source in belongs.items():
            if getattr(self, key) and self.source != source:
                raise ValueError(f"'{key}' belongs to source: {source}, and this is source: {self.source}")
        for key in ("maker", "rows") if self.source == "miniature" else ():
            if getattr(self, key) is None:
                raise ValueError(f"source: {self.source} needs '{key}'")
        if self.source == "miniature" and (self.splits or self.hold_out or self.limit):
            raise ValueError("'splits', 'hold_out' and 'limit' are for real sources; here 'rows' says what there is")
        return self

    @property
    def has(self) -> frozenset[str]:
        """The splits that this block itself says there are."""
        named = self.rows or self.splits
        return frozenset(named.model_dump(exclude_none=True)) if named else frozenset()
