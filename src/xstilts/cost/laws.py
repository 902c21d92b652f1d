"""How long jobs take and how much memory, by kind: sums of amounts, each at a price.

The prices here are what the plan begins with; jobs that have finished mend them (`fit`). Times are in seconds. Amounts
of `compute` (in half precision, or on a CPU), `single` (in fp32) and `traffic` are seconds at the device's published
peak: their price is how many times slower it really is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MB, GB = 1e6, 1e9
Prices = Mapping[str, float]


@dataclass(frozen=True)
class Law:
    """What one amount of each kind takes."""

    time: Prices = field(default_factory=dict)
    memory: Prices = field(default_factory=dict)

    def seconds(self, amounts: Mapping[str, float]) -> float:
        return total(self.time, amounts)

    def bytes(self, amounts: Mapping[str, float]) -> float:
        return total(self.memory, amounts)


def total(prices: Prices, amounts: Mapping[str, float]) -> float:
    """The sum of all amounts at their prices."""
    return sum(prices[name] * amount for name, amount in amounts.items())


# What runs on CPUs was measured in the miniature (docs/cost.md); GPUs' prices are worked out from published figures, or
# assumed, and say so.
LAWS: Mapping[str, Law] = MappingProxyType(
    {
        "nothing": Law(),
        # Training. `start`: importing torch and deepspeed, building the engine. `files`: GB of weights in and out.
        # `calls`: of a layer for a micro-batch, forward and backward, and what a step does besides, in such calls.
        "train on CPU": Law(
            # compute: a core reaches 45 % of the peak that its own products of matrices show (measured, miniature)
            {"start": 6.0, "files": 1.0, "calls": 0.0004, "compute": 2.2, "traffic": 1.0},
            # activations: what malloc scatters included, 4.5 times what autograd keeps (measured, miniature)
            {"processes": 545 * MB, "launchers": 230 * MB, "states": 1.0, "activations": 4.5, "tokens": 1.0},
        ),
        "train on GPU": Law(
            # calls, compute and single: worked out from NVIDIA's published BERT-Large fine-tuning, see docs/cost.md
            {"start": 40.0, "files": 1.0, "calls": 0.0009, "compute": 3.0, "single": 2.0, "traffic": 2.0},
            {"processes": 3.5 * GB, "launchers": 400 * MB, "states": 1.0, "activations": 0.0, "tokens": 1.0},
        ),
        # Evaluation. `items`: what decoding and writing take for each record. `search`: products of similarities.
        "predict on CPU": Law(
            {"start": 4.5, "files": 1.0, "calls": 0.0003, "compute": 2.5, "items": 0.0002, "search": 2.5},
            {"processes": 535 * MB, "states": 1.0, "activations": 2.0, "items": 2000.0, "vectors": 3.0},
        ),
        "predict on GPU": Law(
            {"start": 25.0, "files": 1.0, "calls": 0.0009, "single": 2.0, "items": 0.0002, "search": 2.0},
            {"processes": 3.5 * GB, "states": 1.0, "activations": 0.0, "items": 2000.0, "vectors": 3.0},
        ),
        "align on CPU": Law(
            {"start": 4.5, "files": 1.0, "calls": 0.0003, "compute": 3.0, "items": 0.00003, "search": 2.5},
            {"processes": 580 * MB, "states": 1.0, "activations": 2.0, "items": 2000.0, "vectors": 2.0},
        ),
        "align on GPU": Law(
            {"start": 25.0, "files": 1.0, "calls": 0.0009, "single": 2.0, "items": 0.00003, "search": 2.0},
            {"processes": 3.5 * GB, "states": 1.0, "activations": 0.0, "items": 2000.0, "vectors": 0.5},
        ),
        "score": Law(
            {"start": 0.6, "items": 0.00003, "words": 0.00006, "draws": 80e-9},
            {"processes": 160 * MB, "items": 1500.0, "words": 2500.0},
        ),
        # Data. `made`: rows that are generated; `chunk`: of records or tokens, that is held at once.
        "prepare": Law({"start": 0.7, "items": 0.00002, "made": 0.00003}, {"processes": 142 * MB, "chunk": 1.0}),
        "encode": Law({"start": 0.6, "tokens": 1.4e-6}, {"processes": 150 * MB, "chunk": 400.0}),
        "tokenizer": Law({"start": 0.8, "tokens": 2.6e-6}, {"processes": 150 * MB, "tokens": 100.0}),
        "draw": Law({"start": 4.5, "files": 2.0}, {"processes": 450 * MB, "states": 2.0}),
        # draws, held: measured by benchmarks/report.py on the whole replication
        "report": Law(
            {"start": 3.0, "items": 0.02, "draws": 400e-9}, {"processes": 200 * MB, "items": 0.2 * MB, "held": 3.0}
        ),
        "submission": Law({"start": 0.5, "items": 5e-6}, {"processes": 160 * MB, "items": 1000.0}),
        # A network of 20 MB/s, assumed.
        "fetch": Law({"start": 3.0, "network": 1 / (20 * MB)}, {"processes": 300 * MB, "states": 1.0}),
    }
)
