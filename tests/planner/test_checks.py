"""What will go wrong is said with what to do; what is right is not mentioned."""

from dataclasses import replace

from pending_jobs import Known, pending, taking

from xstilts.cost.estimate import Memory
from xstilts.planner.checks import Limits, elsewhere, notes, savings, warnings
from xstilts.planner.jobs import Job, jobs_of
from xstilts.planner.machine import Machine
from xstilts.planner.room import Room

CLUSTER = Machine(gpus=16, jobs=64, cores=None, memory=256e9, gpus_per_node=4, longest=24 * 3600.0)
LIMITS = Limits(CLUSTER, disk=100e9, disk_of="the disk of results/real", gpu="a100-40gb", gpu_memory=40e9)
ROOM = Room(peak=90 * 10**9, kept=10**9)


def job(seconds: float = 60, rule: str = "train_checkpoint", **more) -> Job:
    return jobs_of([pending(1, "b/s1/mnli", rule=rule)], Known(**{"b/s1/mnli": taking(seconds, **more)}), frozenset())[
        0
    ]


def test_a_plan_that_goes_well_warns_of_nothing():
    full = job(24 * 3600, gpus=4, memory=190 * 10**9, gpu_memory=Memory(weights=40 * 10**9))
    assert warnings([full], ROOM, LIMITS) == []


def test_what_does_not_fit_on_the_gpu_is_said_with_the_zero_stage_that_does():
    over = job(
        gpus=4, gpu_memory=Memory(weights=41 * 10**9), notes=("needs 41.0 GB of a GPU's memory; zero: 3 would fit",)
    )
    (said,) = warnings([over, over, job()], ROOM, LIMITS)
    assert "a100-40gb, 40.0 GB" in said and "2 jobs" in said and "41.0 GB" in said and "Zero: 3 would fit" in said


def test_a_job_longer_than_the_time_limit_is_resumed_as_often_as_it_takes():
    (said,) = warnings([job(60 * 3600)], ROOM, LIMITS)
    assert "2 d 12 h" in said and "2 times" in said and "`retries` in profiles/slurm must be 2 or more" in said
    (said,) = warnings([job(60 * 3600, rule="score_target")], ROOM, LIMITS)
    assert "cannot go on" in said and "longest_minutes" in said


def test_fetching_is_bound_by_no_limit_of_the_cluster():
    assert warnings([job(60 * 3600, rule="fetch_release", memory=10**12)], ROOM, LIMITS) == []


def test_a_job_that_slurm_would_refuse_is_said():
    (said,) = warnings([job(memory=200 * 10**9)], ROOM, LIMITS)  # asks for 1.3 times that
    assert "260 GB" in said and "node_memory_gb" in said
    (said,) = warnings([job(gpus=8)], ROOM, LIMITS)
    assert "`nodes: 2`" in said
    (said,) = warnings([job(gpus=32, nodes=8)], ROOM, LIMITS)
    assert "gpus_in_flight" in said
    assert warnings([job(gpus=8, nodes=2)], ROOM, LIMITS) == []


def test_a_disk_that_will_be_full_is_said_and_pruning_is_offered_where_there_is_none():
    full = Room(peak=120 * 10**9, kept=110 * 10**9)
    (said,) = warnings([job()], full, LIMITS)
    assert "120 GB at a time" in said and "the disk of results/real" in said and "keep_target_weights" in said
    (said,) = warnings([job(), job(rule="prune_weights")], full, LIMITS)
    assert "keep_target_weights" not in said


def test_what_is_not_known_is_said():
    (said,) = warnings([job(source="not known")], ROOM, LIMITS)
    assert "Not known" in said and "intermediate training b/s1/mnli" in said


def test_this_machine_has_no_time_limit_but_a_memory():
    here = replace(LIMITS, machine=Machine(0, None, 2, memory=8e9, gpus_per_node=0, cluster=False))
    (said,) = warnings([job(10**6, memory=9 * 10**9)], ROOM, here)
    assert "this machine has (8.0 GB)" in said and "9.0 GB" in said
    assert "--profile slurm" in elsewhere([job(gpus=4)], here.machine)


def test_equal_notes_are_said_once_with_their_number():
    noted = [job(notes=("rows of 9 tokens",)), job(notes=("rows of 12.5 tokens", "no bf16 here")), job()]
    said = notes(noted)
    assert len(said) == 2 and "2 jobs" in said[0] and said[1].startswith("No bf16 here")
    many = notes([job(notes=("assumed: " + "x" * i,)) for i in range(9)])
    assert len(many) == 7 and "--logger-xstilts-json" in many[-1]


def test_what_the_warnings_are_of_is_no_note_as_well():
    assert notes([job(notes=("needs 300 GB of a node's memory",))]) == []


def test_trainings_that_would_do_with_fewer_gpus_are_said_if_it_is_worth_it():
    alone = taking(9000, gpus=1, gpu_memory=Memory(weights=14 * 10**9))
    several = job(3600, gpus=4, alone=alone)
    (said,) = savings([several, several, job(gpus=4)])
    assert "5 instead of 8" in said and "14.0 GB" in said and "2 jobs" in said and "2 h 30 min" in said
    assert [*savings([job(3600, gpus=4, alone=replace(alone, seconds=3.5 * 3600))])] == [*savings([])] == []
