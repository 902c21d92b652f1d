"""Bases from a folder: copied whole, or refused with a message that says what to do."""

import json

import pytest

from xstilts.errors import UserError
from xstilts.layout import checkpoint_digest
from xstilts.sources.bases import fetch_base
from xstilts.specs import FetchSpec

FILES = {"model.safetensors": "weights", "config.json": "{}", "tokenizer.json": "{}", "pytorch_model.bin": "pickle"}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def spec(source):
    return FetchSpec(base="mine", hub=None, revision=None, path=str(source))


def test_a_folder_becomes_a_checkpoint(source, tmp_path):
    out = tmp_path / "out"
    fetch_base(spec(source), out, "code")
    assert {p.name for p in out.iterdir()} == {
        "model.safetensors", "config.json", "tokenizer.json", "training.json", "README.md", "digest"
    }  # fmt: skip
    assert (out / "digest").read_text().strip() == checkpoint_digest(source)
    assert json.loads((out / "training.json").read_text())["code"] == "code"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_what_is_missing_is_named(source, tmp_path, name):
    (source / name).unlink()
    with pytest.raises(UserError, match=rf"base 'mine'.*holds no {name}"):
        fetch_base(spec(source), tmp_path / "out", "code")
    assert not (tmp_path / "out/digest").exists()


def test_pickles_are_refused_with_a_reason(source, tmp_path):
    (source / "model.safetensors").unlink()
    with pytest.raises(UserError, match="never pickles"):
        fetch_base(spec(source), tmp_path / "out", "code")
