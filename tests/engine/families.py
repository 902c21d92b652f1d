"""Tiny models of every family in the layout that their repositories have on the hub, made into bases as those are."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import sentencepiece
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer
from transformers.models.roberta.tokenization_roberta import RobertaTokenizer

from xstilts.sources.bases import fetch_base
from xstilts.specs import FetchSpec
from xstilts.tokenizer import train_tokenizer

LAYERS, WIDTH, POSITIONS = 2, 16, 48
SIZES = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
}
ROBERTA = {"max_position_embeddings": POSITIONS + 2, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
# microsoft/mdeberta-v3-base, but for its sizes.
DEBERTA = {
    "hidden_act": "gelu",
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-7,
    "max_position_embeddings": POSITIONS,
    "max_relative_positions": -1,
    "model_type": "deberta-v2",
    "norm_rel_ebd": "layer_norm",
    "pad_token_id": 0,
    "pooler_dropout": 0,
    "pooler_hidden_act": "gelu",
    "pooler_hidden_size": WIDTH,
    "pos_att_type": "p2c|c2p",
    "position_biased_input": False,
    "position_buckets": 8,
    "relative_attention": True,
    "share_att_key": True,
    "type_vocab_size": 0,
}
FAMILIES = ("xlmr", "xlmr-xl", "mbert", "roberta", "mdeberta", "deberta-legacy", "deberta-whole")
WITHOUT_MLM = ("mdeberta",)


def words(rng: random.Random) -> list[str]:
    return ["".join(rng.choice("abcdeé") for _ in range(rng.randint(2, 5))) for _ in range(40)]


def texts() -> list[str]:
    rng = random.Random(0)
    some = words(rng)
    return [" ".join(rng.choices(some, k=6)) + rng.choice([".", "?", ", (a)", " Ａ１"]) for _ in range(150)]


def spm_model(path: Path) -> None:
    """A SentencePiece model with the special pieces and the normalisation of DeBERTa's."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts()),
        model_writer=model,
        model_type="unigram",
        vocab_size=58,
        character_coverage=1.0,
        normalization_rule_name="nmt_nfkc",
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        pad_piece="[PAD]",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        unk_piece="[UNK]",
        num_threads=1,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())


def repository(family: str, folder: Path) -> Path:
    """Files as the hub has them."""
    folder.mkdir(parents=True)
    torch.manual_seed(1)
    if family in ("xlmr", "xlmr-xl"):
        size = train_tokenizer(texts(), 60, folder)
        kind = "XLMRoberta" if family == "xlmr" else "XLMRobertaXL"
        config = getattr(transformers, f"{kind}Config")(vocab_size=size, type_vocab_size=1, **SIZES, **ROBERTA)
        model = getattr(transformers, f"{kind}ForMaskedLM")(config)
        model.save_pretrained(folder, max_shard_size="100GB" if family == "xlmr" else "8KB")
    elif family == "roberta":
        tokenizer = ByteLevelBPETokenizer()
        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        tokenizer.train_from_iterator(texts(), 320, show_progress=False, special_tokens=special)
        tokenizer.save_model(str(folder))
        RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
        size = tokenizer.get_vocab_size()
        config = transformers.RobertaConfig(vocab_size=size, type_vocab_size=1, **SIZES, **ROBERTA)
        transformers.RobertaForMaskedLM(config).save_pretrained(folder)
    elif family == "mbert":
        published_bert(folder)
    else:
        published_deberta(family, folder)
    return folder


def published_bert(folder: Path) -> None:
    """mBERT: both pretraining heads, the output layer left out, and LayerNorm's weights under their old names."""
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(texts(), 80, show_progress=False)
    tokenizer.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false, "model_max_length": 512}')
    config = transformers.BertConfig(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=POSITIONS, **SIZES)
    transformers.BertForPreTraining(config).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    renamed = {}
    for name, tensor in weights.items():
        end = ".".join(name.split(".")[-2:])
        renamed[name.removesuffix(end) + old.get(end, end)] = tensor
    save_file(renamed, folder / "model.safetensors", {"format": "pt"})


def published_deberta(family: str, folder: Path) -> None:
    """mDeBERTa: half precision, the heads of its own pretraining, a second word embedding, no tokenizer.json.

    `deberta-legacy` has the masked-LM head that transformers makes; `deberta-whole` says `legacy: false`, with which
    transformers reads the published one.
    """
    spm_model(folder / "spm.model")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false, "vocab_type": "spm"}')
    settings = {**SIZES, **DEBERTA, "vocab_size": 80}  # more rows than tokens, as published
    (folder / "config.json").write_text(json.dumps(settings))
    config = transformers.AutoConfig.from_pretrained(folder)
    if family == "deberta-legacy":
        transformers.DebertaV2ForMaskedLM(config).save_pretrained(folder)
        return
    config.legacy = False
    model = transformers.DebertaV2ForMaskedLM(config)
    if family == "deberta-whole":
        model.save_pretrained(folder)
        return
    weights = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    weights["deberta.embeddings.word_embeddings._weight"] = torch.zeros(80, WIDTH).half()
    weights["deberta.embeddings.position_embeddings.weight"] = torch.zeros(POSITIONS, WIDTH).half()
    for name, shape in (("dense.weight", (WIDTH, WIDTH)), ("dense.bias", (WIDTH,)), ("classifier.weight", (1, WIDTH))):
        weights[f"mask_predictions.{name}"] = torch.zeros(shape).half()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def base_of(family: str, folder: Path) -> Path:
    """A base as the workflow has it."""
    source = repository(family, folder / "source")
    fetch_base(FetchSpec(base=family, hub=None, revision=None, path=str(source)), folder / "base", "code")
    return folder / "base"
