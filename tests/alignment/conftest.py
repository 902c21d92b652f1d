"""A tiny XLM-R, and sentences with translations that share some of their words, as files of the pipeline."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "engine"))  # a base of two narrow layers
from parallel import SHARED, translations
from small import make_base

from xstilts.encode import encode_split
from xstilts.engine.align import Job
from xstilts.files import write_digest
from xstilts.formats import format_named
from xstilts.formats.encoding import Encoding
from xstilts.records import write_records
from xstilts.specs import AlignmentSpec, TokensSpec


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"), noise=0.3)


@pytest.fixture(scope="session")
def data(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with records and tokens, and the digests of both."""
    folder, form = tmp_path_factory.mktemp("data"), format_named("retrieval")
    empty = dict.fromkeys(form.schema().names)
    records = [record for language, shared in SHARED.items() for record in translations(language, shared)]
    written = write_records(((None, empty | record) for record in records), form, (), dict, folder / "test.parquet")
    write_digest(folder / "test.digest", written.digest)
    spec = TokensSpec(data="tatoeba", split="test", format="retrieval", labels=(), encoding=Encoding(40))
    encode_split(spec, folder / "test.parquet", base / "tokenizer.json", (), folder / "tokens.arrow")
    write_digest(folder / "tokens.digest", "of the tokens")
    return folder


@pytest.fixture
def job(base: Path, data: Path, tmp_path: Path) -> Job:
    """A measurement with two kinds of noise, which is quick."""
    spec = AlignmentSpec(node="tiny", task="tatoeba", max_length=40, operators=("drop", "typo"), rates=(0.1, 0.3))
    tokens, out = data / "tokens.arrow", tmp_path / "out" / "tatoeba"
    return Job(spec, "code", base, data / "test.parquet", tokens, out, tmp_path / "parts", micro_tokens=256)
