"""Exact nearest neighbours by inner product, and pairs of sentences mined by the ratio margin, in bounded memory.

Similarities come as tiles of one matrix product after another, and none is kept that is not among the best. Of each
tile only the largest similarity of every 32 is compared with the worst that a query would still keep, which soon rules
out almost all of them: the products are what costs. `top_both` and `mine` make them once for both directions.

All functions take vectors as rows, in any format of numbers, on disk (`np.memmap`) too, and convert them to float32 a
panel of at most 8 x `block` at a time. They run on a GPU if there is one, else on as many threads as torch has. Memory,
beside the results: for each thread a few panels, `block` x `block` similarities, several times over where many of them
tie, and the neighbours of one direction. `block` is a multiple of 32, or made one.

Products are float32 throughout, never TF32. How their sums are rounded is up to the library, which may choose by a
tile's shape: the last bit of a similarity may change with `block`, threads and device, and with it the order of
neighbours that are equally near but for that bit. Where products are exact, results never change.
A number that is not finite is an error that names its vector.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from xstilts.errors import UserError

NEIGHBOURS = 4  # of the ratio margin, as in XTREME's BUCC
GROUP = 32  # similarities of which the largest is looked at first
SIDES = {"cpu": 1024, "cuda": 8192}  # of a tile: within the processor's cache; enough work for a GPU
PANEL = 8  # tiles, at most, for which a block of the other side is read and converted once
TINY = 1e-9  # least length that a vector is divided by

Nearest = tuple[np.ndarray, np.ndarray]
"""Similarities [queries, k], float32, in descending order, and positions in the index [queries, k], int64."""


class Mined(NamedTuple):
    """One-to-one pairs: each x's y, int64, -1 where no pair is left for it, and the pair's margin, float64, else 0."""

    best: np.ndarray
    margin: np.ndarray


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Unit length, in the last dimension; a copy, in float32 at least. A vector of zeros stays one."""
    wide = np.asarray(vectors, dtype=np.result_type(vectors, np.float32))
    unit: np.ndarray = wide / np.maximum(np.linalg.norm(wide, axis=-1, keepdims=True), TINY)
    return unit


def nearest(queries: np.ndarray, index: np.ndarray, block: int | None = None, device: str | None = None) -> np.ndarray:
    """Position of each query's nearest neighbour, the first of those that tie; -1 if the index is empty."""
    positions = top(queries, index, 1, block, device)[1]
    return positions[:, 0] if len(index) else np.full(len(queries), -1, dtype=np.int64)


def top(
    queries: np.ndarray,
    index: np.ndarray,
    k: int,
    block: int | None = None,
    device: str | None = None,
    unit: bool = False,
) -> Nearest:
    """Each query's k nearest neighbours, or as many as there are; of those that tie, the first.

    `unit` gives all vectors unit length, so that neighbours are by cosine. Costs len(queries) x len(index) x width
    multiplications.
    """
    return _search(queries, index, min(k, len(index)), 0, block, device, unit)[0]


