"""Prices are mended by measurements, and by as much as these say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.cost.fit import mended
from xstilts.cost.laws import total

PRICES = {"start": 5.0, "steps": 0.02, "compute": 2.0}
TRUE = {"start": 9.0, "steps": 0.008, "compute": 3.5}


def jobs(count: int, noise: float, seed: int = 0) -> list[tuple[dict[str, float], float]]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        amounts = {"start": 1.0, "steps": float(rng.integers(50, 3000)), "compute": float(rng.uniform(0.5, 40))}
        found.append((amounts, total(TRUE, amounts) * float(np.exp(noise * rng.standard_normal()))))
    return found


def test_a_law_is_recovered() -> None:
    found = mended(PRICES, jobs(60, noise=0.02))
    assert found == pytest.approx(TRUE, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_jobs_that_were_resumed_or_slowed_down_spoil_nothing(seed: int) -> None:
    measured = jobs(60, noise=0.05, seed=seed)
    rng = np.random.default_rng(seed)
    spoilt = [(amounts, took * (0.2 if rng.random() < 0.5 else 6.0)) for amounts, took in measured[:9]]
    found = mended(PRICES, [*spoilt, *measured[9:]])
    fresh = jobs(40, noise=0.0, seed=seed + 100)
    errors = [abs(total(found, amounts) / took - 1) for amounts, took in fresh]
    assert np.median(errors) < 0.05 and max(errors) < 0.15


def test_without_jobs_a_price_stays_and_with_few_it_moves_a_little() -> None:
    assert mended(PRICES, []) == PRICES
    one = (
        {"start": 1.0, "steps": 1000.0, "compute": 10.0},
        2 * total(PRICES, {"start": 1.0, "steps": 1000.0, "compute": 10.0}),
    )
    found = mended(PRICES, [one])
    assert total(found, one[0]) == pytest.approx(one[1], rel=0.05), "the job itself is believed"
    assert all(PRICES[name] < found[name] < 3 * PRICES[name] for name in PRICES), "all prices share the surprise"


def test_a_price_that_no_job_speaks_for_stays() -> None:
    measured = [({**amounts, "compute": 0.0}, took) for amounts, took in jobs(20, 0.02)]
    assert mended(PRICES, measured)["compute"] == PRICES["compute"]


@given(st.lists(st.floats(0.01, 1e5), min_size=1, max_size=12), st.integers(0, 100))
def test_no_price_is_ever_negative_or_not_finite(times: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    measured = [
        ({"start": 1.0, "steps": float(rng.exponential(500)), "compute": float(rng.exponential(5))}, t) for t in times
    ]
    found = mended(PRICES, measured)
    assert all(0 <= value < float("inf") for value in found.values())
