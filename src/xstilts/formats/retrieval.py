"""Retrieval of translations by the encoder itself: nothing is trained.

This is records and vectors; what is found among these is in `xstilts.formats.finding`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.errors import UserError
from xstilts.formats.base import Batch, Draw, Encoded, Format, Special, encode_texts, pad
from xstilts.formats.encoding import Encoding, Pooling
from xstilts.formats.finding import ASKED, Side, mined, nearest, of_rows, searched
from xstilts.formats.tokens import whole

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from xstilts.features import Features

SIDES = ("foreign", "english", "query", "candidate")
NAMES = pa.list_(pa.string())


class Retrieval(Format):
    record_fields = (
        pa.field("side", pa.string()),
        pa.field("text", pa.string()),
        pa.field("context", pa.string()),
        pa.field("pair", pa.string()),
        pa.field("more", NAMES),  # further translations, where a sentence has several (BUCC)
    )

    def check(self, record: Mapping[str, Any], labels: Sequence[str]) -> str | None:
        if record["side"] not in SIDES:
            return f"side {record['side']!r} is none of {', '.join(SIDES)}"
        return None if record["text"].strip() else "text is empty"

    def encode(self, records: pa.Table, tokenizer: Tokenizer, encoding: Encoding, labels: Sequence[str]) -> Encoded:
        """A candidate is read with its context, where it has one (LAReQA)."""
        return encode_texts(records, tokenizer, encoding, second="context")

    def collate(self, features: Features, items: np.ndarray, special: Special, draw: Draw) -> Batch:
        ids, mask = pad([features.ids(i) for i in items], special.pad)
        return Batch(ids, mask, {}, features.column("row")[items])

    def infer(self, model: PreTrainedModel, batch: Batch, encoding: Encoding) -> pa.RecordBatch:
        """A vector for each sentence: of every layer where all are compared, [layers, width], else of the one asked."""
        out = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True)
        layers = out.hidden_states
        wanted = layers if encoding.find == "nearest" else [layers[encoding.block(len(layers) - 1)]]
        return pa.record_batch({"vectors": tensors([pooled(one, batch, encoding.pooling) for one in wanted])})

    def together(self, features: Features, encoding: Encoding) -> list[np.ndarray]:
        """A language at a time: more vectors need not be in memory. Queries look among those of all languages."""
        if encoding.find == "map20":
            return super().together(features, encoding)
        languages = features.item_languages
        return [np.flatnonzero(languages == code) for code in dict.fromkeys(languages.tolist())]

    def source(self, depth: int, encoding: Encoding) -> dict[str, Any]:
        return {"layer": encoding.block(depth), "layers": depth, "pooling": encoding.pooling}

    def asked(self, records: pa.Table, encoding: Encoding) -> pa.Table:
        """English sentences look for foreign ones, foreign ones have pairs mined for them, queries want answers."""
        return records.filter(pc.equal(records["side"], ASKED[encoding.find]))

    def decode(
        self, records: pa.Table, features: Features, said: pa.Table, labels: Sequence[str], encoding: Encoding
    ) -> pa.Table:
        """What is found for each sentence that is asked for, and in how many layers a translation is."""
        vectors = whole(said["vectors"]).to_numpy_ndarray()
        broken = np.flatnonzero(~np.isfinite(vectors.sum(axis=(1, 2))))
        if len(broken):
            one = records.slice(int(broken[0]), 1).to_pylist()[0]
            raise UserError(
                f"the model gives vectors that are not finite for {len(broken)} of {len(records)} sentences, the first "
                f"{one['id']} ({one['language']}, {one['side']}): its training has come to nothing"
            )
        side = np.array(records["side"].to_pylist())
        asks = side == ASKED[encoding.find]
        rows = (np.flatnonzero(asks), np.flatnonzero(~asks))
        asked, offered = (Side(records.take(pa.array(some)), of_rows(vectors, some)) for some in rows)
        layer = encoding.block(vectors.shape[1] - 1) if encoding.find == "nearest" else 0
        found = {"nearest": nearest, "mining": mined, "map20": searched}[encoding.find](asked, offered, layer)
        return pa.table({"id": asked.records["id"], "language": asked.records["language"], **found})


def pooled(hidden: torch.Tensor, batch: Batch, pooling: Pooling) -> torch.Tensor:
    """Vectors of sentences from those of their tokens, [sentences, width].

    mean    over all tokens, `<s>` and `</s>` included, as the paper and XTREME do it
    words   over the tokens between them
    cls     that of `<s>`
    """
    if pooling == "cls":
        return hidden[:, 0].float()
    mask = batch.attention_mask.clone()
    if pooling == "words":
        mask[:, 0] = 0
        mask.scatter_(1, batch.attention_mask.sum(1, keepdim=True) - 1, 0)
    weight = mask[..., None].to(hidden.dtype)
    return ((hidden * weight).sum(1) / weight.sum(1).clamp(min=1)).float()


def tensors(layers: Sequence[torch.Tensor]) -> pa.Array:
    """[sentences, layers, width], as Arrow holds it."""
    values = np.stack([layer.cpu().numpy() for layer in layers], axis=1)
    kind = pa.fixed_shape_tensor(pa.float32(), values.shape[1:])
    flat = pa.FixedSizeListArray.from_arrays(values.ravel(), values[0].size)
    return pa.ExtensionArray.from_storage(kind, flat)


FORMAT = Retrieval()
