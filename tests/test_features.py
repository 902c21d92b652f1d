"""Token files: what is written is what is mapped, whatever the lengths."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.features import Features, write_features

ITEMS = st.lists(st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=3), min_size=1, max_size=8)


def table_of(items):
    """One row a sequence; each item has one or more of them."""
    item = [i for i, some in enumerate(items) for _ in some]
    ids = [sequence for some in items for sequence in some]
    tokens, label = pa.array(ids, pa.list_(pa.int32())), np.arange(len(ids))
    return pa.table({"row": item, "item": item, "input_ids": tokens, "label": label})


def check(features, items):
    sequences = [sequence for some in items for sequence in some]
    assert len(features) == len(items)
    assert [features.ids(i).tolist() for i in range(len(sequences))] == sequences
    assert features.item_tokens.tolist() == [sum(map(len, some)) for some in items]
    assert np.diff(features.item_starts).tolist() == [len(some) for some in items]
    assert features.column("label").tolist() == list(range(len(sequences)))
    for i in range(len(items)):
        found = features.sequences_of(np.array([i, 0]))
        wanted = [features.item_starts[i] + k for k in range(len(items[i]))] + list(range(len(items[0])))
        assert found.tolist() == wanted


@settings(deadline=None)
@given(items=ITEMS, cut=st.integers(0, 8))
def test_what_is_written_is_what_is_mapped(tmp_path_factory, items, cut):
    path = tmp_path_factory.getbasetemp() / "features.arrow"
    table = table_of(items)
    check(Features(table), items)
    # Encoding works in chunks, which are parts of a file with offsets of their own.
    chunks = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    write_features(chunks, {"labels": ["yes", "ja"], "special": {"pad": 1}}, path)
    opened = Features.open(path)
    check(opened, items)
    assert opened.meta == {"labels": ["yes", "ja"], "special": {"pad": 1}}
    assert len(opened.table["item"].chunks) == 1


@given(items=ITEMS, first=st.integers(0, 3))
def test_a_slice_of_a_table_has_its_own_first_item(items, first):
    first = min(first, len(items) - 1)
    start = sum(len(some) for some in items[:first])
    features = Features(table_of(items).slice(start))
    assert len(features) == len(items) - first
    assert [features.ids(i).tolist() for i in range(len(items[first]))] == items[first]


def test_equal_data_gives_equal_bytes(tmp_path):
    for name, meta in (("a", {"x": 1, "y": 2}), ("b", {"y": 2, "x": 1})):
        write_features(table_of([[[1, 2]], [[3], [4, 5]]]), meta, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_opening_reads_nothing_into_memory(tmp_path):
    write_features(table_of([[[7] * 250_000]] * 4), {}, tmp_path / "big.arrow")
    before = pa.total_allocated_bytes()
    features = Features.open(tmp_path / "big.arrow")
    assert features.ids(3)[-1] == 7
    assert pa.total_allocated_bytes() - before < 100_000
    with pytest.raises(ValueError, match="read-only"):
        features.ids(0)[0] = 1


def test_a_file_without_sequences_has_no_items():
    assert len(Features(table_of([]))) == 0
