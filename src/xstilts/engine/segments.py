"""Which text of a pair a token belongs to, for models that were pretrained to be told: BERT, of the families here.

Token files hold no segments, since most models want none. They follow from the ids: all after the separator that ends
the first text is the second one. So they are worked out where they are used, and a saved model, asked with what its
tokenizer gives in transformers, hears in use what it heard in training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from xstilts.errors import UserError


def tell_segments(encoder: Any, folder: Path) -> None:
    """Let the embeddings of `encoder` work out segments, where it and the tokenizer in `folder` know two of them."""
    if getattr(encoder.config, "type_vocab_size", 1) < 2:
        return
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise UserError(f"{folder} holds no tokenizer.json, which says how its model tells two texts apart")
    pair = Tokenizer.from_file(str(file)).encode("a", "b")
    if 1 not in pair.type_ids:
        return
    separator = pair.ids[pair.type_ids.index(1) - 1]

    def told(embeddings: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        ids = kwargs.get("input_ids")
        if ids is not None and kwargs.get("token_type_ids") is None:
            ends = (ids == separator).long()
            kwargs["token_type_ids"] = (ends.cumsum(1) - ends).clamp(max=1)
        return args, kwargs

    encoder.embeddings.register_forward_pre_hook(told, with_kwargs=True)
