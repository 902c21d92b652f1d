"""What every task format provides, and the few types that pass between its steps.

A format is a vertical slice, from records to predictions. Its methods fall into facets, one for each program of the
pipeline (see `xstilts.fingerprint.FACETS`): a program runs, and is fingerprinted by, its own facet alone. So an edited
decoder predicts again without training again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from xstilts.formats.encoding import Encoding
from xstilts.formats.tokens import sequences, tokenised

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features

Draw = tuple[int, ...]  # what seeds a draw: the stage's seed and the step
COMMON_FIELDS = (pa.field("id", pa.string()), pa.field("language", pa.string()))


@dataclass(frozen=True)
class Special:
    """What a collator needs to know of the tokenizer."""

    pad: int
    mask: int
    vocabulary: int
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Encoded:
    """Token sequences of some records, and how many of the records lost what to the lengths of the encoding."""

    table: pa.Table
    cut: Mapping[str, int]


@dataclass
class Batch:
    """Padded sequences of some items, and what the format needs to compute their loss or their predictions."""

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    targets: dict[str, torch.Tensor]
    rows: np.ndarray

    def to(self, device: torch.device) -> Batch:
        targets = {name: tensor.to(device) for name, tensor in self.targets.items()}
        return Batch(self.input_ids.to(device), self.attention_mask.to(device), targets, self.rows)


class Format(ABC):
    """One kind of task. Methods are named in the order in which the pipeline calls them."""

    record_fields: ClassVar[tuple[pa.Field, ...]]
    auto_class: ClassVar[str | None] = (
        None  # the transformers class whose head this format trains; None: nothing to train
    )

    # record ---------------------------------------------------------------------------------------------------------
    def schema(self) -> pa.Schema:
        """The columns of a record file of this format."""
        return pa.schema([*COMMON_FIELDS, *self.record_fields])

    @abstractmethod
    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        """What is wrong with `record`, for a person to read; None when nothing is."""

    # encoding -------------------------------------------------------------------------------------------------------
    @abstractmethod
    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        """Token sequences of `records`, one row each, with `row` (which record) and `item` (what is drawn together)."""

    # head, loss -----------------------------------------------------------------------------------------------------
    def outputs(self, labels: Sequence[str]) -> int:
        """How many numbers the head gives for a sequence or a token."""
        return len(labels)

    @abstractmethod
    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        """The padded batch of `items`; `draw` seeds formats that draw (the masks of masked language modelling)."""

    def terms(self, batch: Batch) -> int:
        """How many terms the batch's loss sums: what a step's loss is divided by, over all ranks and micro-batches."""
        raise NotImplementedError(f"{type(self).__name__} has nothing to train")

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        """The summed loss of the batch."""
        raise NotImplementedError(f"{type(self).__name__} has nothing to train")

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Numerator and denominator of the score by which training selects: computed on tensors, higher is better.

        It stands apart from the official metrics on purpose: those may be mended and scores made again without
        touching a trained model.
        """
        raise NotImplementedError(f"{type(self).__name__} has nothing to select")

    def gold(self, batch: Batch) -> np.ndarray:
        """What `dev_score` takes for right, as a number for each of its terms; equal numbers, equal answers."""
        raise NotImplementedError(f"{type(self).__name__} has nothing to select")

    def guess(self, counts: np.ndarray) -> float:
        """The dev score that an answer which is always the same may reach, given how often each answer is right.

        Two standard errors above the share of the most frequent one: an answer that varies at random may be lucky.
        """
        share = float(counts.max() / counts.sum())
        return share + 2.0 * float(np.sqrt(share * (1.0 - share) / counts.sum()))

    # decoding -------------------------------------------------------------------------------------------------------
    @abstractmethod
    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        """What the model says of each sequence of the batch: a row each, no more than decoding needs."""

    def together(self, features: Features, encoding: Encoding) -> list[np.ndarray]:
        """Items that are decoded together, in groups: all of them, unless that would take too much memory."""
        return [np.arange(len(features))]

    @abstractmethod
    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """Predictions, one row a record: id, language, prediction, score, gold and what the metric needs.

        records   those of one group
        features  the whole split
        said      what `infer` gave for the sequences of the group, in the order of the file
        labels    in the order of the model's outputs
        """

    def source(self, depth: int, encoding: Encoding) -> dict[str, Any]:
        """From where in an encoder of so many blocks predictions are read, where that is a choice: layer, pooling."""
        return {}

    def asked(self, records: pa.Table, encoding: Encoding) -> pa.Table:
        """The records that have a prediction each, in the order of the file."""
        return records


def pad(sequences: Sequence[np.ndarray], value: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids and their attention mask."""
    import torch

    width = max(len(sequence) for sequence in sequences)
    ids = np.full((len(sequences), width), value, dtype=np.int64)
    mask = np.zeros((len(sequences), width), dtype=np.int64)
    for i, sequence in enumerate(sequences):
        ids[i, : len(sequence)] = sequence
        mask[i, : len(sequence)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def encode_texts(
    records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, first: str = "text", second: str | None = None
) -> Encoded:
    """One sequence and one item for each record: a text, and with it another where the record has one.

    Pairs longer than the limit lose tokens from the end of the longer text, then of both alike.
    """
    index = np.arange(len(records), dtype=np.int32)
    others = records[second] if second else pa.nulls(len(records), pa.string())
    (texts, _), (beside, _) = tokenised(records[first], tokenizer), tokenised(others, tokenizer)
    ids, cut = sequences(texts, beside, others.is_valid().to_numpy(False), tokenizer, encoding.max_length)
    return Encoded(pa.table({"row": index, "item": index, "input_ids": ids}), {"text": int(cut.sum())})
