"""Score files: rows by language, split and metric, with all that says what they are scores of.

Their JSON schema is workflow/schemas/scores.schema.json, which `make generated` writes from here.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from xstilts.specs import ScoreSpec


class Row(BaseModel):
    """One figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    split: str
    metric: str = Field(description="`score` is the headline one: the mean of the task's official metrics")
    layer: int | None = Field(
        default=None, description="the block whose output a figure by layer is of, 0 the embeddings; null: the one read"
    )
    value: float = Field(description="in per cent")
    n: int = Field(description="examples")
    interval_95: tuple[float, float] = Field(description="by resampling examples")
    interval_99: tuple[float, float]


class Record(BaseModel):
    """The JSON file of one evaluation. Re-scoring reads the prediction file alone, never a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spec: ScoreSpec = Field(description="base, recipe, seed, node, task, metric, languages, splits")
    code: str = Field(description="fingerprint of the code that scored")
    checkpoint: str = Field(description="digest of the checkpoint that predicted")
    data: tuple[str, ...] = Field(description="digests of the records, by split")
    predictions: str = Field(description="digest of the prediction file")
    layer: int | None = Field(default=None, description="retrieval: the block whose output was read, 0 the embeddings")
    layers: int | None = Field(default=None, description="retrieval: blocks of the encoder")
    pooling: str | None = Field(default=None, description="retrieval: how tokens became a sentence vector")
    degenerate: tuple[str, ...] = Field(
        default=(), description="nodes on the way to this evaluation that learned nothing"
    )
    versions: dict[str, str] = Field(description="of the libraries that a result depends on")
    rows: tuple[Row, ...]
