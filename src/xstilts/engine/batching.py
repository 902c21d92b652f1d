"""How a set of items is cut: over ranks, and into micro-batches within a budget of tokens.

A step is a set of examples; none of this may change its gradient (see tests/engine/test_batching.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xstilts.features import Features


def micro_batches(features: Features, items: np.ndarray, budget: int, packed: bool = False) -> Iterator[np.ndarray]:
    """Cut `items`, longest first, so that no batch has more than `budget` tokens (one item always fits).

    Tokens count as the batch is padded, or those of the sequences alone where it is `packed`.
    """
    starts = features.item_starts
    sequences = starts[items + 1] - starts[items]
    width, tokens = features.item_widths[items], features.item_tokens[items]
    order = np.lexsort((items, -width))
    batch: list[int] = []
    count = total = widest = 0
    for i in order:
        count, total, widest = count + int(sequences[i]), total + int(tokens[i]), widest or int(width[i])
        if batch and (total if packed else count * widest) > budget:
            yield np.array(batch)
            batch, count, total, widest = [], int(sequences[i]), int(tokens[i]), int(width[i])
        batch.append(int(items[i]))
    if batch:
        yield np.array(batch)


def share_of_ranks(features: Features, items: np.ndarray, ranks: int) -> list[np.ndarray]:
    """Deal items to ranks, longest first, there and back, so that the ranks' work is alike."""
    order = items[np.lexsort((items, -features.item_tokens[items]))]
    place = np.arange(len(order)) % (2 * ranks)
    rank = np.where(place < ranks, place, 2 * ranks - 1 - place)
    return [order[rank == r] for r in range(ranks)]


def plan_step(
    features: Features, items: np.ndarray, ranks: int, rank: int, budget: int, packed: bool = False
) -> list[np.ndarray]:
    """This rank's micro-batches. All ranks have equally many, as their collectives must meet: empty ones fill up."""
    shares = [list(micro_batches(features, share, budget, packed)) for share in share_of_ranks(features, items, ranks)]
    longest = max(len(share) for share in shares)
    return shares[rank] + [np.array([], dtype=np.int64)] * (longest - len(shares[rank]))
