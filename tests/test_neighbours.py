"""Nearest neighbours: what brute force finds, whatever the blocks, in bounded memory; and mining by its definition."""

import json
import math
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xstilts.errors import UserError
from xstilts.neighbours import mine, nearest, normalised, top, top_both

torch.set_num_threads(1)

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
SIZES = st.integers(1, 150)


def whole_numbers(seed, *shape, most=2):
    """Vectors whose products are exact in float32 and often tie."""
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.float32)


def signs(seed, n, width=4):
    """Vectors of a length that is a power of two: their cosines and the cosines' sums are exact, and often tie."""
    return np.random.default_rng(seed).choice([-1.0, 1.0], (n, width)).astype(np.float32)


def by_brute_force(queries, index, k):
    similarities = queries.astype(np.float64) @ index.astype(np.float64).T
    positions = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(similarities, positions, axis=1), positions


def assert_same(found, expected):
    for some, others in zip(found, expected, strict=True):
        np.testing.assert_array_equal(some, others)


# neighbours ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 99),
    n=SIZES,
    m=SIZES,
    width=st.integers(1, 9),
    k=st.integers(1, 40),
    block=SIZES,
    threads=st.sampled_from([1, 3]),
)
@example(seed=0, n=1200, m=900, width=3, k=4, block=32, threads=1)  # several panels
@example(seed=0, n=900, m=1200, width=3, k=4, block=32, threads=2)
@example(seed=0, n=129, m=257, width=1, k=150, block=64, threads=2)  # fewer neighbours than were asked for
def test_brute_force_finds_the_same_in_both_directions(device, seed, n, m, width, k, block, threads):
    x, y = whole_numbers(seed, n, width), whole_numbers(seed + 1, m, width)
    torch.set_num_threads(threads)
    try:
        found = top_both(x, y, k, block, device)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(1)
    assert_same(found, (*by_brute_force(x, y, k), *by_brute_force(y, x, k)))
    assert_same(top(x, y, k, block, device), found[:2])
    assert_same([nearest(x, y, block, device)], [found[1][:, 0]])


@pytest.mark.parametrize("order", [np.arange(500), np.arange(500)[::-1], np.zeros(500, dtype=int)])
@pytest.mark.parametrize("block", [32, 96, None])
def test_order_of_the_index_changes_nothing(order, block):
    x, y = np.ones((70, 2), dtype=np.float32), np.stack([order, order], axis=1).astype(np.float32)
    assert_same(top_both(x, y, 5, block), (*by_brute_force(x, y, 5), *by_brute_force(y, x, 5)))


def test_real_numbers():
    rng = np.random.default_rng(0)
    x, y = (normalised(rng.standard_normal((n, 64))) for n in (700, 900))
    similarities, positions = top(x, y, 7, block=128)
    assert similarities.dtype == np.float32 and positions.dtype == np.int64
    expected = by_brute_force(x, y, 7)
    np.testing.assert_allclose(similarities, expected[0], atol=1e-6)
    assert (positions == expected[1]).mean() > 0.999
    assert_same(top_both(x, y, 7, 256)[2:], top(y, x, 7, 256))


@pytest.mark.parametrize("device", DEVICES)
def test_no_number_is_rounded_before_it_is_multiplied(device):
    """Twelve bits are more than TF32 or bfloat16 would keep, and few enough for exact products."""
    x, y = whole_numbers(0, 600, 128), whole_numbers(1, 600, 128)
    x[:, 0] += 2500
    y[:, 0] += 2 * np.arange(600) + 2499
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        assert_same(top(x, y, 3, device=device), by_brute_force(x, y, 3))
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize("kind", ["float16", "float64", "int8"])
def test_vectors_of_any_format_on_disk(kind, tmp_path):
    x, y = whole_numbers(0, 200, 6), whole_numbers(1, 300, 6)
    for name, vectors in (("x", x), ("y", y)):
        vectors.astype(kind).tofile(tmp_path / name)
    mapped = [np.memmap(tmp_path / name, kind, "r", shape=some.shape) for name, some in (("x", x), ("y", y))]
    assert_same(top_both(*mapped, 4, 64), top_both(x, y, 4))
    assert_same(mine(*mapped, 4, 64), mine(x, y, 4))


def test_empty_sides():
    some, none = whole_numbers(0, 5, 3), whole_numbers(0, 0, 3)
    assert [found.shape for found in top_both(some, none, 4)] == [(5, 0), (5, 0), (0, 4), (0, 4)]
    assert [found.shape for found in top_both(none, some, 4)] == [(0, 4), (0, 4), (5, 0), (5, 0)]
    assert nearest(some, none).tolist() == [-1] * 5 and nearest(none, some).tolist() == []
    assert mine(some, none).best.tolist() == [-1] * 5 and mine(some, none).margin.tolist() == [0.0] * 5
    assert mine(none, some).best.tolist() == [] and mine(none, none).margin.tolist() == []


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_is_not_finite_is_named(number):
    x, y = whole_numbers(0, 50, 3), whole_numbers(1, 90, 3)
    y[77, 2] = number
    with pytest.raises(UserError, match="vector 77"):
        top(x, y, 2, block=32)


