"""Extractive question answering: the answer is a span of the context, or (SQuAD 2.0) there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, pad
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
KEPT = 5  # best answers to a question that a prediction file holds
NBEST = pa.list_(pa.struct([("text", pa.string()), ("score", pa.float32())]))


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

    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        """The best spans of each window, and what it gives for "no answer"."""
        start, end = (logits.cpu().numpy() for logits in self._logits(model, batch))
        inside = batch.targets["inside"].cpu().numpy() > 0
        inside[:, 0] = False
        score, first, last = best_spans(start, end, inside, encoding.max_answer)
        lists = {"score": score, "first": first.astype(np.int32), "last": last.astype(np.int32)}
        columns = {name: pa.FixedSizeListArray.from_arrays(part.ravel(), KEPT) for name, part in lists.items()}
        return pa.record_batch(columns | {"null": pa.array(start[:, 0] + end[:, 0])})

    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """The best spans over a record's windows; `null` is the lead of "no answer", for a threshold set later."""
        row, null = features.column("row"), np.full(len(records), np.inf, np.float32)
        np.minimum.at(null, row, said["null"].to_numpy())
        nbest = best_answers(records["context"].to_pylist(), features, said)
        best = np.array([answers[0][1] if answers else null[i] for i, answers in enumerate(nbest)], np.float32)
        gold = [[answer["text"] for answer in answers] for answers in records["answers"].to_pylist()]
        return pa.table(
            {
                "id": records["id"],
                "language": records["language"],
                "prediction": pa.array([answers[0][0] if answers else "" for answers in nbest], pa.string()),
                "score": best,
                "null": null - best,
                "nbest": pa.array([[{"text": t, "score": s} for t, s in answers] for answers in nbest], NBEST),
                "gold": pa.array(gold, pa.list_(pa.string())),
            }
        )


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


def best_spans(
    start: np.ndarray, end: np.ndarray, inside: np.ndarray, longest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, first and last token of the best spans in each window, [windows, KEPT]; -inf, 0 and 0 where there is none.

    Among the best starts and the best ends inside the context, as [windows, width] in all three arguments. Where two
    score the same, the earlier start wins, then the earlier end, whatever else is in the batch.
    """
    count, width = start.shape
    kept = min(CANDIDATES, width)
    sides = []
    for logits in (start, end):
        hidden = np.where(inside, logits, -np.inf)
        place = np.sort(np.argsort(-hidden, axis=1, kind="stable")[:, :kept], axis=1)
        sides.append((place, np.take_along_axis(hidden, place, axis=1)))
    (a, opening), (b, closing) = sides
    length = b[:, None, :] - a[:, :, None]
    fits = (length >= 0) & (length < longest)
    scores = np.where(fits, opening[:, :, None] + closing[:, None, :], -np.inf).reshape(count, -1)
    if scores.shape[1] < KEPT:
        scores = np.pad(scores, ((0, 0), (0, KEPT - scores.shape[1])), constant_values=-np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :KEPT]
    i, j = np.divmod(np.minimum(order, kept * kept - 1), kept)
    score = np.take_along_axis(scores, order, axis=1)
    first, last = (np.where(score > -np.inf, np.take_along_axis(side, at, axis=1), 0) for side, at in ((a, i), (b, j)))
    return score, first, last


def best_answers(contexts: Sequence[str], features: Features, said: pa.Table) -> list[list[tuple[str, float]]]:
    """The best answers to each question with their scores, over all of its windows, each span once."""
    found: list[dict[tuple[int, int], float]] = [{} for _ in contexts]
    scores, firsts, lasts = (
        whole(said[name]).flatten().to_numpy().reshape(-1, KEPT) for name in ("score", "first", "last")
    )
    for sequence, row in enumerate(features.column("row")):
        begins_at = features.part("char_starts", sequence)[firsts[sequence]]
        ends_at = features.part("char_ends", sequence)[lasts[sequence]]
        spans = found[row]
        for begin, end, score in zip(begins_at.tolist(), ends_at.tolist(), scores[sequence].tolist(), strict=True):
            if score > spans.get((begin, end), -np.inf):
                spans[begin, end] = score
    ordered = (sorted(spans.items(), key=lambda one: -one[1])[:KEPT] for spans in found)
    return [
        [(text[begin:end], score) for (begin, end), score in spans]
        for text, spans in zip(contexts, ordered, strict=True)
    ]


FORMAT = Span()
