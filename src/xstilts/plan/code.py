"""Fingerprints of the code that jobs run, so that an edit reruns the jobs that it concerns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from xstilts.fingerprint import FACETS, fingerprint
from xstilts.plan.prints import Prints
from xstilts.specs import Spec

PROGRAMS = {
    "prepare": "prepare",
    "tokenizer": "train_tokenizer",
    "encode": "encode_tokens",
    "draw": "draw_base",
    "fetch": "fetch_base",
    "train": "train_checkpoint",
    "predict": "predict_target",
    "align": "measure_alignment",
    "score": "score_target",
    "compare": "compare_recipes",
    "figures": "draw_figures",
    "tables": "write_tables",
    "cards": "write_cards",
    "page": "make_report",
    "submission": "write_submission",
}


class Code:
    """The programs of a folder; `frozen`: an existing result's own fingerprint stands, whatever was edited since."""

    def __init__(self, scripts: Path, frozen: bool) -> None:
        self.scripts, self.frozen = scripts, frozen
        self.prints = Prints(scripts)

    def of(self, program: str, made: Path, spec: Callable[[], Spec], *found_by_name: str) -> str:
        """Fingerprint of what a job runs, or, where frozen, the one in the record `made`, if it is of this spec."""
        if self.frozen and made.exists():
            record = json.loads(made.read_text(encoding="utf-8"))
            if record["spec"] == spec().model_dump(mode="json"):
                return str(record["code"])
        return self.now(program, *found_by_name)

    def now(self, program: str, *found_by_name: str) -> str:
        """Fingerprint of a program as it is, with the modules that it finds by a name in its spec."""
        path, facet = self.scripts / f"{PROGRAMS[program]}.py", program if program in FACETS else None
        name = " ".join([program, *found_by_name])
        return self.prints.of(name, lambda: fingerprint(path, facet, found_by_name))
