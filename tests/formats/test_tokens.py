"""Texts to tokens: what the tokenizer says of each text alone, however texts are repeated, cut and joined."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, processors

from xstilts.formats import tokens
from xstilts.formats.tokens import Runs, joined, sequences, special_ids, tokenised

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "ka", "kalo mi", "山水 火", "<mask> ka", "ter" * 30])))


@settings(max_examples=100)
@given(texts=TEXTS, at_once=st.sampled_from([1, 2, 512]), places=st.booleans())
def test_each_text_has_the_tokens_that_it_has_alone(tokenizer, texts, at_once, places):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "AT_ONCE", at_once)
        runs, characters = tokenised(pa.array(texts, pa.string()), tokenizer, places)
    assert len(runs.values) == sum(len(tokenizer.encode(text, add_special_tokens=False)) for text in {*texts} - {None})
    for i, text in enumerate(texts):
        alone = tokenizer.encode(text or "", add_special_tokens=False)
        here = slice(runs.starts[i], runs.starts[i] + runs.lengths[i])
        assert runs.values[here].tolist() == alone.ids
        if places:
            assert [tuple(pair) for pair in characters[here].tolist()] == alone.offsets


@settings(max_examples=100)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(0, 30)), min_size=1), limit=st.integers(8, 40)
)
def test_pairs_and_single_texts_are_cut_as_the_tokenizer_cuts_them(tokenizer, pairs, limit):
    first = ["ka " * a for a, _ in pairs]
    second = [None if b is None else "lo " * b for _, b in pairs]
    runs = [tokenised(pa.array(side, pa.string()), tokenizer)[0] for side in (first, second)]
    paired = np.array([text is not None for text in second])
    found, cut = sequences(*runs, paired, tokenizer, limit)
    tokenizer.enable_truncation(limit, strategy="longest_first")
    wanted = [tokenizer.encode(*filter(lambda t: t is not None, pair)) for pair in zip(first, second, strict=True)]
    assert found.to_pylist() == [encoded.ids for encoded in wanted]
    assert cut.tolist() == [bool(encoded.overflowing) for encoded in wanted]


def test_what_a_tokenizers_file_says_of_padding_and_truncation_does_not_count(tokenizer):
    other = Tokenizer.from_str(tokenizer.to_str())
    other.enable_padding(length=50, pad_id=1)
    other.enable_truncation(5)
    assert special_ids(other, 1) == special_ids(tokenizer, 1) == [[0], [2]]
    other.enable_padding(length=50, pad_id=1)
    other.enable_truncation(5)
    texts = pa.array(["kalo mi terven sul", "ka"])
    assert tokenised(texts, other)[0].lengths.tolist() == tokenised(texts, tokenizer)[0].lengths.tolist()


def test_special_ids_of_another_family(tokenizer):
    assert special_ids(tokenizer, 2) == [[0], [2, 2], [2]]
    bert = Tokenizer.from_str(tokenizer.to_str())
    bert.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 0))
    assert special_ids(bert, 2) == [[0], [2], [2]]
    bert.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    assert special_ids(bert, 1) == [[], []] and special_ids(bert, 2) == [[], [], []]


LISTS = st.lists(st.integers(0, 99), max_size=4)


@given(st.lists(st.lists(LISTS, min_size=3, max_size=3), max_size=5))
def test_joined_parts_stand_one_after_another(rows):
    """Rows of three lists; the second of them all share their values."""
    parts = []
    for column in range(3):
        values = [row[column] for row in rows]
        lengths = np.array([len(some) for some in values], dtype=np.int64)
        flat = np.array([value for some in values for value in some], dtype=np.int32)
        parts.append(Runs(flat, np.cumsum(lengths) - lengths, lengths))
    parts.insert(1, Runs.same((7, 8), np.arange(len(rows)) % 2 == 0))
    wanted = [[*row[0], *([] if i % 2 else [7, 8]), *row[1], *row[2]] for i, row in enumerate(rows)]
    assert joined(parts).to_pylist() == wanted