def top_both(
    x: np.ndarray, y: np.ndarray, k: int, block: int | None = None, device: str | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What `top` says of x in y, and of y in x, for hardly more than the first costs."""
    forth, back = _search(x, y, min(k, len(y)), min(k, len(x)), block, device)
    return *forth, *back


def mine(
    x: np.ndarray, y: np.ndarray, k: int = NEIGHBOURS, block: int | None = None, device: str | None = None
) -> Mined:
    """Pairs by ratio margin: cosine over the mean of both neighbourhoods (Artetxe and Schwenk 2019).

    A neighbourhood is the k nearest of the other side by cosine, or as many as the shorter side has. Vectors may have
    any length. Costs what `top_both` does, and a second for each million of sentences.
    """
    k = min(k, len(x), len(y))
    return paired(*_search(x, y, k, k, block, device, unit=True))


def paired(forth: Nearest, back: Nearest) -> Mined:
    """Pairs from the neighbours of all x in y and of all y in x by cosine, as many a sentence on either side.

    Each sentence proposes the neighbour with the largest margin, the first of those that tie. Proposals of both sides
    are accepted in the order of their margins, then of x, then of y, unless one of the two has its pair already.
    A margin is 0 where both neighbourhoods together are no nearer than a right angle.
    """
    best, margin = np.full(len(forth[0]), -1, dtype=np.int64), np.zeros(len(forth[0]))
    if not forth[0].size:
        return Mined(best, margin)
    near_x, near_y = (similarities.mean(1, dtype=np.float64) for similarities, _ in (forth, back))
    liked_y, forth_margin = _proposals(*forth, near_x, near_y)
    liked_x, back_margin = _proposals(*back, near_y, near_x)
    some_x = np.concatenate([np.arange(len(near_x)), liked_x])
    some_y = np.concatenate([liked_y, np.arange(len(near_y))])
    margins = np.concatenate([forth_margin, back_margin])
    order = np.lexsort((some_y, some_x, -margins))
    taken = np.zeros(len(near_y), dtype=bool)
    for i, j, value in zip(*(column[order].tolist() for column in (some_x, some_y, margins)), strict=True):
        if best[i] < 0 and not taken[j]:
            best[i], margin[i], taken[j] = j, value, True
    return Mined(best, margin)


def _proposals(
    similarities: np.ndarray, positions: np.ndarray, own: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each sentence's neighbour with the largest margin, the first of those that tie, and that margin."""
    mean = (own[:, None] + others[positions]) / 2
    margin = np.divide(similarities, mean, out=np.zeros_like(mean), where=mean > 0)
    most = margin.max(1)
    return np.where(margin == most[:, None], positions, len(others)).min(1), most


def _search(
    x: np.ndarray, y: np.ndarray, forth: int, back: int, block: int | None, device: str | None, unit: bool = False
) -> tuple[Nearest, Nearest]:
    """`forth` neighbours of each x and `back` of each y; `unit` gives all vectors unit length.

    Threads take panels of x in turn. What each has found of y's neighbours is put together in the end.
    """
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    side = _padded(block or SIDES.get(where.type, SIDES["cpu"]))
    workers = torch.get_num_threads() if where.type == "cpu" else 1
    rows = _panel(len(x), side, workers)
    panels = iter(range(0, len(x) if forth or back else 0, rows))
    of_x = _Best(len(x), forth, where)

    def work() -> Nearest:
        of_y = _Best(len(y), back, where)
        for first in panels:
            for i, j, tile in _tiles(x, y, first, rows, side, unit, where):
                if forth:
                    groups = tile.view(len(tile), -1, GROUP)
                    of_x.take(groups, groups.amax(2), i, j)
                if back:
                    groups = tile.view(-1, GROUP, tile.shape[1])
                    of_y.take(groups.permute(2, 0, 1), groups.amax(1).T.contiguous(), j, i)
        return of_y.arrays()

    with _settings(), ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        done = [pool.submit(work) for _ in range(workers)]
        try:
            wait(done, return_when=FIRST_EXCEPTION)
        finally:
            deque(panels, maxlen=0)  # after an error, or when the user stops it, nobody takes another
        of_y = [one.result() for one in done]
    return of_x.arrays(), _together(of_y, back)


def _panel(count: int, side: int, workers: int) -> int:
    """Rows of a panel, such that there is about as much for each worker."""
    tiles = max(1, math.ceil(count / side))
    turns = math.ceil(tiles / (PANEL * workers))
    return math.ceil(tiles / (turns * workers)) * side


def _together(parts: list[Nearest], k: int) -> Nearest:
    """The k best of what several have found for the same queries; of those that tie, the first in the index."""
    similarities, positions = (np.concatenate(some, axis=1) for some in zip(*parts, strict=True))
    order = np.lexsort((positions, -similarities), axis=1)[:, :k]
    return np.take_along_axis(similarities, order, axis=1), np.take_along_axis(positions, order, axis=1)


class _Best:
    """The best k neighbours so far of each query; rows of padding have none."""

    def __init__(self, queries: int, k: int, device: torch.device) -> None:
        self.queries, self.k = queries, k
        self.similarities = torch.full((_padded(queries), k), -torch.inf, device=device)
        self.positions = torch.full((_padded(queries), k), -1, dtype=torch.int64, device=device)

    def arrays(self) -> Nearest:
        return self.similarities[: self.queries].cpu().numpy(), self.positions[: self.queries].cpu().numpy()

    def take(self, groups: torch.Tensor, peaks: torch.Tensor, first: int, offset: int) -> None:
        """Look at a tile of similarities: its rows are queries from `first` on, its columns the index from `offset` on.

        A query must see the index in ascending order. So what it keeps of equal similarities is the first.
        """
        worst = self.similarities[first : first + len(peaks), -1]
        rows = (peaks.amax(1) > worst).nonzero()[:, 0]
        if not len(rows):
            return
        peaks, floor = peaks[rows], worst[rows]
        row, group = (peaks >= floor[:, None]).nonzero(as_tuple=True)
        if len(row) > self.k * len(rows):
            # Each of the k highest peaks is a similarity: the k best are no lower.
            floor = torch.maximum(floor, peaks.topk(self.k).values[:, -1])
            row, group = (peaks >= floor[:, None]).nonzero(as_tuple=True)
        near = groups[rows[row], group]
        which, place = (near >= floor[row, None]).nonzero(as_tuple=True)
        self._merge(first + rows, row[which], near[which, place], offset + GROUP * group[which] + place)

    def _merge(
        self, queries: torch.Tensor, row: torch.Tensor, similarities: torch.Tensor, positions: torch.Tensor
    ) -> None:
        """Take in similarities for the queries at `row` of `queries`, in the order of their positions."""
        count, k = len(queries), self.k
        own = torch.arange(count, device=row.device)
        row = torch.cat([own.repeat_interleave(k), row])
        similarities = torch.cat([self.similarities[queries].flatten(), similarities])
        positions = torch.cat([self.positions[queries].flatten(), positions])
        order = similarities.argsort(descending=True, stable=True)
        order = order[row[order].argsort(stable=True)]
        ends = row.bincount(minlength=count).cumsum(0)
        starts = torch.cat([ends.new_zeros(1), ends[:-1]])
        kept = order[starts[:, None] + torch.arange(k, device=row.device)]
        self.similarities[queries], self.positions[queries] = similarities[kept], positions[kept]


def _tiles(
    x: np.ndarray, y: np.ndarray, first: int, count: int, side: int, unit: bool, device: torch.device
) -> Iterator[tuple[int, int, torch.Tensor]]:
    """Similarities of `count` rows of x from `first` on, and where in x and y each tile begins.

    Tiles are filled up to whole groups with minus infinity; each lies where the last one lay. A row of either side sees
    the other in ascending order.
    """
    panel = _load(x, first, count, unit, device)
    place = torch.empty(min(side, len(panel)) * min(side, _padded(len(y))), device=device)
    for left in range(0, len(y), side):
        columns = _load(y, left, side, unit, device)
        for down in range(0, len(panel), side):
            rows = panel[down : down + side]
            tile = place[: len(rows) * len(columns)].view(len(rows), len(columns))
            torch.mm(rows, columns.T, out=tile)
            tile[len(x) - first - down :] = -torch.inf
            tile[:, len(y) - left :] = -torch.inf
            yield first + down, left, tile


def _load(vectors: np.ndarray, first: int, rows: int, unit: bool, device: torch.device) -> torch.Tensor:
    """Some vectors in float32 on the device, and zeros up to whole groups."""
    some = np.array(vectors[first : first + rows], dtype=np.float32)
    finite = np.isfinite(some).all(1)
    if not finite.all():
        raise UserError(f"vector {first + int(finite.argmin())} has a number that is not finite: is the model intact?")
    if unit:
        some = normalised(some)
    block = torch.zeros(_padded(len(some)), some.shape[1], device=device)
    block[: len(some)] = torch.from_numpy(some).to(device)
    return block


def _padded(count: int) -> int:
    """The next multiple of a group's size."""
    return -(-count // GROUP) * GROUP


@contextmanager
def _settings() -> Iterator[None]:
    """Whole float32 products. One thread for each operation: threads that share one wait for the slowest, each time."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)
