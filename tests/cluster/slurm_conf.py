"""Configuration of the throwaway Slurm: a controller and its nodes on one host, with accounting and pretend GPUs."""

from __future__ import annotations

import random
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

CLUSTER = "throwaway"
ACCOUNT = "default"
NODES = ("n1", "n2")
CPUS = 4  # a node's claim, whatever the machine has
MEMORY = 64_000  # MB, likewise
GPUS = 2  # pretended: a job is told which are its own, and nothing else comes of them
KILL_WAIT = 10  # seconds from SIGTERM to SIGKILL
NODE_TIMEOUT = 10  # seconds of silence after which a node is down
REQUEUE_WAIT = 10  # seconds before a requeued job may start again; Slurm's own default is 120


@dataclass(frozen=True)
class Settings:
    """Where the cluster keeps its files, and the ports of its daemons."""

    folder: Path
    host: str
    ports: tuple[int, ...]  # controller, accounting, one per node

    @property
    def munge_socket(self) -> Path:
        return self.folder / "munge.socket"

    @property
    def database_socket(self) -> Path:
        return self.folder / "mariadb.socket"

    @property
    def slurm_conf(self) -> Path:
        return self.folder / "slurm.conf"

    def write(self) -> None:
        """Write every file that the daemons read."""
        for gpu in range(GPUS):
            (self.folder / f"gpu{gpu}").symlink_to("/dev/null")  # Slurm hands out devices, not plain files
        (self.folder / "state").mkdir()
        self.slurm_conf.write_text(self._slurm())
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")  # left to itself, slurmd asks for cgroups
        gpus = f"Name=gpu File={self.folder}/gpu[0-{GPUS - 1}]"
        (self.folder / "gres.conf").write_text(f"NodeName={','.join(NODES)} {gpus}\n")
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(64))
        (self.folder / "munge.key").chmod(0o400)
        accounting = self.folder / "slurmdbd.conf"
        accounting.write_text(self._slurmdbd())
        accounting.chmod(0o600)  # slurmdbd refuses any other

    def _slurm(self) -> str:
        controller, accounting, *ports = self.ports
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={self.host} NodeAddr=127.0.0.1 Port={port}"
            f" CPUs={CPUS} RealMemory={MEMORY} Gres=gpu:{GPUS}"
            for node, port in zip(NODES, ports, strict=True)
        )
        return f"""\
ClusterName={CLUSTER}
SlurmctldHost={self.host}(127.0.0.1)
SlurmctldPort={controller}
SlurmctldPidFile={self.folder}/slurmctld.pid
StateSaveLocation={self.folder}/state
SlurmUser=root
SlurmdUser=root
SlurmdPidFile={self.folder}/%n.pid
SlurmdSpoolDir={self.folder}/%n
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={self.munge_socket},cred_expire={REQUEUE_WAIT}
MpiDefault=none
MailProg=/bin/true

# Processes are followed by their parents: no cgroups, which a container seldom lets one make.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=5

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting}
AccountingStoragePass={self.munge_socket}
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment

# What takes minutes on a cluster takes seconds here.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
KillWait={KILL_WAIT}
SlurmdTimeout={NODE_TIMEOUT}
MessageTimeout=5
TCPTimeout=2
ReturnToService=2
MinJobAge=86400

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1000
GresTypes=gpu
SlurmdParameters=config_overrides
{nodes}
PartitionName=test Nodes={",".join(NODES)} Default=YES MaxTime=INFINITE State=UP
"""

    def _slurmdbd(self) -> str:
        return f"""\
AuthType=auth/munge
AuthInfo=socket={self.munge_socket}
DbdHost={self.host}
DbdAddr=127.0.0.1
DbdPort={self.ports[1]}
SlurmUser=root
PidFile={self.folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
"""


def settings(folder: Path) -> Settings:
    """Settings for a cluster in `folder`, with ports that are free now."""
    return Settings(folder, socket.gethostname().split(".")[0], free_ports(2 + len(NODES)))


def free_ports(count: int) -> tuple[int, ...]:
    """Ports nobody listens at, below the range from which the system hands out ports to connections."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(20_000, 30_000), 1000):
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return tuple(found)
    raise OSError("no free ports between 20000 and 30000")
