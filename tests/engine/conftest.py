"""What tests share that compute with tensors."""

import os

import pytest
import torch
import torch.distributed as dist

from xstilts.engine import ranks

torch.set_num_threads(1)  # tests may run beside other work, and threads that wait for a core cost more than they bring


@pytest.fixture(scope="module")
def alone():
    """A process group of one, and afterwards the environment as it was: processes of other tests would take it on."""
    before = dict(os.environ)
    ranks.start()
    yield
    dist.destroy_process_group()
    os.environ.clear()
    os.environ.update(before)
