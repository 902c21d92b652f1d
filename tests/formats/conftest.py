"""A tokenizer trained on a hundred made-up lines, a tiny random XLM-R, and the way of records through both."""

import random

import numpy as np
import pyarrow as pa
import pytest
import torch
import transformers
from tokenizers import Tokenizer

from xstilts.encode import special_of
from xstilts.engine.answers import Answers
from xstilts.engine.inference import Asking
from xstilts.features import Features
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding
from xstilts.tokenizer import train_tokenizer

torch.set_num_threads(1)  # tests may run beside other work, and threads that wait for a core cost more than they bring
SYLLABLES = ["ka", "lo", "mi", "ter", "ven", "sul", "pa", "dor", "ne", "fi"]
UNSPACED = "山水火木金土日月人大小中"  # a script without spaces between words


def made_up_line(rng: random.Random) -> str:
    """A sentence of one to three syllables a word, or one without spaces."""
    if rng.random() < 0.3:
        return "".join(rng.choice(UNSPACED) for _ in range(rng.randint(4, 14)))
    words = ["".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 3))) for _ in range(rng.randint(3, 9))]
    return " ".join(words) + rng.choice(".?!,")


@pytest.fixture(scope="session")
def lines() -> list[str]:
    rng = random.Random(0)
    return [made_up_line(rng) for _ in range(100)]


@pytest.fixture(scope="session")
def tokenizer(lines, tmp_path_factory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(lines, 90, folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="session")
def special(tokenizer) -> Special:
    return Special(**special_of(tokenizer))


@pytest.fixture(scope="session")
def draw_model(tokenizer, special):
    """A function that draws a model of a transformers class; its weights are large, so that its opinions differ."""

    def draw(auto_class: str, outputs: int = 2, seed: int = 0):
        torch.manual_seed(seed)
        config = transformers.XLMRobertaConfig(
            vocab_size=special.vocabulary,
            pad_token_id=special.pad,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=160,
            type_vocab_size=1,
            initializer_range=0.3,
            num_labels=outputs,
        )
        return getattr(transformers, auto_class).from_config(config).eval()

    return draw


def table_of(form, records) -> pa.Table:
    """Records as a table; ids and the language are filled in."""
    filled = [{"id": f"r{i}", "language": "en", **record} for i, record in enumerate(records)]
    return pa.Table.from_pylist(filled, schema=form.schema())


@pytest.fixture(scope="session")
def encode(tokenizer):
    """A function from records to their table and features."""

    def encoded(form, records, labels=(), **lengths):
        table = table_of(form, records)
        encoding = Encoding(**{"max_length": 64, **lengths})
        return table, Features(form.encode(table, tokenizer, encoding, labels).table), encoding

    return encoded


@pytest.fixture(scope="session")
def cut(tokenizer):
    """A function from records to how many of them lost what to the lengths."""

    def lost(form, records, labels=(), **lengths):
        encoding = Encoding(**{"max_length": 64, **lengths})
        return dict(form.encode(table_of(form, records), tokenizer, encoding, labels).cut)

    return lost


@pytest.fixture(scope="session")
def ask(special):
    """A function that gives what a model says of each sequence, under a budget of tokens a batch."""

    def said(model, form, features, encoding, budget=10**6):
        asking = Asking(model, form, encoding, packed=False, budget=budget)
        return asking.ask(features, np.arange(len(features)), special, Answers())

    return said


@pytest.fixture(scope="session")
def whole_batch(special):
    """A function that collates all items of some features, or those given."""

    def batch(form, features, items=None, draw=(0,)):
        chosen = np.arange(len(features)) if items is None else np.asarray(items)
        return form.collate(features, chosen, special, draw)

    return batch
