"""The longest chain, and a simulated run that never asks for more than there is."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pending_jobs import Known, chain_and_crowd, pending, taking

from xstilts.planner.course import critical_path, simulated
from xstilts.planner.jobs import Job, jobs_of
from xstilts.planner.machine import Machine

CLUSTER = Machine(gpus=4, jobs=8, cores=None, memory=1e12, gpus_per_node=4, longest=86400.0)
HERE = Machine(gpus=0, jobs=None, cores=2, memory=1e12, gpus_per_node=0, cluster=False)


def test_the_critical_path_is_the_longest_chain():
    jobs = chain_and_crowd(a=taking(10), b=taking(20), c=taking(5), x0=taking(30), x1=taking(1))
    jobs = [replace(job, estimate=taking(1)) if job.name in ("x2", "x3") else job for job in jobs]
    assert [jobs[place].name for place in critical_path(jobs)] == ["a", "b", "c", "all"]


@pytest.mark.parametrize(("gpus", "hours"), [(1, 7), (2, 4), (3, 3), (4, 3)])
def test_seven_hours_of_work_take_as_long_as_the_gpus_allow(gpus, hours):
    """Seven jobs of an hour, three of them one after the other."""
    course = simulated(chain_and_crowd(), replace(CLUSTER, gpus=gpus))
    assert course.seconds == hours * 3600


def test_jobs_in_flight_are_a_limit_of_their_own():
    assert simulated(chain_and_crowd(), replace(CLUSTER, gpus=99, jobs=1)).seconds == 7 * 3600


def test_this_machine_shares_out_its_cores():
    estimates = {name: taking(100, cpu_seconds=200) for name in ("a", "b", "c", "x0", "x1", "x2", "x3")}
    assert simulated(chain_and_crowd(**estimates), HERE).seconds == 700
    assert simulated(chain_and_crowd(**estimates), replace(HERE, cores=4)).seconds == 400


def test_a_job_that_asks_for_more_than_there_is_gets_what_there_is():
    jobs = jobs_of([pending(1, "big")], Known(big=taking(60, gpus=16)), frozenset())
    assert simulated(jobs, CLUSTER).seconds == 60


def test_nothing_pending_takes_no_time():
    assert simulated([], CLUSTER).seconds == 0 and critical_path([]) == []


@st.composite
def works(draw: st.DrawFn) -> list[Job]:
    count = draw(st.integers(1, 25))
    found, estimates = [], {}
    for i in range(count):
        needs = draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set()
        found.append(pending(i, f"f{i}", *(f"f{need}" for need in needs)))
        estimates[f"f{i}"] = taking(draw(st.integers(1, 50)), gpus=draw(st.integers(0, 4)))
    return jobs_of(found, Known(**estimates), frozenset())


@given(works())
@settings(max_examples=80)
def test_a_simulated_run_obeys_waits_and_limits_and_wastes_little(jobs):
    course = simulated(jobs, CLUSTER)
    for place, job in enumerate(jobs):
        assert course.ends[place] == course.starts[place] + job.estimate.seconds
        assert all(course.ends[need] <= course.starts[place] for need in job.needs)
    for now in course.starts:
        running = [job for job, s, e in zip(jobs, course.starts, course.ends, strict=True) if s <= now < e]
        assert len(running) <= 8 and sum(job.estimate.gpus for job in running) <= 4
    chain = sum(jobs[place].estimate.seconds for place in critical_path(jobs))
    gpus = sum(job.estimate.seconds * job.estimate.gpus for job in jobs) / 4
    assert max(chain, gpus) <= course.seconds <= sum(job.estimate.seconds for job in jobs)


def test_twenty_thousand_jobs_are_simulated_in_seconds():
    rng, count = random.Random(1), 20_000
    found = [
        pending(i, f"f{i}", *(f"f{rng.randrange(max(0, i - 3000), i)}" for _ in range(min(i, 4)))) for i in range(count)
    ]
    estimates = {f"f{i}": taking(rng.randrange(1, 9999), gpus=rng.choice([0, 1, 2, 4])) for i in range(count)}
    began = time.process_time()
    jobs = jobs_of(found, Known(**estimates), frozenset())
    course = simulated(jobs, replace(CLUSTER, gpus=16, jobs=64))
    assert time.process_time() - began < 5  # about 0.5 s, with room for a busy machine
    assert course.seconds >= sum(job.estimate.seconds for job in (jobs[place] for place in critical_path(jobs)))
