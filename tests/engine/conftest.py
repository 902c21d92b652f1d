"""What tests share that compute with tensors."""

import os

import pytest
import torch
import torch.distributed as dist

from xstilts.engine import ranks

torch.set_num_threads(1)  # tests may run beside other work, and threads that wait for a core cost more than they bring


@pytest.fixture(scope="session")
def group():
    """A process group of one, for the whole session, since DeepSpeed keeps the first that it meets; its variables."""
    before = dict(os.environ)
    ranks.start()
    own = {name: value for name, value in os.environ.items() if before.get(name) != value}
    for name in own:
        os.environ.pop(name)
    yield own
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def alone(group):
    """A rank of its own. The variables go again after the module: processes of other tests would take them on."""
    os.environ.update(group)
    yield
    for name in group:
        os.environ.pop(name, None)
