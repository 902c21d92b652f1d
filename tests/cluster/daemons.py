"""The programs of the throwaway Slurm, each under a keeper: munge, MariaDB, slurmdbd, slurmctld, one slurmd a node."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from place import SYSTEM
from slurm_conf import ACCOUNT, CLUSTER, NODES, Settings

KEEPER = Path(__file__).with_name("keeper.py")
PATIENCE = 60  # seconds for a daemon to answer; it takes less than one, unless the machine has much else to do


class DaemonError(Exception):
    """A daemon did not start, or is gone; the message has the end of its log."""


@dataclass
class Daemons:
    """Starts and ends the daemons."""

    files: Settings
    keepers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Of the daemons, by which place.py knows them again; jobs have the environment of who submitted them."""
        return {
            "PATH": SYSTEM,
            "LANG": "C",
            "SLURM_CONF": str(self.files.slurm_conf),  # slurmdbd.conf and gres.conf are looked for beside it
            "MYSQL_UNIX_PORT": str(self.files.database_socket),  # has no setting in slurmdbd.conf
        }

    def start(self) -> None:
        """Start all of them, each when the one that it needs answers; return when the nodes are idle."""
        self.files.write()
        self._start_munge()
        self._start_database()
        self._keep("slurmdbd", "slurmdbd", "-D")
        self.wait_until(lambda: self._works("sacctmgr", "--immediate", "add", "cluster", CLUSTER))
        self._program("sacctmgr", "--immediate", "add", "account", ACCOUNT)
        self._program("sacctmgr", "--immediate", "add", "user", "root", f"account={ACCOUNT}")
        self._keep("slurmctld", "slurmctld", "-D")
        for node in NODES:
            self.start_node(node)
        self.wait_until(lambda: self._program("sinfo", "-hN", "-o", "%T").split() == ["idle"] * len(NODES))

    def start_node(self, node: str) -> None:
        self._keep(node, "slurmd", "-D", "-N", node)

    def end(self, *names: str) -> None:
        """End daemons and all that they started, as a power cut would."""
        for name in names:
            stdin = self.keepers[name].stdin
            assert stdin
            stdin.close()
        for name in names:
            self.keepers.pop(name).wait()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return when `holds` does; raise DaemonError when a daemon has ended, or none answers for a minute."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            for name, keeper in self.keepers.items():
                if keeper.poll() is not None:
                    raise DaemonError(f"{name} ended with status {keeper.returncode}\n{self.log(name)}")
            if time.monotonic() > deadline:
                raise DaemonError(f"no answer in {PATIENCE} s\n{self.log([*self.keepers][-1])}")
            time.sleep(0.1)

    def log(self, name: str) -> str:
        """The last lines that a daemon wrote."""
        return "\n".join(self._log_file(name).read_text(errors="replace").splitlines()[-20:])

    def _log_file(self, name: str) -> Path:
        return self.files.folder / f"{name}.log"

    def _start_munge(self) -> None:
        paths = [f"--{kind}-file={self.files.folder}/munge.{kind}" for kind in ("key", "pid", "seed", "log")]
        self._keep("munged", "munged", "--foreground", f"--socket={self.files.munge_socket}", *paths)
        self.wait_until(lambda: self._works("munge", "--no-input", f"--socket={self.files.munge_socket}"))

    def _start_database(self) -> None:
        own = ["--no-defaults", "--user=root", f"--datadir={self.files.folder}/database"]
        own += ["--innodb-flush-method=nosync", "--sync-frm=off"]  # nobody will want this database after a crash
        self._program("mariadb-install-db", *own, "--auth-root-authentication-method=normal", "--skip-test-db")
        socket, pid = f"--socket={self.files.database_socket}", f"--pid-file={self.files.folder}/mariadb.pid"
        self._keep("mariadbd", "mariadbd", *own, socket, pid, "--skip-networking")
        self.wait_until(lambda: self._works("mariadb-admin", "--no-defaults", "--user=root", socket, "ping"))

    def _keep(self, name: str, *command: str) -> None:
        with self._log_file(name).open("ab") as log:
            self.keepers[name] = subprocess.Popen(
                [sys.executable, "-IS", str(KEEPER), *command],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the owner, which ends its keepers in order
            )

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def _works(self, *command: str) -> bool:
        return not self._run(*command).returncode

    def _program(self, *command: str) -> str:
        done = self._run(*command)
        if done.returncode:
            raise DaemonError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout
