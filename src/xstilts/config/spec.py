"""A stage with everything resolved: what a training run is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, cast

from xstilts.config.training import Precision
from xstilts.recipe import Mix
from xstilts.tasks import Format

RUNNING = frozenset({"zero", "ranks", "micro_tokens", "threads"})
"""How a run is carried out. It does not change the result, so it is no part of a stage's digest."""


@dataclass(frozen=True)
class PartSpec:
    """One task of a stage, and the data that it is trained on."""

    task: str
    variant: str
    format: Format
    data: str
    """The task whose train split is used: `squad` for the target `xquad`."""
    dev: str
    """The task whose English dev split selection looks at."""
    languages: tuple[str, ...]
    """Of the train split; ("en",) unless a variant or the text of masked language modelling says otherwise."""
    encoding: Mapping[str, Any]


@dataclass(frozen=True)
class StageSpec:
    """The hyper-parameters of one stage. Those without a default must come from the configuration."""

    name: str
    parts: tuple[PartSpec, ...]
    lr: float
    batch: int
    steps: int | None = None
    epochs: float | None = None
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    dropout: float | None = None
    precision: Precision = "fp32"
    zero: int = 0
    ranks: int = 1
    micro_tokens: int = 4096
    threads: int = 1
    evaluate_every: int = 1000
    dev_examples: int = 500
    patience: int = 30
    mix: Mix = "capped"
    cap: int = 2**17
    temperature: float = 2.0
    mlm_rate: float = 0.5
    mlm_probability: float = 0.15

    def as_dict(self) -> dict[str, Any]:
        """What determines the weights, for the digest: no name, nothing of `RUNNING`, nothing without effect."""
        tasks = {part.task for part in self.parts}
        mixture = len(self.parts) > 1
        idle = {"name"} | RUNNING
        idle |= set() if mixture else {"mix"}
        idle |= set() if mixture and self.mix == "capped" else {"cap"}
        idle |= set() if mixture and self.mix == "temperature" else {"temperature"}
        idle |= set() if mixture and "mlm" in tasks else {"mlm_rate"}
        idle |= set() if "mlm" in tasks else {"mlm_probability"}
        return {key: value for key, value in _plain(asdict(self)).items() if key not in idle}

    def running(self) -> dict[str, Any]:
        """How the run is carried out; see `RUNNING`."""
        return {name: getattr(self, name) for name in sorted(RUNNING)}

    def job(self) -> dict[str, Any]:
        """All of it, as JSON can hold it; `from_dict` reads it back."""
        return cast(dict[str, Any], _plain(asdict(self)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The spec of `job()`, or of `as_dict()` with a name."""
        known = {field.name for field in fields(cls)}
        given = {key: value for key, value in values.items() if key in known}
        parts = tuple(PartSpec(**{**part, "languages": tuple(part["languages"])}) for part in given.pop("parts"))
        if "betas" in given:
            given["betas"] = tuple(given["betas"])
        return cls(**{"name": "", **given, "parts": parts})


def _plain(value: Any) -> Any:
    """Tuples as lists, so that a spec equals itself after a way through JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
