"""Real ranks for tests: processes that join by gloo and hand back what a function found on each of them."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.distributed as dist

# Ranks are forked from a process that has imported all this once, so that a pair costs a fraction of a second.
CONTEXT = multiprocessing.get_context("forkserver")
SLOW = ["torch._dynamo", "deepspeed.runtime.zero.stage3", "deepspeed.runtime.zero.muon.muon_optimizer"]
CONTEXT.set_forkserver_preload(["transformers", *SLOW, "xstilts.engine.state", "xstilts.engine.train"])


def on_ranks(ranks: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What `function(*arguments)` returns on each of so many ranks; it must be one that can be pickled, by its name."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        processes = [CONTEXT.Process(target=_rank, args=(r, ranks, folder, function, arguments)) for r in range(ranks)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(120)
        errors = "\n".join(file.read_text() for file in folder.glob("*.txt"))
        assert [process.exitcode for process in processes] == [0] * ranks, errors
        return [pickle.loads((folder / f"{rank}.pickle").read_bytes()) for rank in range(ranks)]


def _rank(rank: int, ranks: int, folder: Path, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    gc.freeze()  # DeepSpeed collects garbage now and then, which would go through all that is imported
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(ranks)}
    logging.getLogger("DeepSpeed").setLevel(logging.ERROR)
    logging.getLogger("xstilts").setLevel(logging.WARNING)
    try:
        dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks)
        found = function(*arguments)
        (folder / f"{rank}.pickle").write_bytes(pickle.dumps(found))
        dist.barrier()
        dist.destroy_process_group()
    except BaseException:
        (folder / f"{rank}.txt").write_text(traceback.format_exc())
        os._exit(1)
