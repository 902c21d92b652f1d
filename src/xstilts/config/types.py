"""The kinds of values that configuration files hold."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from xstilts.names import NAME_RULE, is_name

T = TypeVar("T")
NUMERAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+")
REVISION = re.compile(r"[0-9a-f]{40}")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


SAFE = re.compile(r"[\w/.+@=,-]+")  # rules write paths into shell commands


class Model(BaseModel):
    """A block of a configuration file: nothing unknown in it, nothing silently converted, nothing changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"{text!r} cannot be a name: it becomes part of paths, so use {NAME_RULE}")
    return text


def _real(value: Any) -> Any:
    # YAML 1.1 takes 1e-4 for text, because it has no point; everyone else takes it for a number.
    return float(value) if isinstance(value, str) and NUMERAL.fullmatch(value) else value


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _revision(text: str) -> str:
    if not REVISION.fullmatch(text):
        raise ValueError(f"{text!r} is no revision: write the 40 hexadecimal digits of a commit, not a branch or a tag")
    return text


def _hub_id(text: str) -> str:
    if not HUB_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no repository of the Hugging Face hub: write owner/name")
    return text


def _folder(text: str) -> str:
    if not text.strip():
        raise ValueError("the folder has no name")
    if text.startswith("~"):
        raise ValueError(f"{text!r}: '~' is not expanded here, write the path out")
    if not SAFE.fullmatch(text):
        raise ValueError(f"{text!r} has a character with a meaning of its own: use letters, digits and / . _ - + @ = ,")
    return text


def _folder_within(text: str) -> str:
    if not PurePosixPath(_folder(text)).is_absolute() and normpath(text).split("/")[0] == "..":
        raise ValueError(f"{text!r} leads out of the working directory: write it as an absolute path if you mean it")
    return text


Folder = Annotated[str, AfterValidator(_folder)]
FolderWithin = Annotated[str, AfterValidator(_folder_within)]
Name = Annotated[str, AfterValidator(_name)]
Real = Annotated[float, BeforeValidator(_real), Field(allow_inf_nan=False)]
Share = Annotated[float, BeforeValidator(_real), Field(ge=0, le=1)]
Positive = Annotated[float, BeforeValidator(_real), Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
MaybeEmpty = Annotated[tuple[T, ...], BeforeValidator(_tuple)]
Listed = Annotated[tuple[T, ...], BeforeValidator(_tuple), Field(min_length=1)]
Revision = Annotated[str, AfterValidator(_revision)]
HubId = Annotated[str, AfterValidator(_hub_id)]
