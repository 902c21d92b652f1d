"""Bases from the hub: what their repositories may look like, and what of them is downloaded."""

import json

import pytest
import torch
from safetensors.torch import load_file, save

from xstilts.specs import FetchSpec

TOKENS = {"config.json": b'{"model_type": "bert"}', "tokenizer.json": b"{}"}
WEIGHTS = {"a": torch.arange(3, dtype=torch.float16), "b": torch.randn(2, 3)}
NAMES = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
SHARDS = {NAMES[key]: save({key: tensor}, {"format": "pt"}) for key, tensor in WEIGHTS.items()}
INDEX = {"model.safetensors.index.json": json.dumps({"metadata": {}, "weight_map": NAMES}).encode()}
PICKLES = {"pytorch_model.bin": b"pickle", "flax_model.msgpack": b"flax", "tf_model.h5": b"tf", "rust_model.ot": b""}
OTHERS = {"onnx/model.safetensors": b"another", "README.md": b"card"}


@pytest.fixture
def fetch(hub, client, name, tmp_path):
    """A function that fetches a repository of some files: the message, and the names of what was asked for."""

    def fetched(*groups):
        files = {path: content for group in groups for path, content in group.items()}
        commit = hub.repository(name, "models").commit(files)
        message = client("base", FetchSpec(base="mine", hub=name, revision=commit, path=None), tmp_path / "out")
        asked = [asked.path for asked in hub.asked if "/resolve/" in asked.path]
        return message, {path.split(f"/{commit}/")[1] for path in asked}

    return fetched


def test_shards_are_merged(fetch, tmp_path):
    message, asked = fetch(TOKENS, SHARDS, INDEX, PICKLES, OTHERS)
    assert message is None
    assert asked == {*TOKENS, *SHARDS, *INDEX}
    found = load_file(tmp_path / "out" / "model.safetensors")
    assert found.keys() == WEIGHTS.keys()
    assert all(found[key].dtype == value.dtype and torch.equal(found[key], value) for key, value in WEIGHTS.items())
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "model.safetensors", "config.json", "tokenizer.json", "training.json", "README.md", "digest"
    }  # fmt: skip


def test_what_stands_twice_is_downloaded_once(fetch):
    message, asked = fetch(TOKENS, {"model.safetensors": b"whole"}, SHARDS, INDEX, {"vocab.txt": b"a"}, OTHERS)
    assert message is None
    assert asked == {*TOKENS, "model.safetensors"}


def test_pickles_alone_are_refused_before_anything_is_downloaded(fetch, name, tmp_path):
    message, asked = fetch(TOKENS, PICKLES, OTHERS)
    assert message.startswith(f"base 'mine': {name} at revision ")
    assert "holds no model.safetensors but pytorch_model.bin: " in message
    assert message.endswith("; then write `mine: {path: FOLDER}` under `bases:` of the world")
    assert not asked and not list((tmp_path / "out").iterdir())


def test_a_vocabulary_is_made_into_a_tokenizer(fetch, tmp_path):
    words = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b"]).encode()
    config = {"config.json": b'{"model_type": "bert"}', "tokenizer_config.json": b'{"do_lower_case": false}'}
    message, asked = fetch(config, {"model.safetensors": b"weights", "vocab.txt": words}, PICKLES)
    assert message is None
    assert asked == {*config, "model.safetensors", "vocab.txt"}
    vocabulary = json.loads((tmp_path / "out" / "tokenizer.json").read_text())["model"]["vocab"]
    assert vocabulary["##b"] == 6


def test_neither_tokenizer_nor_vocabulary(fetch):
    message, asked = fetch({"config.json": b"{}", "model.safetensors": b"weights"})
    assert "holds no tokenizer.json, nor a vocabulary" in message and not asked


def test_a_damaged_shard_is_told(fetch):
    message, _ = fetch(TOKENS, INDEX, SHARDS | {NAMES["b"]: SHARDS[NAMES["b"]][:-1]})
    assert f"{NAMES['b']} is cut short" in message
