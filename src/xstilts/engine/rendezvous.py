"""Ranks that nobody introduced find each other through a file on the disk that they share: no port is fixed.

Rank 0 listens where the system lets it, and leaves its addresses and port in a file; the others read it and come.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from torch.distributed import TCPStore  # type: ignore[attr-defined]

from xstilts.errors import UserError
from xstilts.files import write_text

PATIENCE = 300.0  # seconds: nodes start minutes apart when the file system is busy
KNOCK = 2.0  # seconds that an address has to answer
ANSWER = 10.0  # seconds that a store has to answer: its node may be busy
LOOK = 0.2  # seconds between two looks


def meet(rank: int, ranks: int, folder: Path, patience: float = PATIENCE) -> Any:
    """The store that all ranks share; a UserError where they do not come together in time.

    A file of an earlier attempt under the same job and step leads nowhere, or to a store with another token.
    """
    steps = "-".join(os.environ.get(name, "0") for name in ("SLURM_JOB_ID", "SLURM_STEP_ID"))
    file = folder / f".meeting-{steps}.json"
    until = time.monotonic() + patience
    if rank:
        return _come(rank, ranks, file, until)
    folder.mkdir(parents=True, exist_ok=True)
    return _receive(ranks, file, patience, until)


def _receive(ranks: int, file: Path, patience: float, until: float) -> Any:
    token = uuid.uuid4().hex
    store = TCPStore("localhost", 0, ranks, is_master=True, wait_for_workers=False)
    store.set("token", token)
    write_text(file, json.dumps({"token": token, "port": store.port, "addresses": list(addresses())}))
    try:
        while (here := 1 + store.add("here", 0)) < ranks:
            if time.monotonic() > until:
                raise UserError(
                    f"{here} of {ranks} ranks came together in {patience:.0f} s, rank 0 on node {socket.gethostname()} "
                    f"among them. Do all nodes see {file.parent}, and may they open connections to each other?"
                )
            time.sleep(LOOK)
    finally:
        file.unlink(missing_ok=True)
    return store


def _come(rank: int, ranks: int, file: Path, until: float) -> Any:
    found: Any = None
    while time.monotonic() < until:
        with contextlib.suppress(OSError, ValueError, LookupError):
            found = json.loads(file.read_text(encoding="utf-8"))
            for address in found["addresses"]:
                store = _knock(address, found["port"], found["token"], ranks)
                if store is not None:
                    store.add("here", 1)
                    return store
        time.sleep(LOOK)
    here = socket.gethostname()
    what = f"none of {', '.join(found['addresses'])} let it in" if found else f"there was no {file}"
    raise UserError(
        f"rank {rank} on node {here} did not find rank 0: {what}. Do all nodes see {file.parent}, and may they open "
        "connections to each other?"
    )


def _knock(address: str, port: int, token: str, ranks: int) -> Any:
    """Rank 0's store, if that is what answers at an address.

    Where something else takes the connection and is silent, torch's store would wait for ever, whatever its timeout.
    """
    found: list[Any] = []

    def ask() -> None:
        with contextlib.suppress(OSError, RuntimeError):
            socket.create_connection((address, port), KNOCK).close()
            store = TCPStore(address, port, ranks, is_master=False, timeout=timedelta(seconds=ANSWER))
            if store.get("token").decode() == token:
                found.append(store)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWER)
    return found[0] if found else None


def addresses() -> Iterator[str]:
    """Where this node may be reached, the likeliest first: its own names and numbers; the loopback last."""
    name = socket.gethostname()
    found = [name]
    with contextlib.suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("10.255.255.255", 1))  # sends nothing, and shows by which interface it would go
        found.append(probe.getsockname()[0])
    yield from sorted(dict.fromkeys(found), key=lambda one: one.startswith(("127.", "::1")))
