"""What lies among the results of a world, for whoever asks for much of it often."""

from __future__ import annotations

from pathlib import Path

from xstilts.cards.made import Made, read_made
from xstilts.cards.read import Sources


class Shelf:
    """The checkpoints of a world and the sources of its data; of a world that nobody knows (None) there are none."""

    def __init__(self, results: Path | None) -> None:
        self.results = results
        self.sources = Sources(self.world, results)
        self._read: dict[str, Made | None] = {}

    @property
    def world(self) -> str:
        """Its name, which is that of the folder."""
        return self.results.resolve().name if self.results else ""

    def made(self, node: str) -> Made | None:
        """A whole checkpoint by its path."""
        if node not in self._read:
            self._read[node] = read_made(self.folder(node)) if self.results else None
        return self._read[node]

    def folder(self, node: str) -> Path:
        return (self.results or Path()) / "checkpoints" / node
