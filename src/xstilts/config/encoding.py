"""How the records of each format become token ids: lengths in tokens."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from xstilts.config.types import Count, Model, Natural
from xstilts.formats.encoding import Pooling
from xstilts.tasks import Format

Length = Annotated[int, Field(ge=8)]


class TextEncoding(Model):
    """Of classification, choice, tagging and masked language modelling."""

    max_length: Length = Field(description="tokens of an example, special ones included; longer ones are cut")


class SpanEncoding(TextEncoding):
    """Of span question answering."""

    max_query: Count = Field(default=64, description="tokens of a question")
    stride: Count = Field(default=128, description="tokens by which the windows over a long context advance")
    max_answer: Count = Field(default=30, description="tokens of an answer")

    @model_validator(mode="after")
    def _windows_meet(self) -> Self:
        if self.stride + self.max_query + 4 > self.max_length:
            raise ValueError(
                f"stride ({self.stride}), max_query ({self.max_query}) and 4 special tokens do not fit into max_length"
                f" ({self.max_length}): parts of a context would fall between the windows"
            )
        return self


class RetrievalEncoding(TextEncoding):
    """Of retrieval, which reads sentence vectors from the encoder."""

    layer: Natural | None = Field(
        default=None, description="the block whose output is read, 0 for the embeddings; left out: the registry's share"
    )
    pooling: Pooling = Field(
        default="mean",
        description="a sentence's vector: the mean over all tokens, over its words alone, or the first token's (cls)",
    )


AnyEncoding = TextEncoding | SpanEncoding | RetrievalEncoding


class Encodings(Model):
    """By format; a world needs those of its tasks."""

    classification: TextEncoding | None = Field(default=None, description="of classification tasks")
    choice: TextEncoding | None = Field(default=None, description="of multiple choice tasks; each choice is an example")
    span: SpanEncoding | None = Field(default=None, description="of span question answering")
    tagging: TextEncoding | None = Field(default=None, description="of tagging tasks")
    retrieval: RetrievalEncoding | None = Field(default=None, description="of retrieval tasks")
    mlm: TextEncoding | None = Field(default=None, description="of text for masked language modelling")

    def of(self, format: Format) -> AnyEncoding | None:
        """The encoding of a format; None where the world has none."""
        found: AnyEncoding | None = getattr(self, format)
        return found
