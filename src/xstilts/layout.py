"""Names of the files in a checkpoint's folder, and the digest of what its children read."""

from __future__ import annotations

import json
from pathlib import Path

from xstilts.files import digest_of

WEIGHTS, CONFIG, RECORD, CARD, DIGEST = "model.safetensors", "config.json", "training.json", "README.md", "digest"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
HEADS = "heads.safetensors"


def degenerate_in(folder: Path) -> list[str]:
    """The nodes from a base to this one that learned nothing, as its record says; a base just drawn has no record."""
    if not (folder / RECORD).exists():
        return []
    found: list[str] = json.loads((folder / RECORD).read_text(encoding="utf-8")).get("degenerate", [])
    return found


def checkpoint_digest(folder: Path) -> str:
    """Digest of what a child or an evaluation reads: weights, configuration, tokenizer."""
    return digest_of([p for p in (folder / WEIGHTS, folder / CONFIG, folder / "tokenizer.json") if p.exists()])
