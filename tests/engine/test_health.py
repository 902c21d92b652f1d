"""Nodes that are not fit to train together are named before the training begins, on all ranks alike."""

import shutil
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
from pair import on_ranks

from xstilts.engine import health
from xstilts.errors import UserError

CPU = torch.device("cpu")


def checked(folder, same):
    """What the check says; "" where all is well."""
    try:
        health.check_health(CPU, folder, same[dist.get_rank()])
    except UserError as error:
        return str(error)
    return ""


def test_sound_nodes_pass_and_leave_nothing_behind(tmp_path):
    assert on_ranks(2, checked, tmp_path / "states", [{"torch": "1"}] * 2) == ["", ""]
    assert list((tmp_path / "states").iterdir()) == []


def test_ranks_that_disagree_are_named_on_all_of_them(tmp_path):
    said = on_ranks(2, checked, tmp_path, [{"torch": "1", "data": "a"}, {"torch": "2", "data": "a"}])
    assert said[0] == said[1]
    assert "rank 1 on node" in said[0] and "has torch 2, rank 0 on node" in said[0] and "data" not in said[0]


def apart(folder):
    """Each rank looks into a folder of its own, as where results lie on local disks."""
    health.WAIT = 0.5
    return checked(folder / str(dist.get_rank()), [{}, {}])


def test_a_folder_that_is_not_shared_is_noticed(tmp_path):
    (tmp_path / "1").mkdir()
    said = on_ranks(2, apart, tmp_path)
    assert "rank 1 on node" in said[0] and "must lie on a disk that all nodes share" in said[0] and said[0] == said[1]


def miscalculating():
    """The second rank's device multiplies wrongly."""
    if dist.get_rank() == 1:
        health.torch = SimpleNamespace(arange=torch.arange, equal=lambda *_: False)
    return checked(None, [{}, {}])


def test_a_device_that_multiplies_wrongly_is_left_out():
    said = on_ranks(2, miscalculating)
    assert "rank 1 on node" in said[0] and "multiplies matrices wrongly" in said[0] and "rank 0 on node" not in said[0]


def test_a_full_disk_is_noticed(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: usage._replace(free=int(5e8)))
    (tmp_path / ".seen-x").touch()
    assert [*health.folder_problems(tmp_path, tmp_path / ".seen-x")] == [f"{tmp_path} has 0.50 GB of room left"]


@pytest.mark.parametrize("free, problems", [(79e9, 0), (40e9, 1)])
def test_a_gpu_that_somebody_else_is_on_is_noticed(free, problems, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, 80e9))
    monkeypatch.setattr(torch.Tensor, "to", lambda self, _: self)
    found = [*health.device_problems(torch.device("cuda", 2))]
    assert len(found) == problems
    assert not problems or "GPU 2 has 40.0 of 80.0 GB free" in found[0]
