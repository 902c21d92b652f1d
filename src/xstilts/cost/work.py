"""What a job does, in amounts that its time and memory grow with; how much each amount takes is in `laws`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xstilts.cost.estimate import Memory, Source


@dataclass(frozen=True)
class Work:
    """One job. `kind` names the law that it goes by."""

    kind: str
    time: Mapping[str, float] = field(default_factory=dict)
    """Amounts by name; see `laws.LAWS`."""
    memory: Mapping[str, float] = field(default_factory=dict)
    """Likewise, of the fullest node's main memory."""
    cores: float = 1.0
    """That are busy while it runs."""
    disk: float = 0.0
    scratch: float = 0.0
    network: float = 0.0
    gpus: int = 0
    nodes: int = 1
    gpu_memory: Memory | None = None
    saves: tuple[float, float] = (0.0, 0.0)
    """Seconds between two saved states, and seconds that one takes; none where the first is 0."""
    source: Source | None = None
    """Where it is not the law's: `not known`."""
    notes: tuple[str, ...] = ()


NOTHING = Work("nothing")
"""A rule that only collects."""
