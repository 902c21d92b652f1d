"""Span QA on real questions: some window holds the answer, and the gold positions give back the gold text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from making import tokens_of
from tokenizing import train

SPLITS = [
    *(("xquad", "test"), ("mlqa", "test"), ("mlqa-cross", "test"), ("tydiqa", "test"), ("tydiqa", "train")),
    *(("squad", "train"), ("squad", "dev"), ("squad2", "train"), ("squad2", "dev")),
]
# A token may lie across the edge of an answer ("1990" in "1990s"; nouns with an ending, in Telugu; some gold answers
# begin or end within a word): no choice of tokens gives such an answer exactly, whatever model reads them.
ACROSS = 0.05


@pytest.fixture(scope="session")
def tokenizer(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("tokenizer"))


def edges(answer: dict[str, Any]) -> tuple[str, int, int]:
    """An answer and its characters, without white space around it (which one of TyDiQA's has): no token holds that."""
    text, start = answer["text"], answer["start"]
    begin = start + len(text) - len(text.lstrip())
    return text.strip(), begin, begin + len(text.strip())


@pytest.mark.parametrize(("data", "split"), SPLITS)
@pytest.mark.parametrize("lengths", [{}, {"max_length": 128, "stride": 32}], ids=["paper's lengths", "short windows"])
def test_gold_positions_give_back_the_gold_text(data, split, lengths, tokenizer, tmp_path, record_property):
    records, features, counts = tokens_of(data, split, tokenizer, tmp_path, **lengths)
    rows = records.to_pylist()
    held, across = set(), Counter()
    starts, ends, row_of = (features.column(name) for name in ("start", "end", "row"))
    for sequence, row in enumerate(row_of):
        if not rows[row]["answers"] or starts[sequence] == 0:
            continue
        context, (gold, begin, end) = rows[row]["context"], edges(rows[row]["answers"][0])
        first, last = features.part("char_starts", sequence), features.part("char_ends", sequence)
        a, b = starts[sequence], ends[sequence]
        said = context[first[a] : last[b]]
        assert gold in said
        if said != gold:
            # Exact, but for what the outermost tokens reach beyond the answer.
            assert first[a] < begin < last[a] or first[b] < end < last[b], (gold, said)
            across[rows[row]["language"]] += row not in held
        assert first[a] <= begin < last[a] and first[b] < end <= last[b], "the first and the last token hold some of it"
        held.add(row)
    answerable = {i for i, row in enumerate(rows) if row["answers"]}
    lost = len(answerable - held)
    assert lost == counts.cut["answer"]
    assert lost <= (0.02 if lengths else 0.002) * len(rows)
    assert across.total() <= ACROSS * len(rows)
    record_property("lost to the lengths", f"{data} {split}: {lost} of {len(answerable)}")
    record_property("tokens across the answer's edge", f"{data} {split}: {across.total()}, {dict(across)}")
    print(f"{data} {split} {lengths}: lost {lost} of {len(answerable)}, across an edge {across.total()}")


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
