"""Tagging on real treebanks: words in are words out, one prediction each, however long a sentence or odd a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from making import plan, tokens_of
from tokenizers import Tokenizer
from tokenizing import train

from xstilts.formats.encoding import Encoding
from xstilts.formats.tagging import FORMAT
from xstilts.tasks import get


@pytest.fixture(scope="session")
def tokenizer(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("tokenizer"))


@pytest.mark.parametrize("data, longest", [("udpos", 256), ("udpos", 24), ("uner", 24)])
def test_words_in_are_words_out(data, longest, tokenizer, tmp_path):
    """A model that says what the labels are gives back the gold tags of all 33 languages."""
    records, features, _ = tokens_of(data, "test", tokenizer, tmp_path, max_length=longest)
    labels = get(data).labels
    assert features.item_widths.max() <= longest
    gold = [part[part >= 0] for part in (features.part("labels", i) for i in range(len(features)))]
    sure = [np.ones(len(part), np.float32) for part in gold]
    said = pa.table({"label": pa.array(gold), "probability": pa.array(sure)})
    predictions = FORMAT.decode(records, features, said, labels, Encoding(longest))
    assert predictions["prediction"].to_pylist() == records["tags"].to_pylist()
    assert set(records["language"].to_pylist()) == set(plan().world.languages_of(data))
    assert len(features) > len(records), "some sentences are longer than the window"


def test_a_word_without_a_piece_has_its_prediction(realdata, tokenizer):
    """A word of what the normaliser takes away, as treebanks have them (a soft hyphen, a zero-width space)."""
    words = ["a", "\u00ad", "b", "\u200b", "c" * 400]
    row = {"id": "1", "language": "en", "words": words, "tags": ["NOUN"] * 5}
    records = pa.Table.from_pylist([row], schema=FORMAT.schema())
    encoded = FORMAT.encode(records, Tokenizer.from_file(str(tokenizer)), Encoding(24), get("udpos").labels)
    labelled = [label for labels in encoded.table["labels"].to_pylist() for label in labels if label >= 0]
    assert len(labelled) == 5
