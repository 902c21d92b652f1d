"""Snakemake's Slurm executor, with three things more (docs/cluster.md):

- a Snakemake that was killed leaves its Slurm jobs behind. The next one goes on with those that do what it would
  submit: it waits for the ones that run, and takes what others have finished meanwhile. The rest it cancels;
- rules of many small jobs are submitted as arrays of those that are ready now, and alike in what they ask for. The
  executor underneath waits for more of them;
- jobs with GPUs may have a partition of their own.

It also asks Slurm itself how jobs are. The executor underneath (2.8.0) takes the state of an array's last task for that
of all, and waits for ever for a job that was cancelled, which accounting calls `CANCELLED by <user>`.
"""

import asyncio
import hashlib
import shlex
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from snakemake_executor_plugin_slurm import Executor as SlurmExecutor
from snakemake_executor_plugin_slurm import ExecutorSettings as SlurmSettings
from snakemake_executor_plugin_slurm import common_settings as common_settings
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from snakemake_executor_plugin_xstilts_slurm.ledger import Entry, Ledger
from snakemake_executor_plugin_xstilts_slurm.queue import LIVE, LOST, TAKEN, SlurmError, cancel, known_jobs, live_jobs

REQUEUE = 300.0  # seconds in which Slurm must start a job again whose node it lost
FOLDER = Path(".snakemake/xstilts-slurm")
ASKED = (
    *("slurm_partition", "slurm_account", "constraint", "qos", "slurm_extra", "gres", "mem_mb", "runtime", "nodes"),
    *("tasks", "tasks_per_node", "tasks_per_gpu", "cpus_per_task", "mpi"),
)
"""What sbatch is told of a job: tasks of one array must have it alike."""


@dataclass
class ExecutorSettings(SlurmSettings):
    """Those of the Slurm executor, under this plugin's prefix, and two more."""

    gpu_partition: Optional[str] = field(  # noqa: UP045  (Snakemake makes an option of it, and reads no other form)
        default=None, metadata={"help": "Partition of jobs that ask for GPUs, where it is another one."}
    )
    longest_between_status_checks: int = field(
        default=60,
        metadata={"help": "Seconds after which Slurm is asked again at the latest; underneath it grows to 180."},
    )


