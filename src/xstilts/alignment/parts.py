"""What a killed job goes on from: the figures of every language that it had finished.

They lie in a folder that no rule declares, since Snakemake removes the outputs of a job that is run again.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.files import digest_of, whole, write_json
from xstilts.recipe import digest

logger = logging.getLogger(__name__)
Arrays = Mapping[str, np.ndarray]


class Parts:
    """The parts of one job. `key` holds all that they follow from: none of another key is used.

    folder  where they lie, below a name that the key gives them; None: nothing is kept
    """

    def __init__(self, folder: Path | None, key: Mapping[str, Any]) -> None:
        self.root = folder
        self.folder = folder / digest(dict(key)) if folder else None

    def keep(self, language: str, rows: pa.Table, arrays: Arrays) -> None:
        """Write a language's part; its record comes last, so that a part is whole or is not there."""
        if self.folder is None:
            return
        table, numbers, record = self._files(self.folder, language)
        with whole(table) as draft:
            pq.write_table(rows, draft)
        with whole(numbers) as draft, draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        write_json(record, {"sha256": digest_of([table, numbers])})

    def read(self, language: str) -> tuple[pa.Table, Arrays] | None:
        """A language's part; None where there is none, or none that is as it was written."""
        if self.folder is None:
            return None
        table, numbers, record = self._files(self.folder, language)
        if not record.exists():
            return None
        try:
            if json.loads(record.read_text(encoding="utf-8"))["sha256"] != digest_of([table, numbers]):
                raise ValueError("its files have changed since")
            with np.load(numbers, allow_pickle=False) as arrays:
                return pq.read_table(table), dict(arrays)
        except (OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("what was kept of %s is damaged (%s), and is measured again", language, error)
            return None

    def remove(self) -> None:
        """Take away all parts, those of other keys too."""
        if self.root is not None:
            shutil.rmtree(self.root, ignore_errors=True)

    @staticmethod
    def _files(folder: Path, language: str) -> tuple[Path, Path, Path]:
        return folder / f"{language}.parquet", folder / f"{language}.npz", folder / f"{language}.json"
