"""How fast pairs of sentences are mined, and in how much memory: `xstilts.neighbours` beside faiss' exact flat index.

    pip install faiss-cpu                          for this benchmark only; nothing else here needs it
    python benchmarks/mining.py                    10,000, 30,000 and 100,000 sentences a side; about ten minutes
    python benchmarks/mining.py --sizes 10000 --rounds 5 --threads 1

Both find the 4 nearest neighbours of all sentences of either side, by cosine, and make one-to-one pairs of them by the
ratio margin, with the same code. faiss (IndexFlatIP) searches once in each direction; what is ours makes the products
once for both. A third side makes these products and does nothing with them: the least that a search by torch can take.

Every turn is a process of its own, on the CPU, and sides take turns; before its time starts, a process has done a small
search. Seconds are by the clock and of the fastest turn, since other work on the machine can only slow it down; in
brackets, the ratio of each round. Memory is the peak of the process above what it held before, its vectors included;
it is read from /proc. Growth is the exponent of n from the row above. Agreement: share of neighbours (of both
directions) that both found at the same rank, of similarities that differ by at most 1e-5, and of sentences with the
same pair.

Vectors are drawn as sentences lie: all have a direction in common, many share a topic, and every third y is a noisy
copy, the translation, of some x.

Goal: at 100,000 sentences a side at least as fast as faiss, with the same number of threads.
"""

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

K = 4
SIDES = ("ours", "faiss", "products")
WARM = 2048  # sentences of the search that is not counted
TILE = 1024
PER_TOPIC = 30
SAME = 1e-5
Found = tuple[np.ndarray, ...]  # similarities and positions, forth and back, and the pairs


@dataclass
class Turns:
    """Of one side at one size: seconds and MB of each turn."""

    seconds: list[float]
    memory: list[float]


def main() -> None:
    args = arguments()
    if args.turn:
        turn(args.turn, args.sizes[0], args)
        return
    if importlib.util.find_spec("faiss") is None:
        sys.exit("faiss is not installed: pip install faiss-cpu")
    heads = "".join(f"{head:>10}" for head in ("ours s", "faiss s", "products", "ours MB", "faiss MB"))
    print(f"{'n':>8}{heads}   growth: ours, faiss   neighbours, similarities, pairs   faiss/ours, by round")
    above: tuple[int, dict[str, Turns]] | None = None
    for n in args.sizes:
        with TemporaryDirectory() as folder:
            found = {side: Turns([], []) for side in SIDES}
            for number in range(args.rounds):
                for side in SIDES[:: -1 if number % 2 else 1]:
                    run(side, n, args, Path(folder), found[side])
            print(row(n, found, above, agreement(Path(folder))), flush=True)
        above = n, found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000], help="sentences a side")
    parser.add_argument("--width", type=int, default=256, help="numbers of a vector")
    parser.add_argument("--threads", type=int, default=2, help="of each side")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--turn", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


# table ---------------------------------------------------------------------------------------------------------------
def row(n: int, found: dict[str, Turns], above: tuple[int, dict[str, Turns]] | None, agreed: list[float]) -> str:
    least = {side: min(turns.seconds) for side, turns in found.items()}
    seconds = "".join(f"{least[side]:10.2f}" for side in SIDES)
    memory = "".join(f"{max(found[side].memory):10.0f}" for side in ("ours", "faiss"))
    growth = "".join(
        f"{math.log(least[side] / min(above[1][side].seconds)) / math.log(n / above[0]):9.2f}" if above else f"{'':9}"
        for side in ("ours", "faiss")
    )
    shares = "".join(f"{share:10.4%}" for share in agreed)
    rounds = zip(found["faiss"].seconds, found["ours"].seconds, strict=True)
    ratios = " ".join(f"{theirs / ours:.2f}" for theirs, ours in rounds)
    return f"{n:8,}{seconds}{memory}   {growth}   {shares}   {least['faiss'] / least['ours']:.2f} ({ratios})"


