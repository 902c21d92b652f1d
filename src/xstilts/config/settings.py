"""config/config.yaml: which study in which world."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from xstilts.config.types import Model, Name

SAFE = re.compile(r"[\w/.+@=,-]+")  # rules write paths into shell commands


def _folder(text: str) -> str:
    if not text.strip():
        raise ValueError("the folder of results has no name")
    if text.startswith("~"):
        raise ValueError(f"{text!r}: '~' is not expanded here, write the path out")
    if not SAFE.fullmatch(text):
        raise ValueError(f"{text!r} has a character with a meaning of its own: use letters, digits and / . _ - + @ = ,")
    if not PurePosixPath(text).is_absolute() and normpath(text).split("/")[0] == "..":
        raise ValueError(f"{text!r} leads out of the working directory: write it as an absolute path if you mean it")
    return text


class Settings(Model):
    """Which study is run in which world, and where its results go."""

    world: Name = Field(
        description="the world that data, models and hyper-parameters come from: config/worlds/<world>.yaml"
    )
    study: Name = Field(description="the study, that is, what is compared: config/studies/<study>.yaml")
    results: Annotated[str, AfterValidator(_folder)] = Field(
        default="results", description="the folder of all results, relative to the working directory or absolute"
    )
    freeze_code: bool = Field(
        default=False, description="true: edits of the code rerun nothing that exists, but the report"
    )
    aliases: dict[Name, str] = Field(
        default_factory=dict, description="short names of long mixtures, such as all9: anli+ccg+cosmosqa"
    )
    worlds: dict[Name, dict[str, Any]] = Field(
        default_factory=dict, description="settings laid over the files of worlds, by the world's name; or new worlds"
    )
    studies: dict[Name, dict[str, Any]] = Field(
        default_factory=dict, description="settings laid over the files of studies, by the study's name; or new studies"
    )
