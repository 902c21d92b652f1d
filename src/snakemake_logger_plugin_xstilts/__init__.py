"""Snakemake's logger plugin `xstilts`: `snakemake -n --logger xstilts` ends with the plan of what is pending.

It keeps the jobs that a dry-run names and prints nothing until Snakemake has said all it has to say. In a real run it
keeps nothing, and the Snakemake inside a job loads no logger plugins at all.

This module is imported before the Snakefile has put its own checkout first, so it imports nothing of xstilts on top.
"""

import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field
from logging import ERROR, LogRecord
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

NOTHING = "Nothing to be done"
"""How Snakemake's message begins when no job is pending; it is no event of its own."""

HIGHEST = 1_000_000
"""For what Snakemake calls `highest`: the jobs of --prioritize."""


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Options of the command line (--logger-xstilts-json …) and keys of profiles."""

    json: Path | None = field(
        default=None, metadata={"help": "Write the plan to this JSON file, job by job.", "type": Path}
    )
    csv: Path | None = field(default=None, metadata={"help": "Write the plan's jobs to this CSV file.", "type": Path})
    cluster: bool = field(
        default=False,
        metadata={"help": "Plan for the cluster of config/site.yaml rather than for this machine."},
    )
    cores: int | None = field(
        default=None, metadata={"help": "Cores to plan with on this machine; left out: all that it has.", "type": int}
    )
    gpus: int | None = field(
        default=None, metadata={"help": "GPUs to plan with on this machine; left out: all that it has.", "type": int}
    )


class LogHandler(LogHandlerBase):
    """Collects the pending jobs of a dry-run, and prints the plan when Snakemake closes its loggers."""

    settings: LogHandlerSettings

    def __post_init__(self) -> None:
        self.jobs: dict[int, tuple[Any, ...]] = {}
        self.counted: dict[str, int] | None = None
        """Snakemake's own job stats, once it has told them."""
        self.nothing = self.failed = self.told = False
        # Snakemake may change its working directory after this; a file is meant from where the command was typed.
        self.json = self.settings.json and self.settings.json.absolute()
        self.csv = self.settings.csv and self.settings.csv.absolute()
        if self.common_settings.dryrun:
            self._have_jobs_named()

    def _have_jobs_named(self) -> None:
        """Keep a bare `--quiet` from ending the dry-run before its jobs are named.

        Snakemake's shortcut is for exactly {rules, progress}. Quiet about reasons too, it names the jobs, to plugins
        only: its own filter still keeps them off the screen.
        """
        from snakemake.settings.enums import Quietness  # type: ignore[import-untyped]

        if set(self.common_settings.quiet or ()) == {Quietness.RULES, Quietness.PROGRESS}:
            self.common_settings.quiet = {*self.common_settings.quiet, Quietness.REASON}  # type: ignore

    def emit(self, record: LogRecord) -> None:
        if not self.common_settings.dryrun:
            return
        event, said = getattr(record, "event", None), record.__dict__
        if event == LogEvent.JOB_INFO:
            wildcards = dict(said["wildcards"] or {})
            files = [tuple(map(str, said[kind])) for kind in ("input", "output")]
            priority = said["priority"] if isinstance(said["priority"], int) else HIGHEST
            self.jobs[said["jobid"]] = (said["jobid"], said["rule_name"], wildcards, *files, said["threads"], priority)
        elif event == LogEvent.RUN_INFO and "stats" in said:
            self.counted = {rule: count for rule, count in said["stats"].items() if rule != "total"}
        elif event is None and str(record.msg).startswith(NOTHING):
            self.nothing = True
        elif record.levelno >= ERROR:
            self.failed = True

    def close(self) -> None:
        """The last moment, in the main thread: all records are in, and Snakemake's own output is out."""
        if not self.told:
            self.told = True
            self._tell()
        super().close()

    def _tell(self) -> None:
        ended = self.nothing or self.counted is not None
        if self.failed or not ended or "xstilts.plan" not in sys.modules:
            return  # a dry-run that failed has said why; other modes (--lint, --summary) and workflows have no plan
        from xstilts.errors import UserError
        from xstilts.planner.tell import tell

        try:
            self._check()
            text = tell(self.jobs.values(), self.json, self.csv, self.settings)
            sys.stdout.flush()
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
            sys.stdout.flush()
        except BrokenPipeError:  # `| head` has what it wanted
            return
        except (UserError, OSError) as error:
            print(f"error: no plan: {error}", file=sys.stderr)
        except Exception:
            traceback.print_exc()
        else:
            return
        raise SystemExit(1)  # Snakemake passes over any other exception of a plugin

    def _check(self) -> None:
        """The plan is of Snakemake's own jobs, or there is none."""
        found = Counter(job[1] for job in self.jobs.values())
        if self.counted is not None and found != self.counted:
            from xstilts.errors import UserError

            differing = sorted(rule for rule in found | self.counted if found[rule] != self.counted.get(rule, 0))
            raise UserError(
                "Snakemake's dry-run did not name the jobs that it counts: "
                + ", ".join(f"{rule} {found[rule]} of {self.counted.get(rule, 0)}" for rule in differing)
            )

    @property
    def writes_to_stream(self) -> bool:
        return False  # so that Snakemake's own output stays as it is

    @property
    def writes_to_file(self) -> bool:
        return False  # which is for a plugin's log file; the plan is written whole, at the end

    @property
    def has_filter(self) -> bool:
        return True  # else what --quiet keeps off the screen would be kept from the plan as well

    @property
    def has_formatter(self) -> bool:
        return True

    @property
    def needs_rulegraph(self) -> bool:
        return False
