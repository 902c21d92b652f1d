"""Tagging of words: parts of speech, names, supertags. Long sentences are split and rejoined, never cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, pad
from xstilts.formats.encoding import Encoding
from xstilts.formats.tokens import Runs, begins, in_running_text, joined, special_ids, tokenised, whole

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features

IGNORE = -100  # the label of a token that is not the first of its word


class Tagging(Format):
    record_fields = (pa.field("words", pa.list_(pa.string())), pa.field("tags", pa.list_(pa.string())))
    auto_class = "AutoModelForTokenClassification"

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        words, tags = record["words"], record["tags"]
        if not words or len(words) != len(tags):
            return f"{len(words)} words, {len(tags)} tags"
        unknown = next((tag for tag in tags if labels and tag not in labels), None)
        return f"tag {unknown!r} is none of the task's {len(labels)} tags" if unknown else None

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        """The label stands on the first token of a word. A tag that training has never seen can't be predicted: -1.

        Each distinct word is tokenised by itself, which is what tokenizers do with text that is split already. A word
        of characters that the normaliser removes has no token; the unknown one stands for it, so that no word goes
        without a prediction. A single word longer than a sequence keeps its first tokens.
        """
        lead, tail = special_ids(tokenizer, 1)
        room = encoding.max_length - len(lead) - len(tail)
        words = whole(records["words"])
        found, _ = tokenised(in_running_text(words.flatten(), tokenizer), tokenizer)
        unknown = next(i for i in map(tokenizer.token_to_id, ("<unk>", "[UNK]", "<pad>")) if i is not None)
        kept = Runs(
            np.append(found.values, np.int32(unknown)),
            np.where(found.lengths > 0, found.starts, len(found.values)),
            np.clip(found.lengths, 1, room),
        )
        ids, starts = kept.flat(), begins(kept.lengths)
        tags = np.full(len(ids), IGNORE, np.int32)
        tags[starts] = numbers(whole(records["tags"]).flatten(), labels)

        row = np.repeat(np.arange(len(records), dtype=np.int32), words.value_lengths().to_numpy())
        first = pieces(kept.lengths, np.flatnonzero(np.diff(row, prepend=-1)), room)
        widths = np.diff(starts[first], append=len(ids))
        every = np.ones(len(first), np.bool_)

        def around(before: Sequence[int], values: np.ndarray, after: Sequence[int]) -> pa.ListArray:
            return joined([Runs.same(before, every), Runs(values, starts[first], widths), Runs.same(after, every)])

        columns = {
            "row": row[first],
            "item": np.arange(len(first), dtype=np.int32),
            "input_ids": around(lead, ids, tail),
            "labels": around([IGNORE] * len(lead), tags, [IGNORE] * len(tail)),
        }
        return Encoded(pa.table(columns), {"word": len(np.unique(row[found.lengths > room]))})

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        ids, mask = pad([features.ids(i) for i in items], special.pad)
        labels, _ = pad([features.part("labels", i) for i in items], IGNORE)
        return Batch(ids, mask, {"labels": labels}, features.column("row")[items])

    def terms(self, batch: Batch) -> int:
        return int((batch.targets["labels"] >= 0).sum())

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits.float()
        labels = batch.targets["labels"].masked_fill(batch.targets["labels"] < 0, IGNORE)
        return cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="sum")

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Accuracy over words."""
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        labels = batch.targets["labels"]
        scored = labels != IGNORE
        return float(((logits.argmax(-1) == labels) & scored).sum()), float(scored.sum())

    def gold(self, batch: Batch) -> np.ndarray:
        labels = batch.targets["labels"]
        return labels[labels != IGNORE].cpu().numpy()

    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        """Best label and its probability for each word of a sequence."""
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits.float()
        probability, label = (tensor.cpu().numpy() for tensor in logits.softmax(-1).max(-1))
        first = (batch.targets["labels"] != IGNORE).cpu().numpy()
        offsets = pa.array(np.append(0, first.sum(1).cumsum()), pa.int32())
        columns = {"label": pa.array(label[first], pa.int32()), "probability": pa.array(probability[first])}
        return pa.record_batch({name: pa.ListArray.from_arrays(offsets, flat) for name, flat in columns.items()})

    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """Sentences that were split are rejoined; the count of predicted and gold tags must agree."""
        found, gold = whole(said["label"]), whole(records["tags"])
        words = np.bincount(features.column("row"), found.value_lengths().to_numpy(), len(records)).astype(np.int64)
        wrong = np.flatnonzero(words != gold.value_lengths().to_numpy())
        if len(wrong):
            one = int(wrong[0])
            raise AssertionError(f"{records['id'][one]}: {words[one]} tags predicted for {len(gold[one])} words")
        # Pieces of a sentence follow each other in the file, so that joining them is but counting differently.
        offsets = pa.array(np.append(0, words.cumsum()), pa.int32())
        tags = pa.array(labels, pa.string()).take(found.flatten())
        sums = np.add.reduceat(whole(said["probability"]).flatten().to_numpy(), offsets.to_numpy()[:-1])
        return pa.table(
            {
                "id": records["id"],
                "language": records["language"],
                "prediction": pa.ListArray.from_arrays(offsets, tags),
                "score": pa.array(sums / words, pa.float32()),
                "gold": records["tags"],
            }
        )


def numbers(tags: pa.Array, labels: Sequence[str]) -> np.ndarray:
    """The number of each tag, -1 for one that is no label."""
    coded = tags.dictionary_encode()
    number = {label: i for i, label in enumerate(labels)}
    known = np.array([number.get(tag, -1) for tag in coded.dictionary.to_pylist()], np.int32)
    found: np.ndarray = known[coded.indices.to_numpy()]
    return found


def pieces(lengths: np.ndarray, sentences: np.ndarray, room: int) -> np.ndarray:
    """First word of each sequence, when sentences are cut into as few as hold `room` tokens of whole words each.

    Given the length of each word, none above `room`, and the first word of each sentence.
    """
    starts = begins(lengths)
    firsts, first, end = [], sentences, np.append(sentences[1:], len(lengths))
    while len(first):
        firsts.append(first)
        following = np.searchsorted(starts + lengths, starts[first] + room, side="right")
        more = following < end
        first, end = following[more], end[more]
    return np.sort(np.concatenate(firsts))


FORMAT = Tagging()
