"""A tokenizer like XLM-R's (SentencePiece, its normalisation, its class), trained on the samples in seconds."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
from samples import FOLDER
from tokenizers import normalizers
from transformers.models.xlm_roberta.tokenization_xlm_roberta import XLMRobertaTokenizer

VOCABULARY = 6000
NORMALIZER, CHARACTERS = 3, 2  # numbers of fields in sentencepiece_model.proto: normalizer_spec, precompiled_charsmap
VARINT, BYTES = 0, 2  # protobuf's kinds of fields
FIXED = {5: 4, 1: 8}


def train(folder: Path) -> Path:
    """Write a tokenizer.json into `folder`. As is SentencePiece's default, pieces do not mix letters, digits, marks."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=texts(),
        model_writer=model,
        model_type="unigram",
        vocab_size=VOCABULARY,
        character_coverage=0.9995,
        normalization_rule_name="nmt_nfkc",
        num_threads=1,
        minloglevel=2,
        max_sentence_length=20000,
    )
    trained = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [(trained.id_to_piece(i), trained.get_score(i)) for i in range(3, trained.get_piece_size())]
    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    tokenizer = XLMRobertaTokenizer(vocab=[*special, *pieces, ("<mask>", 0.0)])
    tokenizer._tokenizer.normalizer = normalizers.Precompiled(characters(model.getvalue()))
    tokenizer._tokenizer.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def characters(model: bytes) -> bytes:
    """SentencePiece's own table of what becomes of each character (nmt_nfkc), as XLM-R's tokenizer.json has it."""
    return dict(fields(dict(fields(model))[NORMALIZER]))[CHARACTERS]


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and values of a protobuf message's fields that hold bytes; others are passed over."""
    at = 0
    while at < len(message):
        key, at = number(message, at)
        if key & 7 == VARINT:
            _, at = number(message, at)
        elif key & 7 == BYTES:
            length, at = number(message, at)
            yield key >> 3, message[at : at + length]
            at += length
        else:
            at += FIXED[key & 7]


def number(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    found = shift = 0
    while True:
        byte = message[at]
        found |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return found, at


def texts() -> Iterator[str]:
    """A little of every language."""
    for path in sorted((FOLDER / "xquad").glob("*.json")) + sorted((FOLDER / "tydiqa_goldp").glob("*dev*.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["data"][:12]:
            yield article["paragraphs"][0]["context"]
    for path in sorted((FOLDER / "tatoeba").iterdir()):
        yield from path.read_text(encoding="utf-8").split("\n")[:40]
