"""A stage with everything resolved: what a training run is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from xstilts.config.deepspeed import DeepSpeed
from xstilts.config.training import Device, Precision
from xstilts.errors import UserError
from xstilts.names import suggest
from xstilts.recipe import Mix
from xstilts.tasks import Format

RUNNING = (
    *("ranks", "nodes", "zero", "offload", "activation_checkpointing", "packed", "micro_tokens", "threads", "device"),
    *("save_minutes", "deepspeed"),
)
"""How a run is carried out. It does not change the result, so it is no part of a stage's digest."""


@dataclass(frozen=True)
class Judgement:
    """When a run is judged degenerate or not, and how often a degenerate one starts over; see `config.Degenerate`."""

    retries: int = 1
    after: float = 0.3


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
    evaluate_every: int = 1000
    dev_examples: int = 500
    patience: int = 30
    degenerate: Judgement = Judgement()
    mix: Mix = "capped"
    cap: int = 2**17
    temperature: float = 2.0
    weights: Mapping[str, float] = field(default_factory=dict)
    mlm_rate: float = 0.5
    mlm_probability: float = 0.15
    mlm_smoothing: float = 0.3
    # How the run is carried out: RUNNING.
    ranks: int = 1
    nodes: int = 1
    zero: int = 0
    offload: bool = False
    activation_checkpointing: bool = False
    packed: bool = True
    micro_tokens: int = 4096
    threads: int = 1
    device: Device = "any"
    save_minutes: float = 10.0
    deepspeed: Mapping[str, int | bool] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """What determines the weights, for the digest: no name, nothing of `RUNNING`, nothing without effect."""
        tasks = {part.task for part in self.parts}
        mixture = len(self.parts) > 1
        idle = {"name", *RUNNING}
        idle |= set() if mixture else {"mix"}
        idle |= set() if mixture and self.mix == "capped" else {"cap"}
        idle |= set() if mixture and self.mix == "temperature" else {"temperature"}
        idle |= set() if mixture and self.mix == "weights" else {"weights"}
        idle |= set() if mixture and "mlm" in tasks else {"mlm_rate"}
        idle |= set() if "mlm" in tasks else {"mlm_probability", "mlm_smoothing"}
        return {key: value for key, value in _plain(asdict(self)).items() if key not in idle}

    def running(self) -> str:
        """How the run is carried out, as one word that any shell or scheduler passes on: `ranks=2,zero=1,…`."""
        said: dict[str, Any] = {name: getattr(self, name) for name in RUNNING if name != "deepspeed"}
        said |= {f"deepspeed.{name}": value for name, value in self.deepspeed.items()}
        return ",".join(f"{name}={json.dumps(value).strip(chr(34))}" for name, value in said.items())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The spec of `as_dict()`, with a name and what `running_of` gives."""
        known = {one.name for one in fields(cls)}
        given = {key: value for key, value in values.items() if key in known}
        parts = tuple(PartSpec(**{**part, "languages": tuple(part["languages"])}) for part in given.pop("parts"))
        if "betas" in given:
            given["betas"] = tuple(given["betas"])
        if isinstance(given.get("degenerate"), Mapping):
            given["degenerate"] = Judgement(**given["degenerate"])
        return cls(**{"name": "", **given, "parts": parts})


def conflict(spec: StageSpec) -> str | None:
    """Settings of a stage that do not go together, and what to do; None where all do."""
    if spec.offload and not spec.zero:
        return "has offload: true and zero: 0; only a sharded optimizer can be offloaded: write zero: 1 or more"
    if spec.ranks > spec.batch:
        return (
            f"deals a step of {spec.batch} examples to {spec.ranks} ranks, some of which would always idle: lower ranks"
        )
    if spec.ranks % spec.nodes:
        return f"spreads {spec.ranks} ranks over {spec.nodes} nodes unevenly: make ranks a multiple of nodes"
    if len(spec.parts) > 1 and spec.mix == "weights":
        # Masked LM has a rate of its own; see `mlm_rate`.
        names = [f"{p.task}@{p.variant}" if p.variant else p.task for p in spec.parts if p.task != "mlm"]
        lacking, idle = [n for n in names if n not in spec.weights], [n for n in spec.weights if n not in names]
        if lacking:
            return f"has mix: weights and no weight for {', '.join(lacking)}: add it under 'weights'"
        if idle:
            return f"has weights for {', '.join(idle)}, which {'is' if len(idle) == 1 else 'are'} no part of it"
    return None


def running_of(text: str) -> dict[str, Any]:
    """What `StageSpec.running` wrote, or a person: some of `RUNNING`, the others left to their defaults."""
    found: dict[str, Any] = {"deepspeed": {}}
    for setting in filter(None, text.split(",")):
        name, _, written = setting.partition("=")
        try:
            value = json.loads(written)
        except ValueError:
            value = written
        block, _, inner = name.partition(".")
        if block == "deepspeed" and inner in DeepSpeed.model_fields:
            found["deepspeed"][inner] = value
        elif name in (*RUNNING, "trackers"):
            found[name] = value
        else:
            known = [*RUNNING, "trackers", *(f"deepspeed.{field}" for field in DeepSpeed.model_fields)]
            raise UserError(f"there is no setting {name!r}{suggest(name, known)}; the settings: {', '.join(known)}")
    return found


def _plain(value: Any) -> Any:
    """Tuples as lists, so that a spec equals itself after a way through JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
