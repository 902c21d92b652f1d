"""How much data a job passes over: from token files and records that are there, else from the registry of sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from xstilts.config.world import World
from xstilts.errors import UserError
from xstilts.flops import Amount
from xstilts.plan import Plan
from xstilts.sources.miniature.grammar import GRAMMARS
from xstilts.tasks import TASKS, Format
from xstilts.tasks.sizes import Size, sizes

SPREAD = 1.2
"""The mean square of a sequence's length, in squares of its mean (samples of the original data: 1.05 to 1.9)."""
Known = Literal["tokens", "records", "registry", "guess"]
TOKENS: Mapping[Format, float] = {
    "classification": 45,
    "choice": 60,
    "span": 200,
    "tagging": 28,
    "retrieval": 20,
    "mlm": 110,
}
"""Of a sequence, where nothing is known of its data."""


@dataclass(frozen=True)
class Data:
    """One split of a data set, as a tokenizer cuts it."""

    records: int
    sequences: float
    tokens: float
    items: float
    """What is drawn together: the choices of a question, else one sequence."""
    largest: float
    """Share of the records that the largest language has."""
    known: Known

    @property
    def amount(self) -> Amount:
        """All of it, once."""
        mean = self.tokens / max(self.sequences, 1)
        return Amount(self.tokens, self.tokens * mean * SPREAD, self.sequences)

    @property
    def item(self) -> Amount:
        """One item, on an average."""
        return self.amount.times(1 / max(self.items, 1))


class DataSizes:
    """The sizes of a plan's data. Each is looked up once; what is missing or torn is as if it were not there."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.world = plan, plan.world
        self._known: dict[tuple[str, str, str], Data] = {}

    def of(self, base: str, data: str, split: str) -> Data:
        """A split as the tokenizer of a base cuts it."""
        return self.cut_by(tokenizer_of(self.world, base), data, split)

    def cut_by(self, tokenizer: str, data: str, split: str) -> Data:
        """A split as a tokenizer cuts it."""
        key = tokenizer, data, split
        if key not in self._known:
            self._known[key] = self._look_up(*key)
        return self._known[key]

    def records(self, data: str, split: str) -> tuple[int, float, Known]:
        """Records of a split, the share of its largest language, and how that is known."""
        told = self._written(data, split).get("rows")
        counts = list(told.values()) if isinstance(told, dict) else []
        if counts and all(isinstance(count, int) for count in counts) and not self._outdated(data, split):
            return sum(counts), max(counts) / max(sum(counts), 1), "records"
        rows = self._planned(data, split)
        total = sum(rows.values())
        if not total:
            return 10_000, 1.0, "guess"
        return total, max(rows.values()) / total, "registry"

    def size(self, data: str, split: str) -> Size | None:
        """What the registry says of a data set, of several releases the mean by rows."""
        task = TASKS[data.partition("@")[0]]
        entry = self.world.tasks[task.name]
        if entry.source == "miniature":
            return sizes().get(f"miniature/{entry.maker}")
        known = sizes()
        source = "train" if entry.hold_out and split == "dev" else split
        languages = self.world.languages_in(data, split)
        names = {one.name for code in languages for one in task.releases_of(source, code)}
        some = [known[name] for name in sorted(names) if name in known]
        found = [(size, sum(size.rows_in(source, code) for code in languages)) for size in some]
        rows = sum(count for _, count in found)
        if not rows:
            return None
        sequences = sum(size.sequences * count for size, count in found) / rows
        tokens = sum(size.tokens * size.sequences * count for size, count in found) / rows / sequences
        return Size(sequences=sequences, tokens=tokens)

    def _written(self, data: str, split: str) -> dict[str, Any]:
        return read_json(self.plan.results / "records" / data / f"{split}.json")

    def _outdated(self, data: str, split: str) -> bool:
        """Whether records are there that will be made anew, since the configuration is another one now."""
        made = self._written(data, split).get("spec")
        if made is None:
            return False
        try:
            return bool(made != self.plan.records.spec(data, split).model_dump(mode="json"))
        except UserError:  # what they were made of is gone
            return False

    def _planned(self, data: str, split: str) -> dict[str, int]:
        """Records by language that a split will have, by configuration and registry."""
        task = TASKS[data.partition("@")[0]]
        entry, languages = self.world.tasks[task.name], self.world.languages_in(data, split)
        if entry.source == "miniature":
            rows = (getattr(entry.rows, split) if entry.rows else None) or 0
            sides = 2 if task.format == "retrieval" else 1
            share = {code: grammar.text if entry.maker == "text" else 1.0 for code, grammar in GRAMMARS.items()}
            return {code: round(rows * sides * share.get(code, 1.0)) for code in languages}
        known, source = sizes(), "train" if entry.hold_out and split == "dev" else split
        limit = getattr(entry.limit, split) if entry.limit else None
        found = {}
        for language in languages:
            releases = task.releases_of(source, language)
            rows = sum(known[one.name].rows_in(source, language) for one in releases if one.name in known)
            if entry.hold_out and language == "en" and split in ("train", "dev"):
                rows = entry.hold_out if split == "dev" else rows - entry.hold_out
            found[language] = max(0, min(rows, limit) if limit else rows)
        return found

    def _look_up(self, tokenizer: str, data: str, split: str) -> Data:
        format = TASKS[data.partition("@")[0]].format
        records, largest, known = self.records(data, split)
        folder = self.plan.results / "tokens" / tokenizer / data
        told = read_json(folder / f"{split}.json")
        if not whole(told) or self._outdated(data, split):
            # How these records came out before, or another split of the same data, tells more than a registry.
            others = (read_json(folder / f"{other}.json") for other in (split, "train", "dev", "test"))
            beside = next(filter(whole, others), None)
            if beside is not None:
                share = records / beside["records"]
                return _data(format, records, beside["sequences"] * share, beside["tokens"] * share, largest, known)
            size = self.size(data, split)
            sequences = records * (size.sequences if size else 1.0)
            longest = self.world.encoding_of(data.partition("@")[0]).max_length
            tokens = sequences * min(size.tokens if size else TOKENS[format], longest)
            return _data(format, records, sequences, tokens, largest, known if size else "guess")
        return _data(format, told["records"], told["sequences"], told["tokens"], largest, "tokens")


def _data(format: Format, records: int, sequences: float, tokens: float, largest: float, known: Known) -> Data:
    return Data(records, sequences, tokens, records if format == "choice" else sequences, largest, known)


def tokenizer_of(world: World, base: str) -> str:
    """Name of a base's tokenizer: one that the world trains, or the base's own."""
    scratch = world.bases[base].scratch
    return scratch.tokenizer if scratch else base


def whole(told: Mapping[str, Any]) -> bool:
    """Whether a token file's record has its counts."""
    return all(isinstance(told.get(name), int) and told[name] > 0 for name in ("records", "sequences", "tokens"))


def read_json(file: Path) -> dict[str, Any]:
    """What a JSON file holds; nothing where it is missing, torn, or no mapping."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
