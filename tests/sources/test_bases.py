"""Bases from a folder: copied, merged or completed where their layout is an older one, or refused with what to do."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer, Tokenizer

from xstilts.errors import UserError
from xstilts.layout import checkpoint_digest
from xstilts.sources.bases import fetch_base
from xstilts.sources.fetch.weights import files_watched
from xstilts.specs import FetchSpec

FILES = {"model.safetensors": "weights", "config.json": "{}", "tokenizer.json": "{}", "pytorch_model.bin": "pickle"}
DOCS = Path(__file__).parents[2] / "docs" / "add-a-model.md"
LINES = [
    "The ﬁne print of ½ page: “quoted”, 100 % sure … and so on.",
    "Ｆｕｌｌ－ｗｉｄｔｈ １２３，東京都は日本の首都です。ﾊﾝｶｸ",
    "ภาษาไทยน้ำใจ  two  spaces\tand a tab",
    "العربية ﻻ ﷲ كتاب",
    "हिन्दी में लिखा हुआ एक वाक्य",
    "Déjà vu, e\u0301tude, Straße and ＡＢＣ",
    "中文句子，有全角标点。",
    "한국어 문장과 Ⅷ 번호 ①②③",
    "\u3000 leading and trailing space \u00a0",
    "zero\u200bwidth, soft\u00adhyphen, tele￼type",
]


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def spec(source):
    return FetchSpec(base="mine", hub=None, revision=None, path=str(source))


def fetched(source, out):
    fetch_base(spec(source), out, "code")
    return out


def refused(source, out):
    with pytest.raises(UserError, match=rf"base 'mine': the folder {source} ") as caught:
        fetch_base(spec(source), out, "code")
    assert not (out / "digest").exists() and not list(out.iterdir())
    return str(caught.value)


def test_a_folder_becomes_a_checkpoint(source, tmp_path):
    out = fetched(source, tmp_path / "out")
    assert {p.name for p in out.iterdir()} == {
        "model.safetensors", "config.json", "tokenizer.json", "training.json", "README.md", "digest"
    }  # fmt: skip
    assert (out / "digest").read_text().strip() == checkpoint_digest(source)
    assert json.loads((out / "training.json").read_text())["code"] == "code"
    assert "unchanged" in (out / "README.md").read_text()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_what_is_missing_is_named(source, tmp_path, name):
    (source / name).unlink()
    assert f"holds no {name}" in refused(source, tmp_path / "out")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert "holds no config.json" in refused(tmp_path / "nowhere", tmp_path / "out")


def test_pickles_are_refused_with_a_reason(source, tmp_path):
    (source / "model.safetensors").unlink()
    message = refused(source, tmp_path / "out")
    assert "but pytorch_model.bin: " in message and "never pickles" in message and "docs/add-a-model.md" in message


# weights in shards ---------------------------------------------------------------------------------------------------
WEIGHTS = {
    "a": torch.arange(3, dtype=torch.float16),  # an odd number of halves: what follows it must be aligned all the same
    "b": torch.randn(4, 5),
    "c": torch.randn(2, 3, dtype=torch.float64),
    "d": torch.tensor(True),
    "e": torch.zeros(0, 7),
    "f": torch.arange(6).reshape(2, 3),
    "g": torch.randn(300, 1100),  # more than a block
}
SHARDS = {"model-00001-of-00002.safetensors": "adeg", "model-00002-of-00002.safetensors": "bcf"}


@pytest.fixture
def shards(source):
    """The source with its weights in shards."""
    (source / "model.safetensors").unlink()
    for file, names in SHARDS.items():
        save_file({name: WEIGHTS[name] for name in names}, source / file, {"format": "pt"})
    (source / "model.safetensors.index.json").write_text(index_of())
    return source


def index_of(**other):
    listed = {name: file for file, names in SHARDS.items() for name in names}
    return json.dumps({"metadata": {"total_size": 1}, "weight_map": listed | other})


def test_shards_become_one_file(shards, tmp_path):
    out = fetched(shards, tmp_path / "out")
    found = load_file(out / "model.safetensors")
    assert found.keys() == WEIGHTS.keys()
    for name, tensor in found.items():
        assert tensor.dtype == WEIGHTS[name].dtype and torch.equal(tensor, WEIGHTS[name])
    with safe_open(out / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
    assert "its shards merged" in (out / "README.md").read_text()
    assert not list(out.glob("model-*"))


def test_one_file_is_taken_before_shards(shards, tmp_path):
    (shards / "model.safetensors").write_text("whole")
    assert (fetched(shards, tmp_path / "out") / "model.safetensors").read_text() == "whole"


def damage_index(folder):
    (folder / "model.safetensors.index.json").write_text("{")


def no_shard(folder):
    (folder / "model-00002-of-00002.safetensors").unlink()


def cut_shard(folder):
    file = folder / "model-00001-of-00002.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def other_shard(folder):
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"\xff" * 100)


def lacking_tensor(folder):
    (folder / "model.safetensors.index.json").write_text(index_of(z="model-00001-of-00002.safetensors"))


def outside(folder):
    (folder / "model.safetensors.index.json").write_text(index_of(z="../secret.safetensors"))
    save_file({"z": torch.zeros(1)}, folder.parent / "secret.safetensors")


def test_what_a_fetch_reads_is_what_is_watched(shards, tmp_path):
    names = {"config.json", "tokenizer.json", "model.safetensors.index.json", *SHARDS}
    assert {path.name for path in files_watched(shards)} == names
    (shards / "tokenizer.json").unlink()
    (shards / "vocab.txt").write_text("a")
    assert {path.name for path in files_watched(shards)} == names - {"tokenizer.json"} | {"vocab.txt"}
    for nothing in (tmp_path, tmp_path / "nowhere"):
        assert files_watched(nothing) == [nothing / "config.json"]


@pytest.mark.parametrize(
    "damage, message",
    [
        (damage_index, "model.safetensors.index.json is no index of safetensors shards"),
        (no_shard, "holds no model-00002-of-00002.safetensors, which model.safetensors.index.json lists"),
        (cut_shard, "model-00001-of-00002.safetensors is cut short"),
        (other_shard, "model-00001-of-00002.safetensors is no safetensors file"),
        (lacking_tensor, "model-00001-of-00002.safetensors does not hold z"),
        (outside, "holds no ../secret.safetensors"),
    ],
)
def test_damaged_shards_are_told(damage, message, shards, tmp_path):
    damage(shards)
    assert message in refused(shards, tmp_path / "out")


# tokenizers from vocabularies ----------------------------------------------------------------------------------------
def spm(path, **settings):
    model = io.BytesIO()
    special = {"pad": "[PAD]", "bos": "[CLS]", "eos": "[SEP]", "unk": "[UNK]"}
    pieces = {f"{name}_piece": piece for name, piece in special.items()} if settings.pop("deberta", True) else {}
    ids = {f"{name}_id": i for i, name in enumerate(special)} if pieces else {}
    settings = {"model_type": "unigram", "vocab_size": 140, "normalization_rule_name": "nmt_nfkc"} | settings
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 3), model_writer=model, num_threads=1, minloglevel=2, **settings, **ids, **pieces
    )
    path.write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


@pytest.fixture
def bare(source):
    """The source without a tokenizer."""
    (source / "tokenizer.json").unlink()

    def of(kind, **files):
        (source / "config.json").write_text(json.dumps({"model_type": kind}))
        for name, text in files.items():
            (source / f"{name}.json").write_text(json.dumps(text))
        return source

    return of


def opened(out):
    """The tokenizer as the workflow reads it, which must be the one that transformers opens."""
    plain, auto = Tokenizer.from_file(str(out / "tokenizer.json")), transformers.AutoTokenizer.from_pretrained(out)
    for line in LINES:
        assert auto(line).input_ids == plain.encode(line).ids
        assert auto(line, "b a").input_ids == plain.encode(line, "b a").ids
    return plain


def test_debertas_tokens_are_those_of_its_sentencepiece_model(bare, tmp_path):
    source = bare("deberta-v2", tokenizer_config={"do_lower_case": False, "vocab_type": "spm"})
    processor = spm(source / "spm.model")
    out = fetched(source, tmp_path / "out")
    tokenizer = opened(out)
    for line in LINES:
        assert tokenizer.encode(line, add_special_tokens=False).ids == processor.encode(line), line
    encoded = tokenizer.encode("a", "b")
    assert [tokenizer.token_to_id(token) for token in ("[PAD]", "[CLS]", "[SEP]", "[UNK]")] == [0, 1, 2, 3]
    assert encoded.tokens[0] == "[CLS]" and [t for t in encoded.tokens if t == "[SEP]"] == ["[SEP]"] * 2
    assert tokenizer.token_to_id("[MASK]") == processor.get_piece_size() == tokenizer.get_vocab_size() - 1
    assert tokenizer.encode("a [MASK]").tokens[-2] == "[MASK]"
    assert "made from its vocabulary" in (out / "README.md").read_text()


def test_deberta_may_lower_case_and_split_at_punctuation(bare, tmp_path):
    source = bare("deberta-v2", tokenizer_config={"do_lower_case": True, "split_by_punct": True})
    processor = spm(source / "spm.model")
    tokenizer = Tokenizer.from_file(str(fetched(source, tmp_path / "out") / "tokenizer.json"))
    assert tokenizer.encode("The PAGE", add_special_tokens=False).ids == processor.encode("the page")
    assert "".join(tokenizer.encode("a,b", add_special_tokens=False).tokens) == "▁a▁,▁b"


@pytest.mark.parametrize("kind", ["xlm-roberta", "xlm-roberta-xl"])
def test_xlmrs_tokens_are_those_of_its_sentencepiece_model(kind, bare, tmp_path):
    source = bare(kind)
    processor = spm(source / "sentencepiece.bpe.model", deberta=False)
    tokenizer = opened(fetched(source, tmp_path / "out"))
    for line in LINES:
        wanted = [piece + 1 if piece else 3 for piece in processor.encode(line)]
        assert tokenizer.encode(line, add_special_tokens=False).ids == wanted, line
    assert tokenizer.encode("", "").ids == [0, 2, 2, 2]
    assert tokenizer.token_to_id("<mask>") == processor.get_piece_size() + 1 == tokenizer.get_vocab_size() - 1


@pytest.mark.parametrize("cased", [True, False])
def test_berts_tokenizer_is_made_from_its_vocabulary(cased, bare, tmp_path):
    source = bare("bert", tokenizer_config={"do_lower_case": not cased})
    trained = BertWordPieceTokenizer(lowercase=not cased)
    trained.train_from_iterator(LINES, 300, show_progress=False)
    trained.save_model(str(source))
    tokenizer = opened(fetched(source, tmp_path / "out"))
    assert tokenizer.encode("The", "page").type_ids[-1] == 1
    for line in LINES:
        assert tokenizer.encode(line, add_special_tokens=False).ids == trained.encode(line).ids, line


def test_robertas_tokenizer_is_made_from_its_vocabulary(bare, tmp_path):
    source = bare("roberta")
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(LINES, 400, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    trained.save_model(str(source))
    tokenizer = opened(fetched(source, tmp_path / "out"))
    for line in LINES:
        assert tokenizer.encode(line, add_special_tokens=False).ids == trained.encode(line).ids


def test_a_vocabulary_that_would_be_numbered_otherwise_is_refused(bare, tmp_path):
    source = bare("deberta-v2", added_tokens={"[MASK]": 999})
    spm(source / "spm.model")
    message = refused(source, tmp_path / "out")
    assert "'[MASK]' of id 999, which would become 140" in message


@pytest.mark.parametrize("kind, settings", [("deberta-v2", {"model_type": "bpe"}), ("t5", {})])
def test_a_sentencepiece_model_of_another_kind_is_refused(kind, settings, bare, tmp_path):
    source = bare(kind)
    spm(source / "spm.model", **settings)
    message = refused(source, tmp_path / "out")
    assert (
        "spm.model that is no unigram model" if settings else "spm.model is used by a model of type 't5'"
    ) in message


@pytest.mark.parametrize("content", [b"", b"no model", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x03\x0a\x01"])
def test_a_damaged_sentencepiece_model_is_refused(content, bare, tmp_path):
    source = bare("deberta-v2")
    (source / "spm.model").write_bytes(content)
    assert "spm.model that is no" in refused(source, tmp_path / "out")


# what the documentation says ------------------------------------------------------------------------------------------
def test_the_way_that_the_documentation_shows_for_pickles(tmp_path, bare):
    """mDeBERTa's repository as it is: a pickle in half precision, and a SentencePiece model."""
    source = bare("deberta-v2")
    spm(source / "spm.model")
    (source / "model.safetensors").unlink()
    one = torch.randn(3, 4).half()
    torch.save({"deberta.weight": one, "tied": one, "part": one[:, :2]}, source / "pytorch_model.bin")
    script = DOCS.read_text(encoding="utf-8").split("python - FOLDER <<'EOF'\n")[1].split("EOF\n")[0]
    script = "\n".join(line.removeprefix("    ") for line in script.splitlines())
    subprocess.run([sys.executable, "-c", script, str(source)], check=True, capture_output=True)
    found = load_file(fetched(source, tmp_path / "out") / "model.safetensors")
    assert {name: tensor.dtype for name, tensor in found.items()} == dict.fromkeys(found, torch.float16)
    np.testing.assert_array_equal(found["deberta.weight"], one)
    np.testing.assert_array_equal(found["part"], one[:, :2])
