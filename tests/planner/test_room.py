"""Disk: what is needed at a time is more than what stays, where jobs save states and weights are pruned."""

from pending_jobs import Known, pending, taking

from xstilts.planner.course import simulated
from xstilts.planner.jobs import jobs_of
from xstilts.planner.machine import Machine
from xstilts.planner.room import Room, room_of

ONE_AT_A_TIME = Machine(gpus=1, jobs=1, cores=None, memory=1e12, gpus_per_node=1)


def planned(*, prune: bool, chained: bool = False, machine: Machine = ONE_AT_A_TIME) -> Room:
    """Three targets with 2 bytes of weights that save 10 on their way, and 1 of predictions each; maybe in a row."""
    found, estimates = [], {}
    for i in range(3):
        found += [
            pending(10 * i, f"t{i}", *([f"p{i - 1}"] if chained else []), node=f"n{i}"),
            pending(10 * i + 1, f"p{i}", f"t{i}", rule="predict_target", node=f"n{i}", target="xnli"),
        ]
        found += [pending(10 * i + 2, f"gone{i}", f"p{i}", rule="prune_weights", node=f"n{i}")] if prune else []
        estimates[f"n{i}"] = taking(100, disk=2, scratch=10)

    class Both(Known):
        def of(self, rule, wildcards):
            return taking(10, disk=1) if rule == "predict_target" else super().of(rule, wildcards)

    jobs = jobs_of(found, Both(**estimates), frozenset())
    return room_of(jobs, simulated(jobs, machine))


def test_scratch_goes_when_its_job_ends():
    assert planned(prune=False).kept == 3 * 2 + 3 * 1
    assert 10 + 2 * 2 <= planned(prune=False).peak <= 10 + 2 * 3


def test_pruned_weights_do_not_stay():
    assert planned(prune=True, chained=True) == Room(peak=2 * 1 + 10, kept=3 * 1)
    assert planned(prune=False, chained=True) == Room(peak=2 * 3 + 10, kept=3 * 3)


def test_more_jobs_at_a_time_need_more_room():
    wide = Machine(gpus=3, jobs=3, cores=None, memory=1e12, gpus_per_node=3)
    assert planned(prune=True, machine=wide).peak == 30
