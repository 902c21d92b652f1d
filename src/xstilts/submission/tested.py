"""One target's test records and what was predicted for them, row by row together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xstilts.errors import UserError
from xstilts.formats.encoding import Find
from xstilts.formats.finding import ASKED
from xstilts.submission.official import Folder, Kind
from xstilts.tasks import get

COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "labels": (),
    "tags": ("words",),
    "answers": (),
    "neighbours": ("side", "text"),
    "pairs": ("side",),
}
"""What the files of a folder need of the records, beside id and language."""


@dataclass(frozen=True)
class Tested:
    """A target as its submission needs it. Tables are by language, in the order of the records."""

    folder: Folder
    labels: tuple[str, ...]
    """In the order of the registry, which is XTREME's."""
    records: dict[str, pa.Table]
    """All of the test split."""
    said: dict[str, pa.Table]
    """A prediction for each of the test records that ask for one."""
    dev: dict[str, pa.Table]
    """Predictions for the dev split, where the target has them."""
    provenance: dict[str, Any]
    """What the record file tells of itself."""

    @property
    def left_out(self) -> int:
        """How many rows of the source are no records, over all languages."""
        return sum(self.provenance.get("left_out", {}).values())

    @property
    def ways(self) -> set[str]:
        """How the releases were had that the records are from: own, hub, original."""
        parts = self.provenance.get("spec", {}).get("source", {}).get("parts", [])
        return {part["way"] for part in parts}


def read_tested(folder: Folder, labels: Sequence[str], predictions: Path, records: Path) -> Tested:
    """Read both files. A UserError says which records have no prediction, or which predictions no record."""
    rows = pq.read_table(records, columns=["id", "language", *COLUMNS[folder.kind]])
    said = pq.read_table(predictions, columns=["id", "language", "split", "prediction", "score", "gold"])
    told = (pq.read_metadata(records).metadata or {}).get(b"xstilts", b"{}")
    by_language = parted(rows)
    test, dev = (parted(said.filter(pc.equal(said["split"], split))) for split in ("test", "dev"))
    odd = sorted(test.keys() ^ by_language.keys())
    if odd:
        raise UserError(
            f"{folder.name}: records and predictions differ in {', '.join(odd)}: are both of this target's test split?"
        )
    return Tested(
        folder=folder,
        labels=tuple(labels),
        records=by_language,
        said={code: matched(folder, code, asking(table, folder), test[code]) for code, table in by_language.items()},
        dev=dev,
        provenance=json.loads(told),
    )


def parted(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each language, in the order in which they come."""
    codes = pc.unique(table["language"]).to_pylist()
    return {code: table.filter(pc.equal(table["language"], code)) for code in codes}


def asking(records: pa.Table, folder: Folder) -> pa.Table:
    """The records that have a prediction each."""
    side = ASKED.get(cast(Find, get(folder.target).metric))
    return records if side is None else records.filter(pc.equal(records["side"], side))


def matched(folder: Folder, language: str, records: pa.Table, said: pa.Table) -> pa.Table:
    """Predictions in the order of the records; both must have the same ids, each once."""
    where = f"{folder.name} {language}"
    advice = "make the predictions again, of these records"
    if said["id"].equals(records["id"]):
        return said
    if pc.count_distinct(said["id"]).as_py() != len(said):
        raise UserError(f"{where}: two predictions have the same id; {advice}")
    at = pc.index_in(records["id"], value_set=said["id"].combine_chunks())
    if at.null_count:
        first = records["id"].filter(pc.is_null(at))[0]
        raise UserError(f"{where}: {at.null_count} of {len(records)} records have no prediction ({first}); {advice}")
    if len(said) != len(records):
        known = pc.is_in(said["id"], value_set=records["id"].combine_chunks())
        first = said["id"].filter(pc.invert(known))[0]
        raise UserError(f"{where}: {len(said) - len(records)} predictions are of no record ({first}); {advice}")
    return said.take(at)


def own_name(name: str) -> str:
    """A record's id as its source has it: release and file stand before it where there are several.

    No id of a question and no number of a line holds a colon.
    """
    return name.rpartition(":")[2]
