"""Records: a split of a data set in all its languages, read from releases or made by the miniature."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from xstilts.available import data_of
from xstilts.config import Project
from xstilts.plan.code import Code
from xstilts.plan.facts import FORMATS, Facts, task_of
from xstilts.specs import RecordsSpec

MAKERS = "xstilts.sources.miniature.makers"
GENERATED = "xstilts.sources.miniature.records"
READERS = "xstilts.sources.readers"


class Records:
    """`records/<data>/<split>`; `data` is a task, or task@variant for a train split in other languages.

    `asked` is the project before what lacks its data was left out.
    """

    def __init__(self, facts: Facts, code: Code, asked: Project) -> None:
        self.facts, self._code, self.asked = facts, code, asked
        self.folder = facts.results / "records"

    def spec(self, data: str, split: str) -> RecordsSpec:
        task, languages = task_of(data), self.facts.languages_in(data, split)
        entry = self.facts.world.tasks[task.name]
        own = self.facts.project.settings.files and entry.source != "miniature"
        source: dict[str, Any] = {"source": "files" if own else entry.source}
        if entry.source == "miniature":
            source |= {
                "maker": entry.maker,
                "rows": getattr(entry.rows, split),
                "settings": self.facts.world.miniature.model_dump(),
            }
        else:
            parts = self.facts.origins.of(task, split, languages)
            source |= {
                "hold_out": entry.hold_out,
                "limit": getattr(entry.limit, split) if entry.limit else None,
                "parts": [part.model_dump(mode="json") for part in parts],
            }
        return RecordsSpec(
            task=task.name,
            data=data,
            split=split,
            format=task.format,
            labels=task.labels,
            languages=languages,
            source=source,
        )

    def code(self, data: str, split: str) -> str:
        spec = self.spec(data, split)
        parts = spec.source.get("parts", [])
        found = [f"{READERS}.{reader}" for reader in sorted({part["reader"] for part in parts})]
        makers = [GENERATED, f"{MAKERS}.{spec.source['maker']}"] if "maker" in spec.source else []
        made = self.folder / data / f"{split}.json"
        return self._code.of("prepare", made, lambda: spec, f"{FORMATS}.{spec.format}", *makers, *found)

    def inputs(self, data: str, split: str) -> list[Path]:
        """What a split is read from, as far as it can be watched: digests of what is fetched, files of one's own."""
        return self.facts.origins.inputs(task_of(data), split, self.facts.languages_in(data, split))

    @cached_property
    def files(self) -> list[Path]:
        """Digests of all records that the study reads; of what it asks for in vain, those that there are."""
        missing, languages_in = self.facts.origins.missing, self.facts.languages_in
        found = [
            self.folder / data / f"{split}.digest"
            for data, split in data_of(self.asked)
            if missing(task_of(data), split, languages_in(data, split)) is None
        ]
        return list(dict.fromkeys(found))
