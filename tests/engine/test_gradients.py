"""A step is a set of examples: how it is cut into micro-batches and dealt to ranks changes nothing."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file
from tokenizers import Tokenizer

from xstilts.config.spec import PartSpec, StageSpec
from xstilts.encode import special_of
from xstilts.engine import zero
from xstilts.engine.model import build, weight_groups
from xstilts.engine.scratch import draw
from xstilts.engine.train import Part, one_step
from xstilts.features import Features, write_features
from xstilts.files import write_digest
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding
from xstilts.layout import HEADS, WEIGHTS
from xstilts.specs import ScratchSpec, TrainSpec
from xstilts.tokenizer import train_tokenizer

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_checkpoint.py"
SHAPE = {"hidden_size": 16, "layers": 2, "heads": 2, "intermediate_size": 32, "positions": 128, "dropout": 0.0}
LABELS = {"classification": ("yes", "no"), "choice": (), "span": (), "tagging": ("O", "B", "I"), "mlm": ()}
RATE, EPSILON = 1e5, 1e3
ENCODING = Encoding(max_length=40, max_query=8, stride=16)
ITEMS = np.array([3, 0, 7, 5, 1, 3, 6])  # item 3 stands in it twice, as where a pass ends within a step


def text(rng, most=12):
    return " ".join("".join(rng.choices("abcd", k=rng.randint(1, 6))) for _ in range(rng.randint(1, most)))


def records_of(name, rng, count=12):
    """Records of a format whose lengths, and numbers of terms, differ a lot."""
    for i in range(count):
        one = {"id": f"r{i}", "language": "en"}
        if name == "classification":
            yield one | {"text_a": text(rng), "text_b": text(rng), "label": rng.choice(LABELS[name])}
        elif name == "choice":
            yield one | {"prompt": text(rng), "choices": [text(rng) for _ in range(2 + i % 3)], "label": i % 2}
        elif name == "span":
            context = text(rng, 24)
            yield one | {"question": text(rng), "context": context, "answers": [{"text": context[:3], "start": 0}]}
        elif name == "tagging":
            words = text(rng).split()
            yield one | {"words": words, "tags": [rng.choice(LABELS[name]) for _ in words]}
        else:
            yield one | {"text": text(rng)}


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    folder, rng = tmp_path_factory.mktemp("base"), random.Random(0)
    train_tokenizer([text(rng) for _ in range(100)], 24, folder)
    draw(ScratchSpec(base="tiny", seed=1, architecture=SHAPE), folder, folder)
    write_digest(folder / "digest", "of the base")
    return folder


@pytest.fixture(scope="module")
def part_of(base):
    """A function that encodes made-up records of a format."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))

    def part(name, seed=0):
        form = format_named(name)
        records = pa.Table.from_pylist(list(records_of(name, random.Random(seed))), schema=form.schema())
        features = Features(form.encode(records, tokenizer, ENCODING, LABELS[name]).table)
        return Part(name, form, LABELS[name], Special(**special_of(tokenizer)), features, features)

    return part


@pytest.fixture(scope="module")
def ranks():
    """A process group of one, and afterwards the environment as it was."""
    before = dict(os.environ)
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE"):
        os.environ.pop(name, None)
    zero.start_ranks()
    yield
    dist.destroy_process_group()
    os.environ.clear()
    os.environ.update(before)


def stage(**settings):
    """Adam with so large an epsilon that a step follows the gradient itself, not just its sign; nothing is clipped."""
    plain = {"lr": RATE, "batch": len(ITEMS), "eps": EPSILON, "clip": 0.0, "weight_decay": 0.0, "dropout": 0.0}
    return StageSpec(**{"name": "stage", "parts": (), "steps": 1, **plain, **settings})


