"""A clone of the repository in which a test may run the workflow and edit any file; and the study that runs there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WATCH = Path(__file__).parent / "watch"  # a sitecustomize.py: it refuses and notes connections to other machines
STUDY = """
studies:
  smoke:
    asks: Does the plumbing hold?
    seeds: [1]
    recipes:
      none: []
      mnli: [mnli]
      chain: [mnli, squad]
      mixed: [ccg+hellaswag+mlm+qqp]
    targets: [xnli, udpos, xquad, mlqa, bucc, tatoeba]
    compare: {baseline: none}
"""


@dataclass(frozen=True)
class Clone:
    """A checkout of its own, in which a test may run the workflow and edit any file."""

    folder: Path

    @property
    def results(self) -> Path:
        return self.folder / "results" / "nano"

    @property
    def connections(self) -> Path:
        """Where attempts of any program to reach another machine are noted."""
        return self.folder / "connections.txt"

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here, with this clone's own source."""
        environment = os.environ | {
            "PYTHONPATH": f"{self.folder / 'src'}:{WATCH}",
            "XSTILTS_CONNECTIONS": str(self.connections),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        command = ["snakemake", "--cores", "2", "--configfile", "smoke.yaml", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            logs = "\n".join(f"== {p}\n{p.read_text()[-1500:]}" for p in self.failed_logs(done.stderr + done.stdout))
            raise AssertionError(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-4000:]}\n{logs}")
        return done

    def failed_logs(self, text: str) -> list[Path]:
        return [self.folder / name for name in re.findall(r"log: (\S+) \(check log", text)]

    def planned(self, *arguments: str) -> Counter[str]:
        """What a dry-run would do: the first output of each job, by rule; empty when there is nothing to do.

        That saved states are cleared goes with every training, and is left out.
        """
        text = self.snakemake("-n", *arguments).stdout
        found: Counter[str] = Counter()
        for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", text, flags=re.MULTILINE):
            output = re.search(r"output: (\S+?)(?:,|\s)", body)
            if output and rule != "clear_states":
                name = output[1].removeprefix("results/nano/")
                found[f"{rule} {name.rsplit('.', 1)[0].removesuffix('/model')}"] += 1
        return found

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def clone_into(folder: Path) -> Clone:
    """The repository's files as they stand, tracked or new, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        source, target = ROOT / name, folder / name
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
    (folder / "smoke.yaml").write_text("world: nano\nstudy: smoke\n" + STUDY, encoding="utf-8")
    return Clone(folder)
