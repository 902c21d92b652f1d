"""A tokenizer like XLM-R's (SentencePiece, its normalisation, its class), trained on the samples in seconds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
from samples import FOLDER
from tokenizers import normalizers
from transformers.models.xlm_roberta.tokenization_xlm_roberta import XLMRobertaTokenizer

from xstilts.sources.rows import items, lines

VOCABULARY = 6000


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
    tokenizer._tokenizer.normalizer = normalizers.NFKC()
    tokenizer._tokenizer.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def texts() -> Iterator[str]:
    """A little of every language."""
    for path in sorted((FOLDER / "xquad").glob("*.json")) + sorted((FOLDER / "tydiqa_goldp").glob("*dev*.json")):
        for number, article in enumerate(items(path, "data.item")):
            if number < 12:
                yield article["paragraphs"][0]["context"]
    for path in sorted((FOLDER / "tatoeba").iterdir()):
        yield from (text for place, text in lines(path) if place.line is not None and place.line <= 40)
