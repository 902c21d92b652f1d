"""What jobs run on: kinds of GPUs from devices.yaml, and a core of a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xstilts.config.training import Precision
from xstilts.errors import UserError
from xstilts.names import suggest
from xstilts.tasks.release import read_registry

REGISTRY = Path(__file__).with_name("devices.yaml")
GB, TERA = 1e9, 1e12
COMPUTED: Mapping[Precision, str] = {"fp32": "fp32", "bf16": "bf16", "autocast-bf16": "bf16", "fp16": "fp16"}
"""The format that products of matrices are computed in."""


@dataclass(frozen=True)
class Device:
    """A GPU, or a core of a CPU."""

    name: str
    memory: float
    """Bytes; of a CPU's core 0: its memory is the node's."""
    peak: Mapping[str, float | None]
    """Operations a second of dense products, by number format; None: not in hardware."""
    bandwidth: float
    """Of its memory, bytes a second."""
    link: float
    """To the others of a job, bytes a second."""

    @property
    def is_gpu(self) -> bool:
        return self.memory > 0

    def rate(self, precision: Precision) -> float:
        """Operations a second at the most; of a format that is not in hardware, those of fp32."""
        return self.peak.get(COMPUTED[precision]) or self.peak["fp32"] or TERA

    def lacks(self, precision: Precision) -> bool:
        """Whether a number format is not in hardware."""
        return self.peak.get(COMPUTED[precision]) is None


CORE = Device("CPU core", 0.0, {"fp32": 0.1 * TERA, "fp16": 0.1 * TERA, "bf16": 0.1 * TERA}, 10 * GB, 5 * GB)
"""An AVX-512 core does 0.1 TFLOP/s of fp32 products (measured: MFU and tokens/s of the miniature's logs); the rest is
assumed. Finished jobs soon tell more."""


@cache
def devices() -> Mapping[str, Device]:
    """The registry, by name."""
    read = read_registry(REGISTRY)
    return {
        name: Device(
            name,
            one["memory_gb"] * GB,
            {kind: peak and peak * TERA for kind, peak in one["peak"].items()},
            one["bandwidth"] * GB,
            one["link"] * GB,
        )
        for name, one in read.items()
    }


def device(kind: str) -> Device:
    """The GPU that a site calls `kind`."""
    known = devices()
    if kind not in known:
        raise UserError(
            f"config/site.yaml: there is no kind of GPU {kind!r}{suggest(kind, known)}; known are {', '.join(known)}. "
            "Add it to src/xstilts/cost/devices.yaml, from its data sheet"
        )
    return known[kind]
