"""How well checkpoints align languages: what is measured, and with which of them."""

from __future__ import annotations

from pathlib import Path

from xstilts.alignment import OPERATORS, RATES
from xstilts.errors import UserError
from xstilts.plan.checkpoints import Checkpoints
from xstilts.plan.code import Code
from xstilts.plan.facts import Facts
from xstilts.specs import AlignmentSpec
from xstilts.tasks import get


class Alignment:
    """`alignment/<node>/<target>`."""

    def __init__(self, facts: Facts, code: Code, checkpoints: Checkpoints) -> None:
        self.facts, self._code, self.checkpoints = facts, code, checkpoints
        self.folder = facts.results / "alignment"
        self._paired = [task.name for task in facts.project.targets if task.paired]

    def spec(self, node: str, target: str) -> AlignmentSpec:
        length = self.facts.encoding(get(target)).max_length
        return AlignmentSpec(node=node, task=target, max_length=length, operators=OPERATORS, rates=RATES)

    def code(self, node: str, target: str) -> str:
        return self._code.of("align", self.folder / node / f"{target}.json", lambda: self.spec(node, target))

    def parts(self, node: str, target: str) -> Path:
        """Folder of what a measurement, once killed, goes on from; undeclared, since Snakemake removes outputs."""
        return self.facts.results / "states" / "alignment" / node / target

    def files(self) -> list[Path]:
        """Digests of all measurements: every checkpoint that is no target's, with every target that is in pairs."""
        if not self._paired:
            raise UserError(
                f"the study {self.facts.name!r} has no target in which every sentence has its translation, which "
                "alignment is measured on: add tatoeba to its targets"
            )
        top = self.checkpoints.folder("")
        nodes = [
            file.parent.relative_to(top) for kind in ("bases", "intermediates") for file in self.checkpoints.files(kind)
        ]
        return [self.folder / node / f"{task}.digest" for node in nodes for task in self._paired]

    def probed(self) -> list[Path]:
        """What the study measures beside its targets, as far as there is data for it."""
        return self.files() if "alignment" in self.facts.study.probes and self._paired else []
