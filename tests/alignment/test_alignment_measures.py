"""Each measure against an independent formulation, and the laws that it must keep."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xstilts.alignment import measures as m

SEEDS = st.integers(0, 2**32)


def drawn(seed: int, n: int = 12, d: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Sentences, and translations that lie near them but not always nearest."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) + rng.normal(size=d)
    return torch.from_numpy(x), torch.from_numpy(x + rng.normal(size=(n, d)))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.dot(a, b) / math.sqrt(np.dot(a, a) * np.dot(b, b)))


def every_cosine(x: torch.Tensor, y: torch.Tensor) -> list[list[float]]:
    return [[cosine(a, b) for b in y.numpy()] for a in x.numpy()]


@given(SEEDS)
def test_accuracy_is_that_of_brute_force_in_both_directions(seed):
    x, y = drawn(seed)
    s = every_cosine(x, y)
    forth = sum(max(range(12), key=lambda j: s[i][j]) == i for i in range(12))
    back = sum(max(range(12), key=lambda i: s[i][j]) == j for j in range(12))
    both = sum(
        max(range(12), key=lambda j: s[i][j]) == i and max(range(12), key=lambda j: s[j][i]) == i for i in range(12)
    )
    found = {(name, way): value for name, way, value in m.of_pairs(x, y, 4)}
    assert found["accuracy", "foreign"] == pytest.approx(100 * forth / 12)
    assert found["accuracy", "english"] == pytest.approx(100 * back / 12)
    assert found["mutual", None] == pytest.approx(100 * both / 12)


@given(SEEDS)
def test_margins_by_loops(seed):
    x, y = drawn(seed)
    s = every_cosine(x, y)
    wanted = []
    for i in range(12):
        row, column = max(s[i][j] for j in range(12) if j != i), max(s[j][i] for j in range(12) if j != i)
        wanted.append(s[i][i] - 0.5 * (row + column))
    np.testing.assert_allclose(m.margins(m.cosines(x, y)), wanted, atol=1e-12)
    found = {name: value for name, _, value in m.of_pairs(x, y, 4)}
    assert found["margin"] == pytest.approx(np.mean(wanted))
    assert found["margin_p10"] == pytest.approx(np.percentile(wanted, 10))


@given(SEEDS, st.integers(1, 20))
def test_ratio_margins_by_loops(seed, k):
    x, y = (abs(side) for side in drawn(seed))
    s = np.array(every_cosine(x, y))
    near_x = [np.sort(s[i])[::-1][:k].mean() for i in range(12)]
    near_y = [np.sort(s[:, j])[::-1][:k].mean() for j in range(12)]
    wanted = [[s[i, j] / (near_x[i] / 2 + near_y[j] / 2) for j in range(12)] for i in range(12)]
    np.testing.assert_allclose(m.ratio_margins(m.cosines(x, y), k), wanted, rtol=1e-9)


def test_a_hub_that_is_near_to_all_loses_its_lead_by_the_ratio():
    x = torch.eye(3, dtype=torch.float64)
    hub = torch.tensor([[0.75, 0.75, 0.75], [0.0, 0.8, 0.7], [0.0, 0.7, 0.75]], dtype=torch.float64)
    cosine = m.cosines(x, hub)
    assert m.accuracy(m.ratio_margins(cosine, 2)) > m.accuracy(-cosine)
    far = m.ratio_margins(torch.tensor([[-0.5, -0.6], [-0.7, -0.4]]), 1)
    assert (far == 0).all(), "a neighbourhood beyond a right angle makes no one near"


@given(SEEDS)
def test_cka_is_that_of_the_gram_matrices_and_knows_no_rotation_or_scale(seed):
    x, y = drawn(seed)
    n = len(x)
    centre = np.eye(n) - np.ones((n, n)) / n

    def hsic(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(np.trace((a @ a.T).numpy() @ centre @ (b @ b.T).numpy() @ centre)) / (n - 1) ** 2

    wanted = hsic(x, y) / math.sqrt(hsic(x, x) * hsic(y, y))
    assert m.linear_cka(x, y) == pytest.approx(wanted)
    rotation = torch.linalg.qr(torch.from_numpy(np.random.default_rng(seed).normal(size=(5, 5)))).Q
    assert m.linear_cka(3.7 * x @ rotation + 5, y) == pytest.approx(wanted)
    assert m.linear_cka(x, -0.2 * x @ rotation - 1) == pytest.approx(1)


@given(SEEDS)
def test_anc_is_the_mean_of_absolute_correlations(seed):
    x, y = drawn(seed)
    wanted = [abs(np.corrcoef(x[:, j], y[:, j])[0, 1]) for j in range(5)]
    assert m.neuron_correlation(x, y) == pytest.approx(np.mean(wanted))
    x[:, 0] = 2.0
    assert m.neuron_correlation(x, y) == pytest.approx(sum(wanted[1:]) / 5), "a constant dimension counts as 0"


@given(SEEDS)
def test_anisotropy_by_loops(seed):
    x, _ = drawn(seed)
    wanted = [cosine(x[i].numpy(), x[j].numpy()) for i in range(12) for j in range(12) if i != j]
    assert m.anisotropy(x) == pytest.approx(np.mean(wanted))
    energy = [sum(float(v) ** 2 for v in x[:, j]) for j in range(5)]
    assert m.outlier_share(x) == pytest.approx(max(energy) / sum(energy))


@given(SEEDS)
def test_partition_isotropy_by_loops(seed):
    x, _ = drawn(seed)
    _, _, rows = np.linalg.svd(x.numpy())
    z = [sum(math.exp(sign * float(np.dot(c, v))) for v in x.numpy()) for c in rows for sign in (1, -1)]
    assert m.partition_isotropy(x) == pytest.approx(min(z) / max(z), rel=1e-6)
    assert m.partition_isotropy(torch.cat([torch.eye(4), -torch.eye(4)])) == pytest.approx(1)
    assert m.partition_isotropy(1000 * x) >= 0, "too small to be told from 0, but no overflow"


@given(SEEDS)
def test_identical_sides_agree_in_all(seed):
    x, _ = drawn(seed)
    found = {(name, way): value for name, way, value in m.of_pairs(x, x, 4)}
    for name in ("accuracy", "accuracy_centred"):
        assert found[name, "english"] == found[name, "foreign"] == 100
    assert found["mutual", None] == 100
    assert found["margin", None] > 0
    assert found["cka", None] == pytest.approx(1) and found["anc", None] == pytest.approx(1)


def test_unrelated_sides_are_at_chance():
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.normal(size=(1000, 64))) for _ in range(2))
    found = {(name, way): value for name, way, value in m.of_pairs(x, y, 4)}
    for name in ("accuracy", "accuracy_centred", "accuracy_ratio"):
        assert found[name, "english"] <= 1 and found[name, "foreign"] <= 1  # one in a thousand by chance
    assert found["margin", None] < 0
    assert found["anc", None] < 0.1
    assert abs(m.anisotropy(x)) < 0.01 and m.outlier_share(x) < 1.3 / 64


def test_centring_removes_a_constant_offset_between_languages():
    x, _ = drawn(0, n=40, d=8)
    offset = x + 50 * torch.eye(8, dtype=torch.float64)[0]
    found = {(name, way): value for name, way, value in m.of_pairs(offset, x, 4)}
    assert found["accuracy_centred", "english"] == found["accuracy_centred", "foreign"] == 100
    assert found["accuracy", "english"] < 60
    assert found["cka", None] == pytest.approx(1), "which centres, too"


@pytest.mark.parametrize(
    "rates, accuracies, wanted",
    [
        ([0, 0.1, 0.2, 0.3], [80, 80, 80, 80], 1.0),
        ([0, 0.3], [80, 0], 0.5),
        ([0, 0.1, 0.3], [50, 30, 10], (0.1 * 40 + 0.2 * 20) / (0.3 * 50)),
        ([0, 0.3], [0, 10], None),
    ],
)
def test_robustness_is_the_area_below_accuracy(rates, accuracies, wanted):
    assert m.robustness(rates, accuracies) == (None if wanted is None else pytest.approx(wanted))
    if wanted is not None:
        area = np.trapezoid(accuracies, rates) / (rates[-1] * accuracies[0])
        assert m.robustness(rates, accuracies) == pytest.approx(area)
