"""A base model of XLM-R's class with random weights, to be pretrained by the pipeline itself."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

from xstilts.encode import special_of
from xstilts.specs import ScratchSpec


def draw(spec: ScratchSpec, tokenizer: Path, folder: Path) -> int:
    """Write configuration and weights into `folder`; returns the number of parameters."""
    special = special_of(Tokenizer.from_file(str(tokenizer / "tokenizer.json")))
    torch.manual_seed(spec.seed)
    shape = spec.architecture
    config = XLMRobertaConfig(
        vocab_size=special["vocabulary"],
        pad_token_id=special["pad"],
        hidden_size=shape["hidden_size"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["intermediate_size"],
        # XLM-R counts positions from the padding id on.
        max_position_embeddings=shape["positions"] + special["pad"] + 1,
        hidden_dropout_prob=shape["dropout"],
        attention_probs_dropout_prob=shape["dropout"],
        type_vocab_size=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    model = XLMRobertaForMaskedLM(config)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    return sum(p.numel() for p in model.parameters())
