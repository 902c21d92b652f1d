"""How much a sentence's vector says of its language: is the nearest mean of a language that of its own?

Odd rows give the means, even rows are asked. English stands beside every language, so of each pair's English sentences
only a share is looked at: all shares together are as many as one language has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Sums:
    """What is kept of a language's vectors: sums over sentences, for any leading dimensions (poolings, layers)."""

    count: int
    total: np.ndarray
    """[..., width]"""
    squares: np.ndarray
    """Squared lengths, [...]"""
    train_count: int
    train: np.ndarray
    """[..., width]"""

    @classmethod
    def of(cls, vectors: torch.Tensor, train: np.ndarray) -> Sums:
        """Of vectors [..., sentences, width], of which those at `train` give the mean that others are held against."""
        leading, (sentences, width) = vectors.shape[:-2], vectors.shape[-2:]
        flat = vectors.reshape(-1, sentences, width)
        chosen = torch.from_numpy(train).to(vectors.device)
        total, squares, trained = [], [], []
        for matrix in flat:  # one at a time, since they are widened: means are large beside what differs from them
            wide = matrix.double()
            total.append(wide.sum(0).cpu().numpy())
            squares.append(float(wide.square().sum()))
            trained.append(wide[chosen].sum(0).cpu().numpy())
        return cls(
            count=sentences,
            total=np.stack(total).reshape(*leading, width),
            squares=np.array(squares).reshape(leading),
            train_count=int(train.sum()),
            train=np.stack(trained).reshape(*leading, width),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """To be kept in a file."""
        return {name: np.asarray(value) for name, value in asdict(self).items()}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, np.ndarray]) -> Sums:
        """What `arrays` gave."""
        count, train_count = int(kept["count"]), int(kept["train_count"])
        return cls(count, kept["total"], kept["squares"], train_count, kept["train"])

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
            self.train_count + other.train_count,
            self.train + other.train,
        )


def trained_on(sentences: int) -> np.ndarray:
    """Which rows of a language give its mean: the odd ones."""
    odd: np.ndarray = np.arange(sentences) % 2 == 1
    return odd


def share_of_english(sentences: int, number: int, languages: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one pair's English side that count, and which of these give the mean.

    number  of the pair's language, among so many `languages`: their shares begin at different rows
    """
    rows = np.arange(number, sentences, languages)
    return rows, (np.arange(len(rows)) + number) % 2 == 1


def centroids(sums: Mapping[str, Sums]) -> np.ndarray:
    """Means of the languages' training rows, in the order of `sums`: [languages, ..., width]."""
    return np.stack([one.train / one.train_count for one in sums.values()])


def recognised(vectors: torch.Tensor, means: np.ndarray) -> np.ndarray:
    """The nearest mean's number for each vector of [..., sentences, width], by Euclidean distance: [..., sentences]."""
    leading, (sentences, width) = vectors.shape[:-2], vectors.shape[-2:]
    flat, middles = vectors.reshape(-1, sentences, width), means.reshape(len(means), -1, width)
    found = np.empty((len(flat), sentences), dtype=np.int64)
    for i, matrix in enumerate(flat):
        places = middles[:, i] - middles[:, i].mean(0)
        wide = matrix.cpu().numpy().astype(np.float64) - middles[:, i].mean(0)
        found[i] = (np.square(places).sum(1) - 2 * wide @ places.T).argmin(1)
    return found.reshape(*leading, sentences)


def variance_between(sums: Mapping[str, Sums]) -> np.ndarray:
    """Share of the variance that lies between the languages' means, for all leading dimensions."""
    whole = sum(list(sums.values())[1:], start=next(iter(sums.values())))
    middle = np.square(whole.total).sum(-1) / whole.count
    between = sum(np.square(one.total).sum(-1) / one.count for one in sums.values()) - middle
    share: np.ndarray = between / np.maximum(whole.squares - middle, 1e-12)
    return share
