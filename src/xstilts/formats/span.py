"""Extractive question answering: the answer is a span of the context, or (SQuAD 2.0) there is none."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, pad, ratio
from xstilts.formats.encoding import Encoding
from xstilts.formats.tokens import Runs, begins, joined, ranges, special_ids, tokenised, whole

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features

ANSWERS = pa.list_(pa.struct([("text", pa.string()), ("start", pa.int32())]))
OUTSIDE = -1  # the character offset of a token that is not the context's
CANDIDATES = 20  # best starts and ends that are combined, as in the BERT and jiant decoders


class Span(Format):
    record_fields = (pa.field("question", pa.string()), pa.field("context", pa.string()), pa.field("answers", ANSWERS))
    auto_class = "AutoModelForQuestionAnswering"

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        if not record["question"] or not record["context"]:
            return "question or context is empty"
        for answer in record["answers"]:
            text, start = answer["text"], answer["start"]
            found = record["context"][start : start + len(text)]
            if start < 0 or not text or found != text:
                return f"answer {text!r} does not stand at character {start} of the context, {found!r} does"
        return None

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        """Question first; long contexts in windows that advance by `stride`. Without an answer they point at `<s>`.

        A context that many questions share is tokenised once. Characters of tokens outside it are OUTSIDE.
        """
        lead, middle, tail = special_ids(tokenizer, 2)
        questions, _ = tokenised(records["question"], tokenizer)
        contexts, characters = tokenised(records["context"], tokenizer, places=True)
        asked = np.minimum(questions.lengths, encoding.max_query)
        room = encoding.max_length - len(lead) - len(middle) - len(tail) - asked
        row, first, last = windows(contexts.lengths, room, encoding.stride)
        every, shown = np.ones(len(row), np.bool_), contexts.of(row).part(first, last)
        before = len(lead) + asked[row] + len(middle)
        begin, end = first_answers(whole(records["answers"]))
        opening, closing = located(shown, characters, begin[row], end[row])
        held = np.bincount(row, opening >= 0, len(records)) > 0
        blank = np.full(encoding.max_length, OUTSIDE, np.int32)
        head, foot = (Runs(blank, 0 * row, lengths) for lengths in (before, every * len(tail)))
        columns = {
            "row": row.astype(np.int32),
            "input_ids": joined(
                [
                    *(Runs.same(lead, every), questions.of(row).until(asked[row]), Runs.same(middle, every)),
                    *(shown, Runs.same(tail, every)),
                ]
            ),
            "start": np.where(opening < 0, 0, opening + before).astype(np.int32),
            "end": np.where(closing < 0, 0, closing + before).astype(np.int32),
            "char_starts": joined([head, replace(shown, values=characters[:, 0]), foot]),
            "char_ends": joined([head, replace(shown, values=characters[:, 1]), foot]),
            "item": np.arange(len(row), dtype=np.int32),
        }
        cut = {"question": int((asked < questions.lengths).sum()), "answer": int(((end > 0) & ~held).sum())}
        return Encoded(pa.table(columns), cut)

    def outputs(self, labels: Sequence[str]) -> int:
        return 2

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        import torch

        ids, mask = pad([features.ids(i) for i in items], special.pad)
        targets = {name: torch.from_numpy(features.column(name)[items].astype(np.int64)) for name in ("start", "end")}
        inside, _ = pad([(features.part("char_starts", i) != OUTSIDE).astype(np.int64) for i in items], 0)
        inside[:, 0] = 1  # `<s>` stands for "no answer here"
        return Batch(ids, mask, {**targets, "inside": inside}, features.column("row")[items])

    def _logits(self, model: PreTrainedModel, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        out = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
        hidden = batch.targets["inside"] == 0
        return out.start_logits.float().masked_fill(hidden, -1e9), out.end_logits.float().masked_fill(hidden, -1e9)

    def terms(self, batch: Batch) -> int:
        return len(batch.targets["start"])

    def loss(self, model: PreTrainedModel, batch: Batch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        out = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
        # Over the question's positions too, as in transformers' own loss; answers are read from the context alone. Over
        # padding that loss goes as well, which would make it depend on what else is in the batch.
        padding = batch.attention_mask == 0
        start, end = (logits.float().masked_fill(padding, -1e9) for logits in (out.start_logits, out.end_logits))
        both = cross_entropy(start, batch.targets["start"], reduction="sum")
        both = both + cross_entropy(end, batch.targets["end"], reduction="sum")
        return both / 2

    def dev_score(self, model: PreTrainedModel, batch: Batch) -> tuple[float, float]:
        """Windows whose start and end are both right."""
        start, end = self._logits(model, batch)
        right = (start.argmax(-1) == batch.targets["start"]) & (end.argmax(-1) == batch.targets["end"])
        return float(right.sum()), float(len(right))

    def gold(self, batch: Batch) -> np.ndarray:
        both = (batch.targets["start"] << 32) + batch.targets["end"]
        return both.cpu().numpy()

    def infer(self, model: PreTrainedModel, batch: Batch) -> list[tuple[np.ndarray, np.ndarray]]:
        start, end = (logits.cpu().numpy() for logits in self._logits(model, batch))
        return list(zip(start, end, strict=True))

    def decode(
        self, records: pa.Table, features: Features, inferred: list[Any], labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """The best span over a record's windows; `null` is the lead of "no answer", for a threshold set later."""
        contexts = records["context"].to_pylist()
        best: list[tuple[float, str]] = [(-np.inf, "")] * len(records)
        null = np.full(len(records), np.inf)
        for sequence, (row, (start, end)) in enumerate(zip(features.column("row"), inferred, strict=True)):
            starts, ends = features.part("char_starts", sequence), features.part("char_ends", sequence)
            score, a, b = best_span(start[: len(starts)], end[: len(ends)], starts, encoding.max_answer)
            if score > best[row][0]:
                best[row] = score, contexts[row][starts[a] : ends[b]]
            null[row] = min(null[row], float(start[0] + end[0]))
        return pa.table(
            {
                "id": records["id"],
                "language": records["language"],
                "prediction": pa.array([text for _, text in best]),
                "score": pa.array(np.array([score for score, _ in best], dtype=np.float32)),
                "null": pa.array((null - np.array([score for score, _ in best])).astype(np.float32)),
                "gold": pa.array(
                    [[a["text"] for a in answers] for answers in records["answers"].to_pylist()], pa.list_(pa.string())
                ),
            }
        )

    def statistics(self, predictions: pa.Table) -> np.ndarray:
        """Exact match, F1, counted: the best over the gold answers; unanswerable questions ask for an empty answer."""
        rows = []
        for said, gold, null in zip(
            predictions["prediction"].to_pylist(),
            predictions["gold"].to_pylist(),
            predictions["null"].to_numpy(),
            strict=True,
        ):
            if not gold:
                rows.append((float(null > 0), float(null > 0), 1.0))
            else:
                rows.append((max(exact(said, g) for g in gold), max(overlap(said, g) for g in gold), 1.0))
        return np.array(rows, dtype=np.float64)

    def values(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        em, f1 = ratio(sums[..., 0], sums[..., 2]), ratio(sums[..., 1], sums[..., 2])
        return {"score": (em + f1) / 2, "em": em, "f1": f1}


def windows(lengths: np.ndarray, rooms: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Context, first token and last (exclusive) of each window of at most `rooms` tokens of a context.

    The next one begins `stride` tokens later, until one reaches the context's end.
    """
    steps = np.minimum(rooms, stride)
    counts = 1 + np.maximum(0, -(-(lengths - rooms) // steps))
    row = np.repeat(np.arange(len(lengths)), counts)
    first = ranges(0 * counts, counts) * steps[row]
    return row, first, np.minimum(first + rooms[row], lengths[row])


def first_answers(answers: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    """First character and last (exclusive) of each record's first answer; 0 and 0 without one."""
    counts, flat = answers.value_lengths().to_numpy(), answers.flatten()
    some = counts > 0
    at = begins(counts)[some]
    begin, length = np.zeros((2, len(counts)), np.int64)
    begin[some] = flat.field("start").to_numpy()[at]
    length[some] = pc.utf8_length(flat.field("text")).to_numpy()[at]
    return begin, begin + length


def located(shown: Runs, characters: np.ndarray, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last token of the characters [begin, end) in each window, -1 and -1 where it lacks a part of them."""
    starts, ends = replace(shown, values=characters).flat().T
    offsets = begins(shown.lengths)
    after = offsets + shown.lengths
    covering = (starts < np.repeat(end, shown.lengths)) & (ends > np.repeat(begin, shown.lengths))
    places = np.flatnonzero(covering)
    left, right = np.searchsorted(places, offsets), np.searchsorted(places, after)
    some = np.flatnonzero(left < right)
    some = some[(starts[offsets[some]] <= begin[some]) & (ends[after[some] - 1] >= end[some])]
    first, last = np.full((2, len(offsets)), -1)
    first[some] = places[left[some]] - offsets[some]
    last[some] = places[right[some] - 1] - offsets[some]
    return first, last


def best_span(start: np.ndarray, end: np.ndarray, char_starts: np.ndarray, longest: int) -> tuple[float, int, int]:
    """Score and tokens of the best span inside the context, among the best starts and the best ends."""
    inside = np.flatnonzero(char_starts != OUTSIDE)
    if not len(inside):
        return -np.inf, 0, 0
    a = inside[np.argsort(-start[inside], kind="stable")[:CANDIDATES]]
    b = inside[np.argsort(-end[inside], kind="stable")[:CANDIDATES]]
    scores = start[a][:, None] + end[b][None, :]
    length = b[None, :] - a[:, None]
    scores = np.where((length >= 0) & (length < longest), scores, -np.inf)
    i, j = np.unravel_index(int(scores.argmax()), scores.shape)
    return float(scores[i, j]), int(a[i]), int(b[j])


def normalise(text: str) -> str:
    """SQuAD 1.1: lower case, no ASCII punctuation, no English articles, single spaces; XTREME uses it everywhere."""
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact(said: str, gold: str) -> float:
    """1 where the normalised texts are equal."""
    return float(normalise(said) == normalise(gold))


def overlap(said: str, gold: str) -> float:
    """F1 over the words of the normalised texts."""
    a, b = normalise(said).split(), normalise(gold).split()
    shared = sum((Counter(a) & Counter(b)).values())
    if not a or not b:
        return float(a == b)
    return 0.0 if not shared else 2 * shared / (len(a) + len(b))


FORMAT = Span()
