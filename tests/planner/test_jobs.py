"""Pending jobs get their kind, their estimate and the jobs that they wait for."""

import pytest
from pending_jobs import TARGETS, Known, chain_and_crowd, pending, taking

from xstilts.planner.jobs import jobs_of
from xstilts.planner.kinds import KINDS, ORDER


def test_each_job_comes_after_those_that_it_waits_for():
    jobs = chain_and_crowd()
    assert all(need < place for place, job in enumerate(jobs) for need in job.needs)
    by_id = {job.pending.id: job for job in jobs}
    assert [jobs[one].pending.id for one in by_id[3].needs] == [2]  # "old" exists: nothing pending makes it
    assert sorted(jobs[one].pending.id for one in by_id[0].needs) == [3, 10, 11, 12, 13]


def test_a_rule_that_only_collects_takes_nothing():
    collecting = chain_and_crowd()[-1]
    assert collecting.pending.rule == "all" and not collecting.works and collecting.estimate.seconds == 0
    assert collecting.kind == "tidying up"


def test_training_for_a_target_is_a_kind_of_its_own():
    one = pending(1, "checkpoints/b/s1/mnli/digest", parent="b/s1", stage="mnli")
    other = pending(2, "checkpoints/b/s1/mnli/xnli/digest", parent="b/s1/mnli", stage="xnli")
    jobs = jobs_of([one, other], Known(), TARGETS)
    assert [job.kind for job in jobs] == ["intermediate training", "target training"]
    assert jobs[1].name == "b/s1/mnli/xnli"


@pytest.mark.parametrize("rule", [*KINDS, "somebody_elses_rule"])
def test_every_kind_has_a_row(rule):
    assert jobs_of([pending(1, "made", rule=rule)], Known(), frozenset())[0].kind in ORDER


def test_cores_are_those_that_a_job_keeps_busy_whatever_a_dry_run_scales_threads_to():
    jobs = jobs_of([pending(1, "two")], Known(two=taking(100, cpu_seconds=205)), frozenset())
    assert jobs[0].pending.threads == 1 and jobs[0].cores == 2
