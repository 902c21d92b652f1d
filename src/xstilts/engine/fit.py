"""Whether things that were made apart go together: a parent and its base, a model and token files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoConfig

from xstilts.errors import UserError
from xstilts.formats.base import Special
from xstilts.layout import CONFIG

SHAPE = (
    "model_type",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
)
"""What children of a base have in common with it."""


def config_of(folder: Path) -> Any:
    """A checkpoint's configuration; what its config.json leaves out, transformers adds."""
    if not (folder / CONFIG).is_file():
        raise UserError(f"{folder} holds no {CONFIG}: it is no checkpoint")
    try:
        return AutoConfig.from_pretrained(folder)
    except (ValueError, OSError) as error:
        raise UserError(
            f"{folder / CONFIG}: transformers can't read it: {' '.join(str(error).split())[:300]}"
        ) from None


def check_parent(parent: Path, base: Path) -> None:
    """Refuse a parent of another architecture than its base: it was made from another one."""
    if parent == base:
        return
    ours, theirs = config_of(parent), config_of(base)
    pairs = [(name, getattr(ours, name, None), getattr(theirs, name, None)) for name in SHAPE]
    wrong = [(name, a, b) for name, a, b in pairs if a != b]
    if wrong:
        parts = [", ".join(f"{name} {values[i]}" for name, *values in wrong) for i in (0, 1)]
        raise UserError(
            f"{parent} has {parts[0]}, and its base {base} has {parts[1]}: the one was not made from the other; "
            "delete the checkpoint and let it be made again"
        )


def check_fit(encoder: Any, part: str, special: Special, longest: int) -> None:
    """Refuse token files that a model can't read.

    part     what the token files are of, for the message
    special  what they say of their tokenizer
    longest  tokens of their longest sequence
    """
    pieces, rows = special.vocabulary, encoder.get_input_embeddings().num_embeddings
    if pieces > rows:
        raise UserError(
            f"{part}: its tokenizer has {pieces} pieces, and the model has embeddings for {rows}: they do not belong "
            "together. The tokenizer.json of a base must be the one that it was pretrained with; tokens that were "
            "added to it want resize_token_embeddings, once, in the folder that the base is read from"
        )
    room = positions(encoder)
    if room is not None and longest > room:
        raise UserError(
            f"{part}: its longest sequence has {longest} tokens, and the model has positions for {room}; "
            f"set `max_length` of its format, under `encoding:` of the world, to {room} at most"
        )


def positions(encoder: Any) -> int | None:
    """Tokens of the longest sequence that a model can read; None where positions are relative (DeBERTa-v3).

    RoBERTa and its kin count positions from the padding id on, so that the first rows of the table are never used.
    """
    table = getattr(encoder.embeddings, "position_embeddings", None)
    if table is None:
        return None
    rows: int = table.num_embeddings
    return rows if table.padding_idx is None else rows - table.padding_idx - 1
