"""Where the data of a task comes from, in a world."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from xstilts.config.types import Count, HubId, Listed, Model, Name, Revision
from xstilts.tasks import Format

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

DATA_SET = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(:[\w.-]+)?", re.ASCII)
SPLIT = re.compile(r"[A-Za-z0-9_.+-]+")


def _data_set(text: str) -> str:
    if not DATA_SET.fullmatch(text):
        raise ValueError(
            f"{text!r} is no data set of the Hugging Face hub: write owner/name or owner/name:configuration"
        )
    return text


def _split(text: str) -> str:
    if not SPLIT.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a split; several are joined as in train_r1+train_r2")
    return text


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Rows(Model):
    """How many rows the miniature makes, of each language."""

    train: Count | None = Field(default=None, description="rows of the train split")
    dev: Count | None = Field(default=None, description="rows of the dev split")
    test: Count | None = Field(default=None, description="rows of the test split")


class Splits(Model):
    """What the source calls the splits."""

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
            if source and (source == self.test or "test" in source.lower()):
                raise ValueError(f"{split}: {source} is test data, and no stage may see that: name another split")
        if self.train and self.train == self.dev:
            raise ValueError(f"train and dev are both {self.train}: leave dev out and set the task's hold_out")
        return self


class TaskData(Model):
    """One task of a world: where its data comes from, and what differs from the registry."""

    source: Literal["miniature", "hub", "files"] = Field(
        description="miniature: generated; hub: the Hugging Face hub; files: a folder with the original files"
    )
    maker: Maker | None = Field(
        default=None, description="which maker of the miniature generates it (source: miniature)"
    )
    rows: Rows | None = Field(default=None, description="how many rows are generated (source: miniature)")
    hub: (
        Annotated[
            Listed[Annotated[str, AfterValidator(_data_set)]],
            BeforeValidator(_listed, json_schema_input_type=str | list[str]),
        ]
        | None
    ) = Field(
        default=None, description="one or several of owner/name[:configuration]; left out: the registry's (source: hub)"
    )
    revisions: dict[HubId, Revision] = Field(
        default_factory=dict, description="the commit of each data set, by owner/name (source: hub)"
    )
    folder: str | None = Field(default=None, min_length=1, description="where the original files lie (source: files)")
    splits: Splits | None = Field(
        default=None, description="what the source calls train, dev and test, where it differs"
    )
    hold_out: Count | None = Field(
        default=None, description="rows of the train split that serve as dev, where the source has no English dev split"
    )
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
        belongs = {"maker": "miniature", "rows": "miniature", "hub": "hub", "revisions": "hub", "folder": "files"}
        for key, source in belongs.items():
            if getattr(self, key) and self.source != source:
                raise ValueError(f"'{key}' belongs to source: {source}, and this is source: {self.source}")
        needs = {"miniature": ("maker", "rows"), "hub": (), "files": ("folder",)}[self.source]
        for key in needs:
            if getattr(self, key) is None:
                raise ValueError(f"source: {self.source} needs '{key}'")
        if self.source == "miniature" and (self.splits or self.hold_out):
            raise ValueError("'splits' and 'hold_out' are for real sources; here 'rows' says what there is")
        return self

    @property
    def has(self) -> frozenset[str]:
        """The splits that this block itself says there are."""
        named = self.rows or self.splits
        return frozenset(named.model_dump(exclude_none=True)) if named else frozenset()
