"""Span QA on real questions: some window holds the answer, and a perfect model's logits are decoded to its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from making import plan, tokens_of
from tokenizers import Tokenizer
from tokenizing import train
from torch.nn.functional import one_hot

from xstilts.features import Features
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding
from xstilts.formats.span import FORMAT

Tokens = Sequence[tuple[int, int]]

SPLITS = [
    *(("xquad", "test"), ("mlqa", "test"), ("mlqa-cross", "test"), ("tydiqa", "test"), ("tydiqa", "train")),
    *(("squad", "train"), ("squad", "dev"), ("squad2", "train"), ("squad2", "dev")),
]
PAPER = "paper's lengths"
LENGTHS = {PAPER: {}, "short windows": {"max_length": 128, "stride": 32}}
# Shares of the questions that no window holds the answer of.
LOST = {PAPER: 0.002, "short windows": 0.02}
# A token may lie across the edge of an answer ("1990" in "1990s"; nouns with an ending, in Telugu; some gold answers
# begin or end within a word): no choice of tokens gives such an answer exactly, whatever model reads them.
ACROSS = {"te": 0.25}
ACROSS_ELSEWHERE = 0.05
BY_CHANCE = 2  # so many more: there are samples of 34 questions
SURE = 10.0
AT_ONCE = 64


@pytest.fixture(scope="session")
def tokenizer(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="session")
def reads(tokenizer: Path) -> Callable[[str], Tokens]:
    """The characters of a text's tokens, by the tokenizer itself; many questions share a context."""
    loaded = Tokenizer.from_file(str(tokenizer))
    return lru_cache(maxsize=None)(lambda text: loaded.encode(text, add_special_tokens=False).offsets)


@dataclass(frozen=True)
class Expected:
    """What perfect logits must give for an answer, found without the project's own encoding."""

    text: str
    """The smallest text around it that begins and ends with a token."""
    tokens: int
    across: bool
    """Whether one of its edges lies inside a token."""


def expected(context: str, answer: dict[str, Any], reads: Callable[[str], Tokens]) -> Expected:
    """White space around an answer, which one of TyDiQA's has, is no part of it: no token holds that."""
    text, start = answer["text"], answer["start"]
    begin = start + len(text) - len(text.lstrip())
    end = begin + len(text.strip())
    within = [(a, b) for a, b in reads(context) if a < end and b > begin]
    first, last = min(a for a, _ in within), max(b for _, b in within)
    return Expected(context[first:last], len(within), (first, last) != (begin, end))


def perfect(features: Features, encoding: Encoding) -> pa.Table:
    """What a model says that is sure of the first and the last token of the answer in each window."""
    special, found = Special(**features.meta["special"]), []
    for at in range(0, len(features), AT_ONCE):
        batch = FORMAT.collate(features, np.arange(at, min(at + AT_ONCE, len(features))), special, (0,))
        start, end = (SURE * one_hot(batch.targets[n], batch.input_ids.shape[1]).float() for n in ("start", "end"))
        out = SimpleNamespace(start_logits=start, end_logits=end)
        found.append(FORMAT.infer(lambda out=out, **_: out, batch, encoding))
    return pa.Table.from_batches(found)


@pytest.mark.parametrize(("data", "split"), SPLITS)
@pytest.mark.parametrize("lengths", LENGTHS)
def test_perfect_logits_give_the_gold_text(data, split, lengths, tokenizer, reads, tmp_path, record_property):
    """Sure of the gold start and end in each window that holds the answer, of `<s>` in all others."""
    records, features, counts = tokens_of(data, split, tokenizer, tmp_path, **LENGTHS[lengths])
    encoding = Encoding(**{**plan().world.encoding_of(data).model_dump(), **LENGTHS[lengths]})
    said = FORMAT.decode(records, features, perfect(features, encoding), (), encoding)["prediction"].to_pylist()
    held = {int(row) for row, start in zip(features.column("row"), features.column("start"), strict=True) if start}
    kinds: dict[str, Counter[str]] = {}
    for row, record in enumerate(records.to_pylist()):
        if not record["answers"]:
            assert row not in held
            continue
        gold = expected(record["context"], record["answers"][0], reads)
        kind = "across" if gold.across else "exact"
        if row not in held:
            kind = "lost"
        elif gold.tokens > encoding.max_answer:
            kind = "long"  # no such answer is predicted: more with these short tokens than with XLM-R's own
        kinds.setdefault(record["language"], Counter())[kind] += 1
        if kind in ("across", "exact"):
            assert said[row] == gold.text, (record["id"], record["answers"][0])
        if kind == "exact":
            assert said[row] == record["answers"][0]["text"].strip()
    total = sum(kinds.values(), Counter())
    assert total["lost"] == counts.cut["answer"]
    assert total["lost"] <= LOST[lengths] * total.total()
    for language, found in kinds.items():
        shares = {kind: count / found.total() for kind, count in found.items()}
        told = ", ".join(f"{kind} {share:.1%}" for kind, share in sorted(shares.items()))
        record_property(f"{data} {split} {language}", told)
        print(f"{data} {split}, {lengths}, {language}: {found.total()} questions; {told}")
        most = ACROSS.get(language, ACROSS_ELSEWHERE) * found.total() + BY_CHANCE
        assert found["across"] <= most, (language, told)


def test_characters_count_from_the_beginning_in_every_script(realdata, tmp_path, tokenizer):
    """The first token's characters are the context's first ones, beyond the Basic Multilingual Plane too."""
    records, features, _ = tokens_of("xquad", "test", tokenizer, tmp_path)
    contexts, languages = records["context"].to_pylist(), records["language"].to_pylist()
    seen = set()
    for sequence, row in enumerate(features.column("row")):
        starts, ends = features.part("char_starts", sequence), features.part("char_ends", sequence)
        inside = starts >= 0
        assert (starts[inside] < ends[inside]).all() and (ends[inside] <= len(contexts[row])).all()
        assert (starts[inside][1:] >= starts[inside][:-1]).all()
        seen.add(languages[row])
    assert len(seen) == 11
