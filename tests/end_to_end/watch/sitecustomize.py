"""Loaded by every Python that a test starts: notes and refuses attempts to reach another machine."""

import os
import sys
from pathlib import Path

LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "", None}


def watch(event: str, arguments: tuple) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a socket of this machine
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        host = host.decode() if isinstance(host, bytes) else host
    else:
        return
    if host in LOCAL or host == os.uname().nodename or str(host).startswith("127."):
        return
    with Path(os.environ["XSTILTS_CONNECTIONS"]).open("a") as file:
        file.write(f"{event} {host} {' '.join(sys.argv[:2])}\n")
    raise OSError(f"no connection to {host}: this test allows none")


if "XSTILTS_CONNECTIONS" in os.environ:
    sys.addaudithook(watch)
