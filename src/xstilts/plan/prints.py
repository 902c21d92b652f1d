"""Fingerprints that an earlier dry-run worked out, kept beside Snakemake's own notes while no source file has changed.

Working them out takes half a second, which every dry-run and every Slurm job would spend again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from xstilts.files import write_text
from xstilts.fingerprint import SOURCE

FILE = Path(".snakemake/xstilts-fingerprints.json")


class Prints:
    """What is known of the sources as they are, whatever their dates say. A file that is torn is as if it were not."""

    def __init__(self, scripts: Path, file: Path | None = None) -> None:
        self.scripts, self.file = scripts, file or FILE

    def of(self, name: str, work_out: Callable[[], str]) -> str:
        """The fingerprint of that name."""
        if name not in self.known:
            self.known[name] = work_out()
            with contextlib.suppress(OSError):  # a folder that can't be written to costs the half second alone
                write_text(self.file, json.dumps({"sources": self.sources, "prints": self.known}))
        return self.known[name]

    @cached_property
    def known(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            said = json.loads(self.file.read_text(encoding="utf-8"))
            if said["sources"] == self.sources:
                return {str(name): str(print_) for name, print_ in said["prints"].items()}
        return {}

    @cached_property
    def sources(self) -> str:
        """Digest of every file that a fingerprint may follow from. Costs some 10 ms."""
        total = hashlib.sha256(sys.version.encode())
        for folder in (self.scripts, SOURCE):
            for file in sorted(folder.rglob("*.py")):
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{file.relative_to(folder)} {content}\n".encode())
        return total.hexdigest()
