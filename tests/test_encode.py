"""Encoding a split: the file does not depend on how records come in chunks, and what lengths cut off is counted."""

import json
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts import encode
from xstilts.encode import encode_split
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.encoding import Encoding
from xstilts.specs import TokensSpec
from xstilts.tokenizer import train_tokenizer

SCRIPT = Path(__file__).parents[1] / "scripts/encode_tokens.py"
LENGTHS = Encoding(max_length=16, max_query=4, stride=4)
LABELS = {"classification": ("yes", "no"), "tagging": ("N", "V")}
CUT = {name: {"text"} for name in ("classification", "choice", "retrieval", "mlm")}
CUT |= {"span": {"question", "answer"}, "tagging": {"word"}}


def text(rng):
    return " ".join("".join(rng.choices("kalomi", k=rng.randint(1, 3))) for _ in range(rng.randint(1, 8)))


def records_of(name, count):
    """Made-up records, some of them too long for a sequence."""
    rng = random.Random(0)
    for i in range(count):
        one = {"id": str(i), "language": "en", "text": text(rng), "side": "english", "pair": None}
        one |= {"text_a": text(rng), "text_b": text(rng) if i % 3 else None, "prompt": text(rng), "question": text(rng)}
        one |= {"label": i % 2 if name == "choice" else ("yes", "no")[i % 2]}
        one |= {"choices": [text(rng) for _ in range(2 + i % 2)], "context": (context := text(rng))}
        one |= {"answers": [{"text": context, "start": 0}][: i % 2], "words": (words := text(rng).split())}
        yield one | {"tags": [rng.choice("NVX") for _ in words]}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory) -> Path:
    folder, rng = tmp_path_factory.mktemp("tokenizer"), random.Random(1)
    train_tokenizer([text(rng) for _ in range(200)], 20, folder)
    return folder / "tokenizer.json"


@pytest.fixture
def split(tokenizer, tmp_path):
    """A function that encodes so many records of a format in chunks of a size."""

    def encoded(name, path, chunk=encode.CHUNK, count=23):
        form = format_named(name)
        fields = form.schema().names
        rows = [{key: value for key, value in one.items() if key in fields} for one in records_of(name, count)]
        # A row group ends within a chunk.
        pq.write_table(pa.Table.from_pylist(rows, schema=form.schema()), tmp_path / "records", row_group_size=10)
        spec = TokensSpec(data="d", split="test", format=name, labels=LABELS.get(name, ()), encoding=LENGTHS)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encode, "CHUNK", chunk)
            return encode_split(spec, tmp_path / "records", tokenizer, spec.labels, path)

    return encoded


@pytest.mark.parametrize("name", CUT)
def test_neither_tokens_nor_counts_depend_on_the_size_of_chunks(name, split, tmp_path):
    whole = split(name, tmp_path / "whole")
    table = Features.open(tmp_path / "whole").table
    assert len(table["row"].chunks) == 1
    for chunk in (1, 7, 23):
        assert split(name, tmp_path / "parts", chunk) == whole
        parts = Features.open(tmp_path / "parts").table
        assert len(parts["row"].chunks) == -(-23 // chunk)
        assert parts.equals(table, check_metadata=True)
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("name", CUT)
def test_rows_items_and_counts_are_those_of_the_split(name, split, tmp_path):
    counts = split(name, tmp_path / "tokens", chunk=5)
    features = Features.open(tmp_path / "tokens")
    rows = features.column("row").tolist()
    assert rows == sorted(rows) and set(rows) == set(range(23))
    assert features.column("item").tolist()[-1] == len(features) - 1
    assert counts.records == 23
    assert counts.sequences == len(features.table) == features.item_starts[-1]
    assert counts.tokens == features.item_tokens.sum()
    assert features.meta["format"] == name and features.meta["labels"] == list(LABELS.get(name, ()))
    assert counts.cut.keys() == CUT[name]
    assert all(0 <= count <= 23 for count in counts.cut.values())
    assert any(counts.cut.values()) or name == "tagging"


def test_the_record_and_the_log_tell_what_was_cut(split, tokenizer, tmp_path):
    counts = split("span", tmp_path / "tokens.arrow")
    spec = TokensSpec(data="d", split="test", format="span", labels=(), encoding=LENGTHS)
    arguments = ["--spec", spec.text(), "--records", tmp_path / "records", "--tokenizer", tokenizer]
    command = [sys.executable, SCRIPT, *arguments, "--out", tmp_path / "again"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    record = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert asdict(counts).items() <= record.items()
    assert (tmp_path / "again.arrow").read_bytes() == (tmp_path / "tokens.arrow").read_bytes()
    share = f"{counts.cut['answer'] / 23:.2%}"
    assert f"answer {counts.cut['answer']} ({share})" in done.stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_encoding_leaves_nothing_behind(error, split, tmp_path, monkeypatch):
    form, done = format_named("mlm"), []
    plain = type(form).encode

    def fails_at_the_third(self, *args):
        done.append(None)
        if len(done) == 3:
            raise error
        return plain(self, *args)

    monkeypatch.setattr(type(form), "encode", fails_at_the_third)
    with pytest.raises(error):
        split("mlm", tmp_path / "out" / "tokens.arrow", chunk=5)
    assert list((tmp_path / "out").iterdir()) == []
