"""A tokenizer.json for a base that has only the vocabulary of its tokenizer: older repositories do.

SentencePiece models are read here: transformers would need protobuf for it, and in its version 5 makes mDeBERTa's
tokenizer without the normalisation that its model file prescribes (NFKC and more), which is felt in Chinese, Japanese,
Thai, Arabic, and wherever full-width forms or ligatures are written. What remains is letters with several combining
marks, which the tokenizers library normalises otherwise than SentencePiece in all its conversions.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.layout import CONFIG
from xstilts.sources.fetch.errors import FetchError

SENTENCEPIECE = ("sentencepiece.bpe.model", "spm.model", "sentencepiece.model")
ADDED = "added_tokens.json"
VOCABULARIES = (*SENTENCEPIECE, "vocab.txt", "vocab.json", "merges.txt", ADDED, "special_tokens_map.json")
UNIGRAM, UNKNOWN = 1, 2  # SentencePiece's numbers for a kind of model, and for a kind of piece


def make_tokenizer(source: Path, target: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json into `target` from the vocabulary in `source`."""
    import transformers

    model = next((source / name for name in SENTENCEPIECE if (source / name).is_file()), None)
    kind = setting(source / CONFIG, "model_type", "")
    tokenizer: Any
    if model is None:
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(source, local_files_only=True)
        except (ValueError, OSError, KeyError, TypeError) as error:
            raise FetchError(f"has a vocabulary that transformers can't read: {error}") from None
    elif kind.startswith("xlm-roberta"):
        tokenizer = xlmr_tokenizer(Pieces.read(model))
    elif kind == "deberta-v2":
        tokenizer = deberta_tokenizer(Pieces.read(model), source / "tokenizer_config.json")
    else:
        raise FetchError(
            f"holds no tokenizer.json, and how {model.name} is used by a model of type {kind!r} is not known here: "
            "save it once with AutoTokenizer.from_pretrained(...).save_pretrained(...)"
        )
    if (source / ADDED).is_file():
        check_added(tokenizer, source / ADDED)
    tokenizer.save_pretrained(target)


def xlmr_tokenizer(pieces: Pieces) -> Any:
    """XLM-R's ids: its own four special tokens in place of SentencePiece's three, and the mask last."""
    from transformers.models.xlm_roberta.tokenization_xlm_roberta import XLMRobertaTokenizer

    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary = [*special, *pieces.scored[3:], ("<mask>", 0.0)]
    return XLMRobertaTokenizer(vocab=vocabulary, _spm_precompiled_charsmap=pieces.normalisation or None)


def deberta_tokenizer(pieces: Pieces, settings: Path) -> Any:
    """DeBERTa-v3's ids: SentencePiece's own, special tokens among them, and what else is special behind them."""
    from tokenizers import Regex, normalizers
    from transformers import PreTrainedTokenizerFast
    from transformers.models.deberta_v2.tokenization_deberta_v2 import DebertaV2Tokenizer

    lower, split = (bool(setting(settings, name, False)) for name in ("do_lower_case", "split_by_punct"))
    made = DebertaV2Tokenizer(vocab=pieces.scored, unk_id=pieces.unknown, do_lower_case=lower, split_by_punct=split)
    made.backend_tokenizer.normalizer = normalizers.Sequence(
        [
            *([normalizers.Lowercase()] if lower else []),
            *([normalizers.Precompiled(pieces.normalisation)] if pieces.normalisation else []),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    # Of the general class, since DeBERTa's own would put another normaliser in place of this one when it is opened.
    return PreTrainedTokenizerFast(tokenizer_object=made.backend_tokenizer, **made.special_tokens_map)


def check_added(tokenizer: Any, added: Path) -> None:
    """Refuse a tokenizer that numbers added tokens otherwise than the model was trained with."""
    for token, number in json.loads(added.read_text(encoding="utf-8")).items():
        found = tokenizer.backend_tokenizer.token_to_id(token)
        if found != number:
            raise FetchError(
                f"has a token {token!r} of id {number}, which would become {found} in a tokenizer.json made from its "
                "vocabulary: save it once with AutoTokenizer.from_pretrained(...).save_pretrained(...)"
            )


def setting(file: Path, name: str, default: Any) -> Any:
    """A value of a JSON file that may not be there."""
    try:
        return json.loads(file.read_text(encoding="utf-8")).get(name, default)
    except (OSError, ValueError, AttributeError):
        return default


@dataclass
class Pieces:
    """What a SentencePiece model holds that a tokenizer is made of."""

    scored: list[tuple[str, float]] = field(default_factory=list)
    unknown: int = 0
    normalisation: bytes = b""

    @classmethod
    def read(cls, path: Path) -> Pieces:
        """From a model file, which is a message of the format protobuf: numbered fields, one after another."""
        found, kind = cls(), UNIGRAM
        try:
            for number, value in message(path.read_bytes()):
                if number == 1:
                    piece: dict[int, Any] = dict(message(value))
                    if piece.get(3) == UNKNOWN:
                        found.unknown = len(found.scored)
                    found.scored.append((piece[1].decode(), piece.get(2, 0.0)))
                elif number == 2:
                    kind = dict(message(value)).get(3, UNIGRAM)
                elif number == 3:
                    found.normalisation = dict(message(value)).get(2, b"")
        except (IndexError, KeyError, TypeError, ValueError, struct.error):
            raise FetchError(f"has a {path.name} that is no SentencePiece model") from None
        if kind != UNIGRAM or not found.scored:
            raise FetchError(f"has a {path.name} that is no unigram model, the only kind that is read here")
        return found


def message(data: bytes) -> Iterator[tuple[int, Any]]:
    """Fields of a protobuf message: their number, and an int, a float, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        match key & 7:
            case 0:
                number, at = varint(data, at)
                yield key >> 3, number
            case 2:
                size, at = varint(data, at)
                if at + size > len(data):
                    raise ValueError("cut short")
                yield key >> 3, data[at : at + size]
                at += size
            case 5:
                yield key >> 3, struct.unpack_from("<f", data, at)[0]
                at += 4
            case 1:
                at += 8
            case _:
                raise ValueError("no such kind of field")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where what follows it begins."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
