"""The Slurm jobs that a Snakemake has submitted and not yet seen the end of, on disk, for the one that comes after it.

.snakemake/xstilts-slurm/run          the name that all Slurm jobs of this working directory have
.snakemake/xstilts-slurm/jobs.jsonl   a line for each job submitted, and one for each whose end was seen
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A Slurm job that was submitted for a job of the workflow."""

    output: str
    """The first output: it names the job whoever submits it."""
    job: str
    """Slurm's id, such as 17 or 17_3."""
    command: str
    """Digest of what it runs."""
    submitted: float
    """Seconds since 1970."""
    log: str


class Ledger:
    """What is written survives a kill at any moment, but for the last line, which may be cut short."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder.absolute(), folder / "jobs.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        self.run = self._name()
        self.open = {entry.output: entry for entry in self._read()}
        self._rewrite()

    def _name(self) -> str:
        """The name of this folder's Slurm jobs: a new Snakemake can ask Slurm for those of the one before.

        The copy of a folder gets a name of its own, and an empty ledger: the jobs are the original's.
        """
        file = self.folder / "run.json"
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            if said["folder"] == str(self.folder):
                return str(said["name"])
        except (OSError, ValueError, LookupError, TypeError):
            pass
        self.file.unlink(missing_ok=True)
        name = str(uuid.uuid4())
        file.write_text(json.dumps({"folder": str(self.folder), "name": name}), encoding="utf-8")
        return name

    def submitted(self, entry: Entry) -> None:
        self.open[entry.output] = entry
        self._append(json.dumps(asdict(entry)))

    def ended(self, output: str) -> None:
        """The end of a job was seen, good or bad: nobody need ask for it again."""
        if self.open.pop(output, None) is not None:
            self._append(json.dumps({"ended": output}))

    def _append(self, line: str) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _rewrite(self) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text("".join(json.dumps(asdict(one)) + "\n" for one in self.open.values()), encoding="utf-8")
        draft.replace(self.file)

    def _read(self) -> list[Entry]:
        found: dict[str, Entry] = {}
        for line in self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []:
            try:
                said = json.loads(line)
                if "ended" in said:
                    found.pop(said["ended"], None)
                else:
                    entry = Entry(**said)
                    found[entry.output] = entry
            except (ValueError, TypeError):  # cut short by a kill
                continue
        return list(found.values())
