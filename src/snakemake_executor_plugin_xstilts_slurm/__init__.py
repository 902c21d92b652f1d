"""Snakemake's Slurm executor, with three things more (docs/cluster.md):

- a Snakemake that was killed leaves its Slurm jobs behind. The next one goes on with those that do what it would
  submit: it waits for the ones that run, and takes what others have finished meanwhile. The rest it cancels;
- rules of many small jobs are submitted as arrays of those that are ready now, and alike in what they ask for. The
  executor underneath waits for more of them, and takes the state of an array's last task for that of all;
- jobs with GPUs may have a partition of their own.
"""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from snakemake_executor_plugin_slurm import Executor as SlurmExecutor
from snakemake_executor_plugin_slurm import ExecutorSettings as SlurmSettings
from snakemake_executor_plugin_slurm import common_settings as common_settings
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from snakemake_executor_plugin_xstilts_slurm.ledger import Entry, Ledger
from snakemake_executor_plugin_xstilts_slurm.queue import LIVE, LOST, cancel, known_jobs, live_jobs

FOLDER = Path(".snakemake/xstilts-slurm")
ASKED = ("slurm_partition", "slurm_account", "constraint", "qos", "slurm_extra", "gres", "nodes", "tasks", "mpi")
NUMBERS = ("mem_mb", "runtime", "cpus_per_task", "disk_mb")
"""What sbatch is told of a job: tasks of one array must have it alike."""


@dataclass
class ExecutorSettings(SlurmSettings):
    """Those of the Slurm executor, under this plugin's prefix, and one more."""

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
        self.run_uuid = self.ledger.run
        self.began = time.time()
        self.logger.info(f"Slurm jobs of this folder have the name {self.run_uuid}.")
        self.left = dict(self.ledger.open)
        self.live = live_jobs(self.run_uuid)
        known = {entry.job for entry in self.left.values()}
        # Killed between sbatch and the line in the ledger: what they work on is not known, so they can't be taken over.
        unknown = [job for job in self.live if job not in known]
        if unknown:
            self.logger.warning(f"Cancelling Slurm jobs that an earlier Snakemake left: {', '.join(unknown)}")
            cancel(self.run_uuid, unknown)
        first = min((entry.submitted for entry in self.left.values()), default=0.0)
        self.past = known_jobs(self.run_uuid, first) if self.left else {}
        self._note_finished()

    def _note_finished(self) -> None:
        """Write down of which parameters and code results are that were finished while nobody watched.

        Their jobs left no mark that they are incomplete, so Snakemake takes them as they are; without this it would
        never see that something changed that they come from.
        """
        for job in self.workflow.dag.jobs if self.left else ():
            entry = self.left.get(_key(job)) if job.output else None
            if entry is None or self.workflow.dag.needrun(job) or entry.job in self.live:
                continue
            if entry.command != _command(job):
                raise WorkflowError(
                    f"{Path(entry.output).parent} was finished by Slurm job {entry.job} of an earlier Snakemake, with "
                    f"other parameters or code than it has now. Say --forcerun {entry.output} to make it again."
                )
            self.workflow.async_run(self.workflow.persistence.finished(job))
            self.left.pop(entry.output)
            self.ledger.ended(entry.output)

    def run_jobs(self, jobs: list[Any]) -> None:
        groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for job in jobs:
            if not self._taken_over(job):
                groups[self._kind(job)].append(job)
        for group in groups.values():
            if len(group) > 1 and group[0].name in self.array_jobs:
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

    def report_job_success(self, job_info: SubmittedJobInfo) -> None:
        self.ledger.ended(_key(job_info.job))
        super().report_job_success(job_info)

    def report_job_error(self, job_info: SubmittedJobInfo, msg: str | None = None, **told: Any) -> None:
        self.ledger.ended(_key(job_info.job))
        super().report_job_error(job_info, msg, **told)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        tasks = [job for job in active_jobs if "_" in str(job.external_jobid)]
        async for job in super().check_active_jobs([job for job in active_jobs if job not in tasks]):
            yield job
        longest = self.workflow.executor_settings.longest_between_status_checks
        self.next_seconds_between_status_checks = min(self.next_seconds_between_status_checks, longest)
        if not tasks:
            return
        first = min([self.began, *(entry.submitted for entry in self.ledger.open.values())])
        states = await asyncio.to_thread(known_jobs, self.run_uuid, first)
        for job in tasks:
            state, log = states.get(str(job.external_jobid)), (job.aux or {})["slurm_logfile"]
            if state == "COMPLETED":
                self.report_job_success(job)
                if not self.workflow.executor_settings.keep_successful_logs:
                    log.unlink(missing_ok=True)
            elif state in LOST and not (state == "NODE_FAIL" and self.workflow.executor_settings.requeue):
                self.report_job_error(job, msg=f"Slurm job {job.external_jobid}: {state}. ", aux_logs=[str(log)])
            else:  # Slurm itself starts one again that its node took along
                yield job

    def get_account_arg(self, job: Any) -> Iterator[str]:
        if self.workflow.executor_settings.no_account and not job.resources.get("slurm_account"):
            yield ""  # the executor underneath has this setting, and guesses an account all the same
        else:
            yield from super().get_account_arg(job)

    def get_partition_arg(self, job: Any) -> str:
        partition = self.workflow.executor_settings.gpu_partition
        if partition and job.resources.get("gres"):
            return f" -p {partition}"
        return str(super().get_partition_arg(job))

    def _kind(self, job: Any) -> tuple[Any, ...]:
        return (job.name, job.threads, *(job.resources.get(name) for name in ASKED + NUMBERS))

    def _taken_over(self, job: Any) -> bool:
        """Whether a Slurm job that was left behind does this job, or has done it; one that does another is ended."""
        entry = self.left.pop(_key(job), None)
        if entry is None:
            return False
        state = self.live.get(entry.job) or self.past.get(entry.job, "gone")
        same = entry.command == _command(job) and not _newer(job.input, entry.submitted)
        done = state == "COMPLETED" and all(Path(file).exists() for file in job.output)
        if same and (state in LIVE or done):
            self.run_job_pre(job)
            what = "has ended meanwhile" if done else "goes on"
            self.logger.info(f"Slurm job {entry.job} of an earlier Snakemake {what}: it is not submitted again.")
            super().report_job_submission(SubmittedJobInfo(job, entry.job, aux={"slurm_logfile": Path(entry.log)}))
            return True
        if entry.job in self.live and not cancel(self.run_uuid, [entry.job]):
            self.logger.warning(f"Slurm job {entry.job} of an earlier Snakemake is cancelled and still not gone.")
        self.ledger.ended(entry.output)
        return False


def _key(job: Any) -> str:
    return str(job.output[0])


def _command(job: Any) -> str:
    return hashlib.sha256(str(job.shellcmd).encode()).hexdigest()[:16]


def _newer(files: Iterable[Any], when: float) -> bool:
    """Whether one of the files was written after a time, so that a job begun then read another one."""
    return any(Path(file).exists() and Path(file).stat().st_mtime > when for file in files)
