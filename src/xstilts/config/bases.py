"""The models that recipes start from, and the tokenizers that a world trains itself."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from xstilts.config.types import Count, HubId, Listed, Model, Name, Natural, Revision, Share


class Tokenizer(Model):
    """A tokenizer that the world trains itself."""

    vocabulary: Count = Field(description="the number of pieces, special ones included")
    trained_on: Name = Field(description="the text task whose train split it is trained on")


class Scratch(Model):
    """An XLM-R that begins with random weights."""

    hidden_size: Count = Field(description="width of the hidden states; a multiple of heads")
    layers: Count = Field(description="number of blocks")
    heads: Count = Field(description="attention heads of a block")
    intermediate_size: Count = Field(description="width of the feed-forward layers")
    positions: Count = Field(description="position embeddings: two more than the longest sequence has tokens")
    dropout: Share = Field(default=0.0, description="dropout of hidden states and attention")
    tokenizer: Name = Field(description="one of the world's tokenizers")

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is no multiple of heads {self.heads}")
        return self


class Shape(Model):
    """The sizes of a published model, for the plan alone: what is fetched says itself how it is made."""

    vocabulary: Count = Field(description="rows of the embeddings")
    hidden_size: Count = Field(description="width of the hidden states")
    layers: Count = Field(description="number of blocks")
    heads: Count = Field(description="attention heads of a block")
    intermediate_size: Count = Field(description="width of the feed-forward layers")
    positions: Count = Field(description="rows of the table of positions")
    dropout: Share = Field(default=0.1, description="dropout of hidden states and attention")


class Base(Model):
    """A model to start from: made from scratch, from the hub, or from a folder."""

    scratch: Scratch | None = Field(default=None, description="the shape of a model that begins with random weights")
    hub: HubId | None = Field(default=None, description="owner/name on the Hugging Face hub")
    path: str | None = Field(
        default=None, min_length=1, description="a folder with config.json, model.safetensors and a tokenizer"
    )
    revision: Revision | None = Field(default=None, description="the commit on the hub: 40 hexadecimal digits")
    shape: Shape | None = Field(
        default=None, description="its sizes, for the plan alone, until its config.json is there; of hub or path"
    )
    pretrain: Name | None = Field(
        default=None, description="the block of 'stages' that says how a scratch model is pretrained"
    )
    seed: Natural = Field(default=1, description="the seed of random weights and of pretraining")
    fine_tuned: Listed[Name] = Field(
        default=(),
        description="stages that a published model has behind it, such as xnli: what they train for is evaluated with"
        " the model itself, head and all, in recipes without stages",
    )
    labels: Listed[str] = Field(
        default=(),
        description="the task's labels in the order of the fine-tuned model's outputs; left out: its config.json says",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("scratch", "hub", "path") if getattr(self, name) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none of them"
            raise ValueError(
                f"a base is exactly one of scratch, hub and path, and this has {has}"
                " (one from a file underneath goes when it is set to null)"
            )
        if self.hub and not self.revision:
            raise ValueError("hub needs 'revision', the 40 hexadecimal digits of a commit: results must be repeatable")
        if self.revision and not self.hub:
            raise ValueError("'revision' belongs to hub")
        if self.fine_tuned and self.scratch:
            raise ValueError("'fine_tuned' belongs to hub or path: a model from scratch has nothing behind it")
        if self.labels and not self.fine_tuned:
            raise ValueError("'labels' belongs to fine_tuned: no other head of a base is read")
        if self.shape and self.scratch:
            raise ValueError("'shape' belongs to hub or path: that of a model from scratch stands under 'scratch'")
        if self.pretrain and not self.scratch:
            raise ValueError("'pretrain' belongs to scratch: other bases are pretrained already")
        return self
