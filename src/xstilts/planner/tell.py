"""What the logger plugin prints at the end of a dry-run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from xstilts.config.site import Site
from xstilts.gpus import gpus_here
from xstilts.plan import opened
from xstilts.planner.document import write
from xstilts.planner.forecast import forecast
from xstilts.planner.jobs import Job, Pending, jobs_of
from xstilts.planner.machine import Machine, site_machine, this_machine
from xstilts.planner.table import rendered

NOTHING = "\nPending work, as planned: none.\n"


class Settings(Protocol):
    """The plugin's settings that say what the plan is for."""

    cluster: bool
    cores: int | None
    gpus: int | None


def tell(found: Iterable[tuple[Any, ...]], json: Path | None, csv: Path | None, settings: Settings) -> str:
    """The plan as text; its files are written as well.

    found   of each pending job: id, rule, wildcards, inputs, outputs, threads, priority
    Cost: about 0.1 ms a job, beside its estimate.
    """
    plan = opened()
    if plan is None:
        return ""
    site, targets = plan.costs.site, frozenset(map(str, plan.checkpoints.files("targets")))
    jobs = jobs_of([Pending(*one) for one in found], plan.costs, targets)
    made = forecast(jobs, _machine(jobs, settings, site), site, plan.results)
    write(made, json, csv)
    return rendered(made) if jobs else NOTHING


def _machine(jobs: Sequence[Job], settings: Settings, site: Site) -> Machine:
    if settings.cluster:
        return site_machine(site)
    gpus = settings.gpus
    if gpus is None:  # asking the driver takes its time
        gpus = len(gpus_here()) if any(job.estimate.gpus for job in jobs) else 0
    return this_machine(settings.cores, gpus)
