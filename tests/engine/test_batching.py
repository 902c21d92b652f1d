"""Cutting a set of items loses none, doubles none, and keeps to the budget."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from xstilts.engine.batching import micro_batches, plan_step, share_of_ranks
from xstilts.features import Features


@st.composite
def drawn(draw):
    """Features of items with one to four sequences, and items of theirs, some of them twice."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=12))
    lengths = [draw(st.lists(st.integers(1, 40), min_size=size, max_size=size)) for size in sizes]
    item = [i for i, size in enumerate(sizes) for _ in range(size)]
    ids = [list(range(length)) for some in lengths for length in some]
    columns = {"item": pa.array(item, pa.int32()), "input_ids": pa.array(ids, pa.list_(pa.int32()))}
    items = draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=16))
    return Features(pa.table(columns)), np.array(items)


def padded(features, items):
    """Tokens of the rectangle that holds all sequences of `items`."""
    lengths = [len(features.ids(i)) for i in features.sequences_of(np.asarray(items))]
    return len(lengths) * max(lengths)


def real(features, items):
    """Tokens of all sequences of `items`."""
    return sum(len(features.ids(i)) for i in features.sequences_of(np.asarray(items)))


MEASURES = {False: padded, True: real}
"""What the budget of a micro-batch counts, packed or not."""


@given(drawn(), st.integers(1, 200), st.booleans())
def test_micro_batches_part_the_items_within_the_budget(case, budget, packed):
    features, items = case
    cuts = list(micro_batches(features, items, budget, packed))
    assert sorted(np.concatenate(cuts)) == sorted(items)
    assert all(len(cut) == 1 or MEASURES[packed](features, cut) <= budget for cut in cuts)


@given(drawn(), st.integers(1, 200), st.booleans())
def test_no_micro_batch_could_have_taken_the_next_item(case, budget, packed):
    features, items = case
    for cut, following in pairwise(micro_batches(features, items, budget, packed)):
        assert MEASURES[packed](features, [*cut, following[0]]) > budget


@given(drawn(), st.integers(1, 200), st.booleans())
def test_micro_batches_go_from_long_to_short(case, budget, packed):
    features, items = case
    order = np.concatenate(list(micro_batches(features, items, budget, packed)))
    assert (np.diff(features.item_widths[order]) <= 0).all()


@given(drawn(), st.integers(1, 200))
def test_packing_never_takes_more_micro_batches(case, budget):
    features, items = case
    packed, plain = (list(micro_batches(features, items, budget, way)) for way in (True, False))
    assert len(packed) <= len(plain)


def test_budgets_count_padding_unless_told_otherwise():
    ids = pa.array([[0] * length for length in (8, 2, 2, 4)], pa.list_(pa.int32()))
    features = Features(pa.table({"item": pa.array(range(4), pa.int32()), "input_ids": ids}))
    assert [cut.tolist() for cut in micro_batches(features, np.arange(4), 16)] == [[0, 3], [1, 2]]
    assert [cut.tolist() for cut in micro_batches(features, np.arange(4), 16, packed=True)] == [[0, 3, 1, 2]]


@given(drawn(), st.integers(1, 5))
def test_ranks_share_all_items_evenly(case, ranks):
    features, items = case
    shares = share_of_ranks(features, items, ranks)
    assert len(shares) == ranks
    assert sorted(np.concatenate(shares)) == sorted(items)
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1
    work = [features.item_tokens[share].sum() for share in shares]
    assert max(work) - min(work) <= features.item_tokens[items].max()


def test_ranks_are_dealt_there_and_back():
    ids = pa.array([[0] * length for length in range(1, 9)], pa.list_(pa.int32()))
    features = Features(pa.table({"item": pa.array(range(8), pa.int32()), "input_ids": ids}))
    shares = share_of_ranks(features, np.arange(8), 2)
    assert [features.item_tokens[share].tolist() for share in shares] == [[8, 5, 4, 1], [7, 6, 3, 2]]


@given(drawn(), st.integers(1, 4), st.integers(1, 200), st.booleans())
def test_all_ranks_take_equally_many_turns_and_every_item_once(case, ranks, budget, packed):
    features, items = case
    plans = [plan_step(features, items, ranks, rank, budget, packed) for rank in range(ranks)]
    assert len({len(plan) for plan in plans}) == 1
    assert sorted(np.concatenate([cut for plan in plans for cut in plan])) == sorted(items)
    assert all(cut.dtype == np.int64 for plan in plans for cut in plan)
    assert any(len(plan[-1]) for plan in plans), "no turn is empty on all ranks"
