"""Ranks that srun started find each other by a file, whatever ports are taken, and say so where they can't."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from test_launch import SRUN

from xstilts.engine import rendezvous
from xstilts.errors import UserError

TASK = """
import sys
from pathlib import Path
from xstilts.config.spec import StageSpec
from xstilts.engine import ranks
ranks.start(StageSpec(name="stage", parts=(), lr=1.0, batch=8, ranks=2), Path(sys.argv[1]))
print("the sum is", ranks.total_over_ranks(1.0 + ranks.dist.get_rank()))
ranks.dist.barrier()
ranks.dist.destroy_process_group()
"""


def tasks(folder: Path, *which: int) -> list[subprocess.Popen[str]]:
    """Processes as srun would start them."""
    source = Path(rendezvous.__file__).parents[2]
    common = {name: value for name, value in os.environ.items() if not name.startswith(("MASTER_", "RANK", "WORLD_"))}
    common |= SRUN | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [sys.executable, "-c", TASK, str(folder)],
            env=common | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in which
    ]


def test_tasks_of_srun_meet_though_an_earlier_attempt_left_its_file(tmp_path):
    with socket.create_server(("localhost", 0)) as deaf:  # a port that takes connections and never answers
        left = {"token": "old", "port": deaf.getsockname()[1], "addresses": ["localhost"]}
        (tmp_path / ".meeting-7-1.json").write_text(json.dumps(left))
        second = tasks(tmp_path, 1)
        deaf.accept()  # it has read the file, and knocks
        first = tasks(tmp_path, 0)
        for one in first + second:
            said, error = one.communicate(timeout=120)
            assert one.returncode == 0, error
            assert said == "the sum is [3.0]\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rank, says", [(0, "1 of 2 ranks came together"), (1, "did not find rank 0: there was no")])
def test_a_rank_that_waits_in_vain_says_where_it_looked(rank, says, tmp_path):
    with pytest.raises(UserError) as error:
        rendezvous.meet(rank, 2, tmp_path, patience=0.3)
    assert says in str(error.value) and str(tmp_path) in str(error.value) and socket.gethostname() in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_node_names_itself_before_its_loopback():
    found = list(rendezvous.addresses())
    assert found[0] == socket.gethostname() or found[0][0].isdigit()
    loopback = [one.startswith(("127.", "::1")) for one in found]
    assert loopback == sorted(loopback)
