"""config/config.yaml: which study in which world."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from xstilts.config.types import Folder, FolderWithin, MaybeEmpty, Model, Name


class Settings(Model):
    """Which study is run in which world, and where its results go."""

    world: Name = Field(
        description="the world that data, models and hyper-parameters come from: config/worlds/<world>.yaml"
    )
    study: Name = Field(
        description="the study, that is, what is compared: config/studies/<study>.yaml; left out: the world's own"
    )
    results: FolderWithin = Field(
        default="results", description="the folder of all results, relative to the working directory or absolute"
    )
    downloads: FolderWithin = Field(
        default="data/downloads", description="the folder of what is fetched: releases of data, shared by all worlds"
    )
    files: Folder | None = Field(
        default=None,
        description="a folder with original files, <folder>/<release>/…: every real task is read from there alone, and"
        " what is not there is left out",
    )
    freeze_code: bool = Field(
        default=False, description="true: edits of the code rerun nothing that exists, but the report"
    )
    trackers: MaybeEmpty[Literal["wandb", "mlflow"]] = Field(
        default=(), description="where curves go beside curve.jsonl and TensorBoard, which are always written"
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
    claims: dict[Name, dict[str, Any]] = Field(
        default_factory=dict, description="settings laid over config/claims.yaml, by the claim's name; or new claims"
    )
