"""A run as a whole: what it selects, when it stops, and what becomes of one that learns nothing."""

import json
import math
import random

import pyarrow as pa
import pytest
import torch
from tokenizers import Tokenizer

from xstilts.config.spec import Judgement, StageSpec
from xstilts.encode import special_of
from xstilts.engine.degenerate import NOT_FINITE, seed_of
from xstilts.engine.journal import Journal
from xstilts.engine.parts import Part
from xstilts.engine.scratch import draw
from xstilts.engine.train import train
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.formats import format_named
from xstilts.formats.base import Special
from xstilts.formats.encoding import Encoding
from xstilts.specs import ScratchSpec
from xstilts.tokenizer import train_tokenizer

SHAPE = {"hidden_size": 32, "layers": 1, "heads": 2, "intermediate_size": 64, "positions": 64, "dropout": 0.0}
LABELS = ("a", "b")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("base"), random.Random(0)
    train_tokenizer([" ".join(rng.choices(["one", "two", "six", "ten"], k=5)) for _ in range(100)], 16, folder)
    draw(ScratchSpec(base="tiny", seed=1, architecture=SHAPE), folder, folder)
    return folder


def part_of(base, learnable):
    """Texts whose first word tells the label; or labels that nothing tells."""
    train, dev = (features_of(base, learnable, seed) for seed in (1, 2))
    special = special_of(Tokenizer.from_file(str(base / "tokenizer.json")))
    return Part("task", format_named("classification"), LABELS, Special(**special), train, dev)


def features_of(base, learnable, seed, count=200):
    rng, rows = random.Random(seed), []
    for i in range(count):
        label = rng.choice(LABELS)
        first = {"a": "one", "b": "two"}[label] if learnable else rng.choice(["one", "two"])
        text = " ".join([first, *rng.choices(["six", "ten"], k=rng.randint(0, 6))])
        rows.append({"id": str(i), "language": "en", "text_a": text, "text_b": None, "label": label})
    form, tokenizer = format_named("classification"), Tokenizer.from_file(str(base / "tokenizer.json"))
    records = pa.Table.from_pylist(rows, schema=form.schema())
    return Features(form.encode(records, tokenizer, Encoding(max_length=32), LABELS).table)


pytestmark = pytest.mark.usefixtures("alone")


def stage(**settings):
    plain = {"lr": 1e-2, "batch": 16, "steps": 60, "evaluate_every": 10, "dev_examples": 100, "dropout": 0.0}
    return StageSpec(**{"name": "stage", "parts": (), "degenerate": Judgement(2, 0.3), **plain, **settings})


def test_a_run_that_learns_keeps_its_best_weights(base):
    done = train([part_of(base, True)], base, base, stage(), 1)
    history = done.history
    assert history.sign is None and history.attempt == 0 and history.former == []
    assert history.best_score == pytest.approx(1.0, abs=0.05)
    assert [point["step"] for point in history.curve] == [10, 20, 30, 40, 50, 60]
    assert history.best_step == next(
        p["step"] for p in history.curve if p["dev"] == max(q["dev"] for q in history.curve)
    )
    if history.best_step < 60:
        last = dict(done.model.named_parameters())
        assert any(not torch.equal(done.weights[name], last[name]) for name in last), "not the last ones"


def test_without_a_better_score_it_stops(base):
    done = train([part_of(base, True)], base, base, stage(patience=2, steps=200), 1)
    history = done.history
    assert history.step == history.best_step + 20 < 200 and done.steps == 200


def test_one_that_cannot_learn_starts_over_with_other_seeds_and_is_called_degenerate(base, caplog):
    done = train([part_of(base, False)], base, base, stage(), 7)
    history = done.history
    assert "guess" in history.sign and history.attempt == 2
    assert [line["seed"] for line in history.former] == [7, seed_of(7, 1)] and history.seed == seed_of(7, 2)
    assert {line["step"] for line in history.former} == {20}, "noticed early"
    assert history.step == 60, "the last attempt may still come to learn"
    assert caplog.text.count("degenerate") == 2
    json.dumps(history.former, allow_nan=False)


def test_one_that_diverges_ends_at_once_and_leaves_the_weights_that_it_began_with(base):
    settings = stage(lr=1e30, clip=0.0, warmup=0.0, degenerate=Judgement(1, 0.3))
    history = (done := train([part_of(base, True)], base, base, settings, 3)).history
    assert history.sign == NOT_FINITE and history.attempt == 1 and history.step <= 20
    assert all(torch.isfinite(tensor).all() for tensor in done.weights.values())
    assert history.best_score == -math.inf or history.best_step > 0


def test_retries_may_be_switched_off(base):
    settings = stage(degenerate=Judgement(0, 0.3))
    history = train([part_of(base, False)], base, base, settings, 7).history
    assert history.sign and history.attempt == 0 and history.step == 60


def test_the_curve_is_told(base, tmp_path):
    def journal(start, attempt):
        return Journal.of(tmp_path, "tiny/s1/task", {}, (), start, attempt)

    train([part_of(base, True)], base, base, stage(steps=40), 1, None, journal)
    points = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert [point["step"] for point in points] == [10, 20, 30, 40]
    last = points[-1]
    assert last["dev"] == last["dev/task"] and last["tokens"] > 0 and last["tokens_per_second"] > 0
    assert any(tmp_path.glob("events.out.tfevents.*"))


def test_token_files_of_another_tokenizer_are_refused(base):
    part = part_of(base, True)
    special = Special(part.special.pad, part.special.mask, 999, part.special.ids)
    other = Part("mnli", part.form, part.labels, special, part.train, part.dev)
    with pytest.raises(UserError, match=r"mnli: its tokenizer has 999 pieces, and the model has embeddings for \d+"):
        train([other], base, base, stage(), 1)
