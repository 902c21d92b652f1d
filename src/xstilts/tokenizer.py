"""The miniature's tokenizer: a SentencePiece unigram model of its text, in the class that XLM-R uses."""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import sentencepiece
from transformers.models.xlm_roberta.tokenization_xlm_roberta import XLMRobertaTokenizer

SPACE = "▁"  # SentencePiece's mark of a word's beginning
LONGEST = 12
SEEN = 5


def train_tokenizer(texts: Iterable[str], vocabulary: int, folder: Path) -> int:
    """Train on `texts` and write tokenizer.json and its configuration; returns the size of the vocabulary.

    One thread, so that equal texts give equal pieces. Ids are laid out as XLM-R's: four special tokens, the pieces,
    and `<mask>` last.
    """
    lines = list(texts)
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".tsv") as seeds:
        for piece, count in seed_pieces(lines):
            seeds.write(f"{piece}\t{count}\n")
        seeds.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocabulary - 2,  # SentencePiece counts three special tokens, XLM-R five
            character_coverage=1.0,
            normalization_rule_name="identity",
            max_sentencepiece_length=LONGEST,
            seed_sentencepieces_file=seeds.name,
            num_threads=1,
            minloglevel=2,
        )
    trained = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [(trained.id_to_piece(i), trained.get_score(i)) for i in range(3, trained.get_piece_size())]
    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    tokenizer = XLMRobertaTokenizer(vocab=[*special, *pieces, ("<mask>", 0.0)])
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def seed_pieces(lines: Iterable[str]) -> list[tuple[str, int]]:
    """Candidate pieces: substrings of the running words, by how often they occur.

    SentencePiece looks for its candidates in the list of distinct words, where a small lexicon has each word just once,
    so whole words would never be among them.
    """
    words = Counter(word for line in lines for word in line.split())
    found: Counter[str] = Counter()
    for word, count in words.items():
        marked = SPACE + word
        for i in range(len(marked)):
            for j in range(i + 2, min(i + LONGEST, len(marked)) + 1):
                found[marked[i:j]] += count
    kept = [(piece, count) for piece, count in found.items() if count >= SEEN]
    return sorted(kept, key=lambda item: (-item[1] * len(item[0]), item[0]))
