"""Prices mended by what was measured: least squares that believe the old price until measurements say otherwise.

Each price is the old one times a factor. The factors, none of them negative, minimise

    sum over jobs of weight * (error / NOISE)²  +  sum over factors of ((factor - common) / DOUBT)²

with a job's error as a share of what it took, and `common` the factor by which most jobs are off, were all prices
equally wrong. Weights are Tukey's: a job that lies far from the others, because it was resumed, or slowed down by what
ran beside it, counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

NOISE = 0.1  # of a job's time or memory, measured twice
DOUBT = 1.0  # of a price: it may well be half or double
FAR = 4.7  # times the noise, from where on a job counts for nothing (Tukey's usual choice)
NORMAL = 1.4826  # a standard deviation, in median deviations
ROUNDS, SWEEPS = 20, 200
Amounts = Mapping[str, float]


def mended(prices: Mapping[str, float], jobs: Sequence[tuple[Amounts, float]]) -> dict[str, float]:
    """The prices that jobs speak for; `jobs`: the amounts of each, and what it took. Costs some milliseconds."""
    measured = [(amounts, took) for amounts, took in jobs if took > 0]
    names = [name for name in prices if prices[name] and any(amounts.get(name) for amounts, _ in measured)]
    if not names:
        return dict(prices)
    rows = np.array([[prices[name] * amounts.get(name, 0.0) for name in names] for amounts, _ in measured])
    took = np.array([took for _, took in measured])
    known = rows.sum(1) > 0
    rows, took = rows[known], took[known]
    common = float(np.exp(np.median(np.log(took / rows.sum(1)))))
    common = float(np.average([common, 1.0], weights=[len(took), NOISE]))  # one job moves it almost wholly
    factors = np.full(len(names), common)
    for _ in range(ROUNDS):
        law = np.maximum(rows @ factors, np.finfo(float).tiny)
        off = np.log(law / took)
        noise = max(NOISE, NORMAL * float(np.median(np.abs(off))))
        weights = np.square(np.maximum(0.0, 1.0 - np.square(off / (FAR * noise))))
        scale = noise * np.sqrt(law * took)  # so that twice as much is as wrong as half as much
        factors = _least_squares(rows / scale[:, None], took / scale, weights, common)
    return dict(prices) | {name: prices[name] * float(factor) for name, factor in zip(names, factors, strict=True)}


def _least_squares(rows: np.ndarray, wanted: np.ndarray, weights: np.ndarray, common: float) -> np.ndarray:
    """Factors of zero or more by which rows sum up to what is wanted, drawn towards `common`: one at a time."""
    doubt = np.square(DOUBT * common)
    product = rows.T @ (weights[:, None] * rows) + np.eye(rows.shape[1]) / doubt
    right = rows.T @ (weights * wanted) + common / doubt
    factors = np.maximum(np.linalg.solve(product, right), 0.0)
    for _ in range(SWEEPS):
        for i in range(len(factors)):
            factors[i] = max(0.0, factors[i] + (right[i] - product[i] @ factors) / product[i, i])
    return factors
