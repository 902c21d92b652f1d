"""Releases that are fetched."""

from __future__ import annotations

from pathlib import Path

from xstilts.available import data_of
from xstilts.plan.facts import Facts
from xstilts.plan.records import Records
from xstilts.specs import DownloadSpec


class Downloads:
    """`<downloads>/<release>/<way>/`, shared by all worlds."""

    def __init__(self, facts: Facts, records: Records) -> None:
        self.facts, self.records = facts, records

    def spec(self, release: str, way: str) -> DownloadSpec:
        """What is fetched of a release, from the hub or as its original archives."""
        return self.facts.origins.download_spec(release, way)

    def files(self) -> list[Path]:
        """Digests of all that the study's records are fetched from."""
        found = [file for data, split in data_of(self.facts.project) for file in self.records.inputs(data, split)]
        return [file for file in dict.fromkeys(found) if file.name == "digest"]