def agreement(folder: Path) -> list[float]:
    """Share of equal neighbours, of equal similarities, of equal pairs."""
    ours, theirs = (np.load(folder / f"{side}.npz") for side in ("ours", "faiss"))
    equal = [ours[name] == theirs[name] for name in ("arr_1", "arr_3")]
    close = [np.abs(ours[name] - theirs[name]) <= SAME for name in ("arr_0", "arr_2")]
    return [float(np.concatenate(both).mean()) for both in (equal, close)] + [
        float((ours["arr_4"] == theirs["arr_4"]).mean())
    ]


def run(side: str, n: int, args: argparse.Namespace, folder: Path, turns: Turns) -> None:
    """One turn in a process of its own; what it found lies in the folder."""
    given = {"turn": side, "sizes": n, "width": args.width, "threads": args.threads, "seed": args.seed}
    command = [sys.executable, __file__, "--out", str(folder / side)]
    command += [part for name, value in given.items() for part in (f"--{name}", str(value))]
    environment = os.environ | {"OMP_NUM_THREADS": str(args.threads), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    told = json.loads(done.stdout)
    turns.seconds.append(told["seconds"])
    turns.memory.append(told["memory"])


# one turn ------------------------------------------------------------------------------------------------------------
def turn(side: str, n: int, args: argparse.Namespace) -> None:
    """Mine, in this process; print seconds and MB."""
    x, y = sentences(n, args.width, np.random.default_rng(args.seed))
    mine = {"ours": ours, "faiss": by_faiss, "products": products}[side](args.threads)
    mine(x[:WARM], y[:WARM])
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    started = time.perf_counter()
    found = mine(x, y)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "memory": resident("VmHWM") - before}))
    np.savez(args.out, *found)


def sentences(n: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of two languages."""

    def drawn(rows: int) -> np.ndarray:
        return rng.standard_normal((rows, width), dtype=np.float32)

    def unit(vectors: np.ndarray) -> np.ndarray:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    topics = drawn(max(1, n // PER_TOPIC)) + drawn(1)
    x, y = (topics[rng.integers(len(topics), size=n)] + drawn(n) for _ in "xy")
    third = n // 3
    places = rng.permutation(n)[:third]
    y[places] = x[rng.permutation(n)[:third]] + 0.7 * drawn(third)
    return unit(x), unit(y)


def resident(name: str) -> float:
    """MB that /proc says under this name."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


Side = Callable[[np.ndarray, np.ndarray], Found]


def ours(threads: int) -> Side:
    import torch

    from xstilts.neighbours import paired, top_both

    torch.set_num_threads(threads)

    def mine(x: np.ndarray, y: np.ndarray) -> Found:
        found = top_both(x, y, K, device="cpu")
        return *found, paired(found[:2], found[2:]).best

    return mine


def by_faiss(threads: int) -> Side:
    import faiss

    from xstilts.neighbours import paired

    faiss.omp_set_num_threads(threads)

    def search(queries: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat = faiss.IndexFlatIP(index.shape[1])
        flat.add(index)
        similarities, positions = flat.search(queries, K)
        return similarities, positions

    def mine(x: np.ndarray, y: np.ndarray) -> Found:
        forth, back = search(x, y), search(y, x)
        return *forth, *back, paired(forth, back).best

    return mine


def products(threads: int) -> Side:
    import torch

    torch.set_num_threads(1)

    def multiply(x: np.ndarray, y: np.ndarray) -> Found:
        columns = torch.from_numpy(y).split(TILE)

        def work(rows: torch.Tensor) -> None:
            place = torch.empty(len(rows), TILE)
            for some in columns:
                torch.mm(rows, some.T, out=place[:, : len(some)])

        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(work, torch.from_numpy(x).split(TILE)))
        return ()

    return multiply


if __name__ == "__main__":
    main()
