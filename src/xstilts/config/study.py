"""config/studies/<study>.yaml: what is compared."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from xstilts.config.types import Listed, MaybeEmpty, Model, Name, Natural


class Compare(Model):
    """What the results of a study are held against."""

    baseline: Name = Field(description="the recipe that the others are compared to")


class Study(Model):
    """Which recipes, on which bases, with which seeds, are evaluated on which targets."""

    asks: str = Field(description="the question, in one sentence")
    bases: Listed[Name] = Field(
        default=(), description="the models to start from, names of the world's bases; left out: its default_bases"
    )
    seeds: Listed[Natural] = Field(
        description="whole numbers of 0 or more; each recipe is trained once with each of them"
    )
    recipes: Annotated[dict[Name, MaybeEmpty[str]], Field(min_length=1)] = Field(
        description="by name, lists of stages in the order of training, such as [mnli, squad]; [] is the base itself"
    )
    targets: Listed[Name] = Field(description="target tasks, or named lists of them such as xtreme")
    probes: MaybeEmpty[Literal["alignment"]] = Field(
        default=(),
        description="what is measured of the bases and of every stage on the way, beside the targets: alignment",
    )
    compare: Compare = Field(description="what the results are held against")
