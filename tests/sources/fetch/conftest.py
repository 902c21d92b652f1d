"""Local servers instead of the network, and no waiting between tries."""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from servers import Hub, Server

ROOT = Path(__file__).parents[3]
QUICK = (0.0, 0.0, 0.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("xstilts.sources.fetch.errors.PAUSES", QUICK)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def hub_and_client(tmp_path_factory):
    """A hub, and a process whose real clients take it for the hub: they read its address when they are imported."""
    hub = Hub()
    home = tmp_path_factory.mktemp("hub")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "HF_TOKEN": "hf_secret"}
    client = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("client.py")],
        env=environment | {"PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield hub, client
    client.stdin.close()
    client.wait(10)
    hub.close()


class Client:
    """Fetches in the other process; an error is its message."""

    def __init__(self, hub, process):
        self.hub, self.process = hub, process

    def __call__(self, kind, spec, out):
        print(json.dumps([kind, spec.text(), str(out)]), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="session")
def numbers():
    return count()


@pytest.fixture
def hub(hub_and_client):
    hub = hub_and_client[0]
    hub.asked.clear()
    hub.faults.clear()
    return hub


@pytest.fixture
def client(hub_and_client):
    return Client(*hub_and_client)


@pytest.fixture
def name(numbers):
    """A repository of this test alone: the clients remember what they have seen."""
    return f"owner/data{next(numbers)}"
