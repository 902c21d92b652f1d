"""Token files: what is written is what is mapped, whatever the lengths and however it came in chunks."""

from itertools import pairwise

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
    columns = {"row": item, "item": pa.array(item, pa.int32()), "input_ids": tokens, "label": label}
    return pa.table(columns | {"labels": pa.array([[-x for x in some] for some in ids], pa.list_(pa.int32()))})


def check(features, items):
    sequences = [sequence for some in items for sequence in some]
    assert len(features) == len(items)
    assert [features.ids(i).tolist() for i in range(len(sequences))] == sequences
    assert [(-features.part("labels", i)).tolist() for i in np.arange(len(sequences))] == sequences
    assert features.item_tokens.tolist() == [sum(map(len, some)) for some in items]
    assert features.item_widths.tolist() == [max(map(len, some)) for some in items]
    assert np.diff(features.item_starts).tolist() == [len(some) for some in items]
    assert features.column("label").tolist() == list(range(len(sequences)))
    for i in range(len(items)):
        found = features.sequences_of(np.array([i, 0]))
        wanted = [features.item_starts[i] + k for k in range(len(items[i]))] + list(range(len(items[0])))
        assert found.tolist() == wanted


@settings(deadline=None)
@given(items=ITEMS, cuts=st.lists(st.integers(0, 24), max_size=6).map(sorted))
def test_what_is_written_is_what_is_mapped(tmp_path_factory, items, cuts):
    path = tmp_path_factory.getbasetemp() / "features.arrow"
    table = table_of(items)
    check(Features(table), items)
    # Chunks have offsets of their own, fall within items, and may be empty.
    ends = [0, *(min(cut, len(table)) for cut in cuts), len(table)]
    chunks = [table.slice(a, b - a) for a, b in pairwise(ends)]
    write_features(chunks, {"labels": ["yes", "ja"], "special": {"pad": 1}}, path)
    opened = Features.open(path)
    check(opened, items)
    assert opened.meta == {"labels": ["yes", "ja"], "special": {"pad": 1}}
    assert [len(chunk) for chunk in opened.table["item"].chunks if len(chunk)] == [len(c) for c in chunks if len(c)]


@given(items=ITEMS, first=st.integers(0, 3))
def test_a_slice_of_a_table_has_its_own_first_item(items, first):
    first = min(first, len(items) - 1)
    start = sum(len(some) for some in items[:first])
    features = Features(table_of(items).slice(start))
    assert len(features) == len(items) - first
    assert [features.ids(i).tolist() for i in range(len(items[first]))] == items[first]


def test_equal_data_gives_equal_bytes(tmp_path):
    for name, meta in (("a", {"x": 1, "y": 2}), ("b", {"y": 2, "x": 1})):
        table = table_of([[[1, 2]], [[3], [4, 5]]])
        write_features([table, table.slice(1)], meta, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def big(number):
    """A table of a megabyte of tokens in one sequence."""
    index = pa.array([number], pa.int32())
    tokens = pa.ListArray.from_arrays([0, 250_000], np.full(250_000, number, np.int32))
    return pa.table({"row": index, "item": index, "input_ids": tokens})


def test_chunks_are_written_as_they_come_and_mapped_without_a_copy(tmp_path):
    before, most = pa.total_allocated_bytes(), 0

    def chunks():
        nonlocal most
        for number in range(30):
            yield big(number)
            most = max(most, pa.total_allocated_bytes() - before)

    write_features(chunks(), {}, tmp_path / "big.arrow")
    assert most < 4_000_000, "no more than a few of thirty chunks are held"
    assert (tmp_path / "big.arrow").stat().st_size > 30_000_000
    before = pa.total_allocated_bytes()
    features = Features.open(tmp_path / "big.arrow")
    assert [int(features.ids(i)[-1]) for i in range(30)] == list(range(30))
    assert features.item_tokens.tolist() == features.item_widths.tolist() == [250_000] * 30
    assert pa.total_allocated_bytes() - before < 100_000
    with pytest.raises(ValueError, match="read-only"):
        features.ids(0)[0] = 1
    assert not features.ids(7).flags.owndata and not features.part("input_ids", 7).flags.writeable


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("after", [0, 1, 5])
def test_an_interrupted_write_leaves_what_was_there(tmp_path, error, after):
    def chunks():
        for number in range(after):
            yield big(number)
        raise error

    with pytest.raises(error):
        write_features(chunks(), {}, tmp_path / "new.arrow")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old.arrow").write_text("as it was")
    with pytest.raises(error):
        write_features(chunks(), {}, tmp_path / "old.arrow")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["as it was"]


def test_a_file_without_sequences_has_no_items(tmp_path):
    for features in (Features(table_of([])), Features(table_of([[[1]]]).slice(1))):
        assert len(features) == 0
        assert features.item_tokens.tolist() == features.item_widths.tolist() == []
    write_features([table_of([])], {}, tmp_path / "empty.arrow")
    assert len(Features.open(tmp_path / "empty.arrow")) == 0
    with pytest.raises(ValueError, match="nothing to write"):
        write_features([], {}, tmp_path / "none.arrow")