class Executor(SlurmExecutor):  # type: ignore[misc]
    """Submits by sbatch; remembers on disk what it submitted."""

    def __post_init__(self, test_mode: bool = False) -> None:
        super().__post_init__(test_mode)
        self.ledger = Ledger(FOLDER)
        prefix = self.workflow.executor_settings.jobname_prefix
        self.run_uuid = f"{prefix}_{self.ledger.run}" if prefix else self.ledger.run
        self.began = time.time()
        self.taken: dict[str, float] = {}
        self.logger.info(f"Slurm jobs of this folder have the name {self.run_uuid}.")
        self.left = dict(self.ledger.open)
        with _said_to_user():
            self.live = live_jobs(self.run_uuid)
            known = {entry.job for entry in self.left.values()}
            # Killed between sbatch and the line in the ledger: what they work on is not known.
            self._cancel([job for job in self.live if job not in known])
            first = min((entry.submitted for entry in self.left.values()), default=0.0)
            self.past = known_jobs(self.run_uuid, first) if self.left else {}
        self._note_finished()

    def _cancel(self, jobs: list[str]) -> None:
        if jobs:
            self.logger.warning(f"Cancelling Slurm jobs that an earlier Snakemake left: {', '.join(jobs)}")
            cancel(self.run_uuid, jobs)

    def _note_finished(self) -> None:
        """Write down of which parameters and code results are that were finished while nobody watched.

        Their jobs left no mark that they are incomplete, so Snakemake takes them as they are; without this it would
        never see that something changed that they come from.
        """
        others = []
        for job in self.workflow.dag.jobs if self.left else ():
            entry = self.left.get(_key(job)) if job.output else None
            if entry is None or self.workflow.dag.needrun(job) or entry.job in self.live:
                continue
            if entry.command != _command(job):
                others.append(entry.output)
                continue
            self.workflow.async_run(self.workflow.persistence.finished(job))
            self.left.pop(entry.output)
            self.ledger.ended(entry.output)
        if others:
            raise WorkflowError(
                "Slurm jobs of an earlier Snakemake have finished results with other parameters or code than they have "
                f"now. To make these again, add --forcerun {' '.join(others)}"
            )

    def run_jobs(self, jobs: list[Any]) -> None:
        wanted = [job for job in jobs if not self._taken_over(job)]
        left = [entry for job in wanted if (entry := self.left.pop(_key(job), None))]
        with _said_to_user():
            self._cancel([entry.job for entry in left if entry.job in self.live])
        for entry in left:
            self.ledger.ended(entry.output)
        groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for job in wanted:
            groups[self._kind(job)].append(job)
        for group in groups.values():
            if len(group) > 1 and {group[0].name, "all"} & self.array_jobs and not group[0].is_group():
                self._submit_array_jobs(group)
            else:
                for job in group:
                    self._submit_job(job)

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        super().report_job_submission(job_info, register_job)
        job, slurm = job_info.job, str(job_info.external_jobid)
        if "_" in slurm:  # all tasks of an array write beside each other, whatever the executor underneath says
            job_info.aux = {"slurm_logfile": self.slurm_logdir / f"rule_{job.name}" / f"{slurm}.log"}
        log = str((job_info.aux or {}).get("slurm_logfile", ""))
        self.ledger.submitted(Entry(_key(job), slurm, _command(job), time.time(), log))

    def handle_job_success(self, job: Any) -> None:
        """Its outputs have been looked at, and its parameters are written down."""
        self.ledger.ended(_key(job))
        super().handle_job_success(job)

    def handle_job_error(self, job: Any) -> None:
        self.ledger.ended(_key(job))
        super().handle_job_error(job)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        settings, ended = self.workflow.executor_settings, False
        soonest, longest = settings.init_seconds_before_status_checks, settings.longest_between_status_checks
        if not active_jobs:  # asked for the first time before __post_init__ has run
            self.next_seconds_between_status_checks = min(soonest, longest)
            return
        first = min([self.began, *(entry.submitted for entry in list(self.ledger.open.values()))])
        states = await asyncio.to_thread(known_jobs, self.run_uuid, first)
        for job in active_jobs:
            slurm, log = str(job.external_jobid), Path((job.aux or {})["slurm_logfile"])
            state = states.get(slurm, "PENDING")  # too new for accounting to know of it
            if state == "COMPLETED":
                self.report_job_success(job)
                if not settings.keep_successful_logs:
                    log.unlink(missing_ok=True)
            elif state in LOST or (state in TAKEN and not self._comes_back(slurm)):
                self.report_job_error(job, msg=f"Slurm job {slurm}: {state}. ", aux_logs=[str(log)])
            else:
                yield job
                continue
            ended = True
        grown = soonest if ended else self.next_seconds_between_status_checks + soonest
        self.next_seconds_between_status_checks = min(grown, longest)

    def _comes_back(self, slurm: str) -> bool:
        """Whether Slurm will start a job again that it took off its node: that takes it some minutes at most."""
        since = self.taken.setdefault(slurm, time.monotonic())
        return self.workflow.executor_settings.requeue and time.monotonic() - since < REQUEUE

    def get_account_arg(self, job: Any) -> Iterator[str]:
        if self.workflow.executor_settings.no_account and not job.resources.get("slurm_account"):
            yield ""  # the executor underneath has this setting, and guesses an account all the same
        else:
            yield from super().get_account_arg(job)

    def get_partition_arg(self, job: Any) -> str:
        partition = self.workflow.executor_settings.gpu_partition
        if partition and job.resources.get("gres"):
            return f" -p {shlex.quote(partition)}"
        return str(super().get_partition_arg(job))

    def _kind(self, job: Any) -> tuple[Any, ...]:
        return (job.name, job.threads, *(job.resources.get(name) for name in ASKED))

    def _taken_over(self, job: Any) -> bool:
        """Whether a Slurm job that was left behind does this job, or has done it."""
        entry = self.left.get(_key(job))
        if entry is None or entry.command != _command(job) or _newer(job.input, entry.submitted):
            return False
        state = self.live.get(entry.job) or self.past.get(entry.job, "gone")
        done = state == "COMPLETED" and all(Path(file).exists() for file in job.output)
        if not done and state not in LIVE | TAKEN:
            return False
        self.run_job_pre(job)
        what = "has ended meanwhile" if done else "goes on"
        self.logger.info(f"Slurm job {entry.job} of an earlier Snakemake {what}: it is not submitted again.")
        super().report_job_submission(SubmittedJobInfo(job, entry.job, aux={"slurm_logfile": Path(entry.log)}))
        self.left.pop(entry.output)
        return True


@contextmanager
def _said_to_user() -> Iterator[None]:
    """What keeps Slurm from answering, in words, without a traceback."""
    try:
        yield
    except SlurmError as error:
        raise WorkflowError(f"Slurm: {error}. Nothing was submitted; start again when it answers.") from error


def _key(job: Any) -> str:
    return str(job.output[0])


def _command(job: Any) -> str:
    commands = [str(one.shellcmd) for one in (job.jobs if job.is_group() else [job])]
    return hashlib.sha256("\n".join(commands).encode()).hexdigest()[:16]


def _newer(files: Iterable[Any], when: float) -> bool:
    """Whether one of the files was written after a time, so that a job begun then read another one."""
    return any(Path(file).exists() and Path(file).stat().st_mtime > when for file in files)