def test_unit_length():
    vectors = np.array([[[3, 4], [0, 0]], [[0, -2], [300, 400]]], dtype=np.float16)
    unit = normalised(vectors)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, [[[0.6, 0.8], [0, 0]], [[0, -1], [0.6, 0.8]]], rtol=1e-6)


PEAKS = """
    import json
    from pathlib import Path
    import numpy as np
    import torch
    from xstilts.neighbours import mine

    def resident(name):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

    torch.set_num_threads(1)
    rng, grown = np.random.default_rng(0), []
    for n in (600, 2000, 16000):
        x, y = (rng.standard_normal((n, 16), dtype=np.float32) for _ in "xy")
        before = resident("VmRSS")
        mine(x, y, 4, 512, "cpu")
        grown.append(resident("VmHWM") - before)
    print(json.dumps(grown))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_memory_is_bounded_by_the_block():
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(PEAKS)], capture_output=True, text=True, check=True)
    _, small, large = json.loads(done.stdout)
    print(small, large)
    assert large < max(small, 0) + 16, "MB; all similarities would be 1000"


# mining --------------------------------------------------------------------------------------------------------------
def by_definition(x, y, k):
    """Pairs and margins in plain Python, one step of the definition a line."""
    x, y, k = x.tolist(), y.tolist(), min(k, len(x), len(y))
    if not k:
        return [-1] * len(x), [0.0] * len(x)
    cosine = [[sum(map(float.__mul__, a, b)) / (math.hypot(*a) * math.hypot(*b)) for b in y] for a in x]
    near_x = [sorted(range(len(y)), key=lambda j: (-row[j], j))[:k] for row in cosine]
    near_y = [sorted(range(len(x)), key=lambda i: (-cosine[i][j], i))[:k] for j in range(len(y))]
    mean_x = [sum(cosine[i][j] for j in near) / k for i, near in enumerate(near_x)]
    mean_y = [sum(cosine[i][j] for i in near) / k for j, near in enumerate(near_y)]

    def margin(i, j):
        mean = (mean_x[i] + mean_y[j]) / 2
        return cosine[i][j] / mean if mean > 0 else 0.0

    proposals = [(i, min(near, key=lambda j: (-margin(i, j), j))) for i, near in enumerate(near_x)]
    proposals += [(min(near, key=lambda i: (-margin(i, j), i)), j) for j, near in enumerate(near_y)]
    best, margins = [-1] * len(x), [0.0] * len(x)
    for i, j in sorted(proposals, key=lambda pair: (-margin(*pair), pair)):
        if best[i] < 0 and j not in best:
            best[i], margins[i] = j, margin(i, j)
    return best, margins


@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 99),
    n=st.integers(0, 70),
    m=st.integers(0, 70),
    width=st.sampled_from([4, 16]),
    k=st.sampled_from([1, 2, 4, 8]),
    block=st.sampled_from([32, 64]),
)
def test_mining_by_its_definition(device, seed, n, m, width, k, block):
    x, y = signs(seed, n, width), signs(seed + 1, m, width)
    best, margins = by_definition(x, y, k)
    found = mine(x, y, k, block, device)
    assert found.best.tolist() == best and found.margin.tolist() == margins


def test_mining_real_numbers():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 24)) + 1
    y = np.concatenate([x[:60] + 0.6 * rng.standard_normal((60, 24)), rng.standard_normal((90, 24)) + 1])
    best, margins = by_definition(x, y, 4)
    found = mine(5 * x, y, block=32)
    assert found.best.tolist() == best
    np.testing.assert_allclose(found.margin, margins, rtol=1e-5)
    pairs = found.best[found.best >= 0]
    assert len(set(pairs)) == len(pairs)
    strong = np.argsort(-found.margin)[:40]
    assert (found.best[strong] == strong).mean() > 0.9


def test_a_margin_is_zero_where_nothing_is_near():
    x, y = np.array([[1, 0], [0, 1], [0, 2]]), np.array([[-1, 0], [0, -3]])
    assert mine(x, y, k=1).margin.tolist() == [0.0, 0.0, 0.0]
    assert mine(x[:1], -x[:1]) == ([0], [0.0])


def test_a_neighbour_of_all_is_not_everyones_translation():
    """The first y is the nearest of every x, but also near to the others: the margin sees through it."""
    one, none = np.eye(6), np.zeros((6, 6))
    x = np.concatenate([one + 0.5, none], axis=1)
    y = np.concatenate([np.ones((1, 12)) * (np.arange(12) < 6), np.concatenate([one, one / 2], axis=1)])
    assert (nearest(normalised(x), normalised(y)) == 0).all()
    assert mine(x, y).best.tolist() == [1, 2, 3, 4, 5, 6]