def model_of(base, part):
    torch.manual_seed(5)
    model = build(base, base, [part.form], [part.form.outputs(part.labels)], [part.labels], dropout=0.0)
    with torch.no_grad():  # weights as drawn are so small that all examples look alike
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def values_of(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def gradient(model, before):
    """What Adam's first step tells of it: the step is RATE * g / (|g| + EPSILON)."""
    moved = {name: (before[name] - value) / RATE for name, value in values_of(model).items()}
    return {name: EPSILON * step / (1 - step.abs()) for name, step in moved.items()}


@pytest.mark.parametrize("name", LABELS)
def test_a_step_is_a_set_of_examples_however_it_is_cut(name, base, part_of, ranks):
    part = part_of(name)
    model = model_of(base, part)
    before = values_of(model)
    batch = part.form.collate(part.train, ITEMS, part.special, (1, 4))
    loss = part.form.loss(model.heads[0], batch) / part.form.terms(batch)
    loss.backward()
    wanted = {key: value.grad for key, value in model.named_parameters() if value.grad is not None}
    scale = max(float(value.abs().max()) for value in wanted.values())
    for order, micro_tokens in ((ITEMS, 64), (ITEMS[::-1].copy(), 4096), (ITEMS, 1)):
        model = model_of(base, part)
        settings = stage(micro_tokens=micro_tokens)
        engine = zero.start_engine(model, weight_groups(model, 0.0), settings)
        total, tokens = one_step(engine, part, 0, order, settings, (1, 4), rank=0, ranks=1)
        assert total == pytest.approx(loss.item(), rel=1e-5)
        assert tokens == int(batch.attention_mask.sum())
        found = gradient(model, before)
        for key, value in wanted.items():
            torch.testing.assert_close(found[key], value, rtol=1e-4, atol=1e-5 * scale, msg=key)


def test_the_step_that_is_compared_is_no_trivial_one(base, part_of):
    part = part_of("tagging")
    batches = [part.form.collate(part.train, ITEMS[i : i + 1], part.special, (1, 4)) for i in range(len(ITEMS))]
    terms = [part.form.terms(batch) for batch in batches]
    assert min(terms) < max(terms) / 3, "a mean of micro-batches' means would be another one"


@pytest.fixture(scope="module")
def trained(base, part_of, tmp_path_factory):
    """A function that trains a small mixture by the pipeline's own program, on so many ranks."""
    folder, names = tmp_path_factory.mktemp("runs"), ("classification", "mlm", "tagging")
    files = {}
    for split, seed in (("train", 0), ("dev", 1)):
        files[split] = [folder / name / f"{split}.arrow" for name in names]
        for name, file in zip(names, files[split], strict=True):
            part = part_of(name, seed)
            special = {**vars(part.special), "ids": list(part.special.ids)}
            write_features([part.train.table], {"labels": list(part.labels), "special": special}, file)
            write_digest(file.with_suffix(".digest"), f"of {name} {split}")
    parts = tuple(PartSpec(name, "", name, name, name, ("en",), {}) for name in names)
    # Three items a step over two ranks, cut small: ranks have unequally many micro-batches, and some are empty.
    settings = {"lr": 3e-3, "eps": 1e-3, "clip": 1.0, "batch": 3, "steps": 6, "evaluate_every": 2, "mix": "uniform"}
    spec = TrainSpec(node="tiny/s1/mixture", seed=1, stage=stage(parts=parts, **settings).as_dict()).text()

    def run(ranks, stage_of_zero):
        out = folder / f"{ranks}-{stage_of_zero}"
        inputs = ["--spec", spec, "--parent", base, "--base", base, "--train", *files["train"], "--dev", *files["dev"]]
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", ranks, SCRIPT]
        command = [*launch, *inputs, "--out", out, "--zero", stage_of_zero, "--micro-tokens", 40]
        alone = {key: value for key, value in os.environ.items() if key not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
        environment = alone | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        curve = json.loads((out / "training.json").read_text(encoding="utf-8"))["curve"]
        return curve, load_file(out / WEIGHTS) | load_file(out / HEADS)

    return run


@pytest.fixture(scope="module")
def on_two_ranks(trained):
    return trained(2, 0)


@pytest.mark.parametrize("ranks, stage_of_zero", [(1, 0), (2, 2)])
def test_ranks_and_zero_stages_train_the_same_model(ranks, stage_of_zero, trained, on_two_ranks, base):
    curve, weights = trained(ranks, stage_of_zero)
    wanted_curve, wanted = on_two_ranks
    assert [point["step"] for point in curve] == [point["step"] for point in wanted_curve] == [2, 4, 6]
    for point, other in zip(curve, wanted_curve, strict=True):
        assert point == pytest.approx(other, abs=1e-4)
    assert weights.keys() == wanted.keys()
    for name, value in weights.items():
        torch.testing.assert_close(value, wanted[name], rtol=1e-4, atol=1e-4, msg=name)
    start = load_file(base / WEIGHTS)["roberta.embeddings.position_embeddings.weight"]
    assert (weights["embeddings.position_embeddings.weight"] - start).abs().max() > 1e-3, "the weights have moved"
