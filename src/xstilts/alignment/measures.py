"""Measures on the vectors of sentences and of their translations: row i of both matrices means the same.

All take [sentences, width] of any device, float32 at least, and keep to its precision. Accuracies and rates are in per
cent, the rest is a cosine, a correlation or a share of 1. Formulas and literature: docs/alignment.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch

TINY = 1e-9  # least length that a vector is divided by
Matrix = torch.Tensor
Value = tuple[str, str | None, float]
"""Measure, direction (whose sentences ask, or whose vectors these are; None: it has none), value."""


def of_pairs(foreign: Matrix, english: Matrix, neighbours: int) -> Iterator[Value]:
    """All that is measured between two languages.

    Cost: two products of n x n x width, three of width x width x n; memory for some five matrices of n x n.
    """
    cosine = cosines(foreign, english)
    yield from both_ways("accuracy", cosine)
    yield from both_ways("accuracy_ratio", ratio_margins(cosine, neighbours))
    yield from both_ways("accuracy_centred", cosines(centred(foreign), centred(english)))
    yield "mutual", None, mutual(cosine)
    margin = margins(cosine)
    yield "margin", None, float(margin.mean())
    yield "margin_p10", None, float(margin.quantile(0.1))
    yield "cka", None, linear_cka(foreign, english)
    yield "anc", None, neuron_correlation(foreign, english)


def of_one(vectors: Matrix, direction: str, spectrum: bool) -> Iterator[Value]:
    """All that is measured of one side alone; `spectrum` adds what needs eigenvectors, the dearest of all measures."""
    yield "anisotropy", direction, anisotropy(vectors)
    yield "outlier_share", direction, outlier_share(vectors)
    if spectrum:
        yield "partition_isotropy", direction, partition_isotropy(vectors)


def both_ways(measure: str, likeness: Matrix) -> Iterator[Value]:
    """English sentences look for foreign ones, as in the official score, and foreign ones for English ones."""
    yield measure, "english", accuracy(likeness.T)
    yield measure, "foreign", accuracy(likeness)


def unit(vectors: Matrix) -> Matrix:
    """Unit length; a vector of zeros stays one."""
    found: Matrix = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=TINY)
    return found


def centred(vectors: Matrix) -> Matrix:
    """Without the mean vector, which is what all sentences of a language have in common."""
    return vectors - vectors.mean(0)


def cosines(x: Matrix, y: Matrix) -> Matrix:
    """S_ij = cos(x_i, y_j)."""
    return unit(x) @ unit(y).T


def accuracy(likeness: Matrix) -> float:
    """In how many rows the diagonal is the largest, the first of those that tie counting; in per cent."""
    own = torch.arange(len(likeness), device=likeness.device)
    return 100.0 * int((likeness.argmax(1) == own).sum()) / len(own)


def mutual(cosine: Matrix) -> float:
    """Share of the pairs whose sentences are each the other's nearest, in per cent."""
    own = torch.arange(len(cosine), device=cosine.device)
    return 100.0 * int(((cosine.argmax(1) == own) & (cosine.argmax(0) == own)).sum()) / len(own)


def margins(cosine: Matrix) -> Matrix:
    """By how much each pair is nearer than the nearest wrong sentences on both sides, on the mean of the two."""
    others = cosine.clone().fill_diagonal_(-torch.inf)
    return cosine.diagonal() - (others.amax(1) + others.amax(0)) / 2


def ratio_margins(cosine: Matrix, neighbours: int) -> Matrix:
    """Cosine over the mean of both neighbourhoods (Artetxe and Schwenk 2019): hubs, near to all, lose their lead.

    0 where both neighbourhoods together are not nearer than a right angle.
    """
    k = min(neighbours, len(cosine))
    mean = (cosine.topk(k, dim=1).values.mean(1)[:, None] + cosine.topk(k, dim=0).values.mean(0)) / 2
    return torch.where(mean > 0, cosine / mean, 0.0)


def linear_cka(x: Matrix, y: Matrix) -> float:
    """Centred kernel alignment of linear kernels: 1 for what rotating and scaling make equal."""
    x, y = centred(x), centred(y)
    alone = (x.T @ x).norm() * (y.T @ y).norm()
    return float((y.T @ x).square().sum() / alone.clamp(min=TINY))


def neuron_correlation(x: Matrix, y: Matrix) -> float:
    """ANC: mean over dimensions of the absolute correlation; a dimension that never changes counts as 0."""
    x, y = centred(x), centred(y)
    alone = x.norm(dim=0) * y.norm(dim=0)
    return float(((x * y).sum(0).abs() / alone.clamp(min=TINY)).mean())


def anisotropy(vectors: Matrix) -> float:
    """Mean cosine of two different sentences of a language; by the length of their sum, so in linear time."""
    n = len(vectors)
    return float((unit(vectors).sum(0).square().sum() - n) / (n * (n - 1)))


def outlier_share(vectors: Matrix) -> float:
    """The largest dimension's share of the squared length: 1 / width if all are alike, 1 if there is but one."""
    energy = vectors.square().mean(0)
    return float(energy.max() / energy.sum().clamp(min=TINY))


def partition_isotropy(vectors: Matrix) -> float:
    """Smallest over largest Z(c) = sum of exp(c x_i), c being the eigenvectors of X'X and their opposites.

    An eigenvector has no sign, so both are taken. Cost: the eigenvectors of width x width.
    """
    along = vectors @ torch.linalg.eigh(vectors.T @ vectors).eigenvectors
    logs = torch.stack([along.logsumexp(0), (-along).logsumexp(0)])
    return math.exp(float(logs.min() - logs.max()))


def robustness(rates: Sequence[float], accuracies: Sequence[float]) -> float | None:
    """Area below accuracy by rate of noise, as a share of what it would be had the noise no effect.

    rates       ascending, the first of them 0
    accuracies  at these rates; None comes out where there is nothing to lose
    """
    if not accuracies[0]:
        return None
    steps = zip(rates, rates[1:], accuracies, accuracies[1:], strict=False)
    area = sum((right - left) * (a + b) / 2 for left, right, a, b in steps)
    return area / (rates[-1] * accuracies[0])
