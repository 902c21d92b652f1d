"""One evaluation: all languages at once, the same whatever way it is made, and gone on with where it was killed."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file, save_file
from small import LABELS, make_base
from small_targets import LANGUAGES, METRICS, Target, checkpoint_of

from xstilts.engine import inference
from xstilts.engine.answers import Answers
from xstilts.errors import UserError
from xstilts.files import digest_of, read_digest, write_digest
from xstilts.formats import format_named
from xstilts.formats.span import KEPT
from xstilts.layout import DIGEST, WEIGHTS
from xstilts.records import read_records
from xstilts.score import score_target

TRAINED = ("classification", "choice", "span", "tagging")
MICRO = 200  # tokens: a few sequences a batch
KILLED = ("span", "tagging", "nearest", "mining")  # of one group, and of two, four with dev
PROGRAM = Path(__file__).parent / "killed.py"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base"), noise=0.3)


@pytest.fixture(scope="module")
def targets(base, tmp_path_factory):
    return {name: Target.make(tmp_path_factory.mktemp(name), base, name) for name in METRICS}


@pytest.fixture(scope="module")
def undisturbed(targets, tmp_path_factory):
    """Prediction files of all targets, and how many batches each took."""
    folder, made = tmp_path_factory.mktemp("undisturbed"), {}
    for name, target in targets.items():
        with counted() as batches:
            made[name] = target.predict(folder / name, micro_tokens=MICRO), batches
    return made


@contextmanager
def counted():
    """Counts batches that are answered in a block: a list of one number for each group."""
    plain, batches = inference.Asking.ask, []

    def ask(asking, features, items, special, answers):
        before = answers.batches
        said = plain(asking, features, items, special, answers)
        batches.append(answers.batches - before)
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference.Asking, "ask", ask)
        yield batches


@pytest.mark.parametrize("name", METRICS)
def test_all_languages_are_predicted_in_one_job_in_the_order_of_the_records(name, targets, undisturbed):
    target, (path, batches) = targets[name], undisturbed[name]
    form, table = format_named(target.spec.format), pq.read_table(path)
    for split, file in zip(target.spec.splits, target.records, strict=True):
        asked = form.asked(read_records(file), target.spec.encoding)
        found = table.filter(pc.equal(table["split"], split))
        assert found.select(["id", "language"]).to_pylist() == asked.select(["id", "language"]).to_pylist()
    assert dict.fromkeys(table["language"].to_pylist()) == dict.fromkeys(LANGUAGES)
    groups = len(target.spec.splits) * (len(LANGUAGES) if name in ("nearest", "mining") else 1)
    assert len(batches) == groups and min(batches) > 1
    assert len(set(map(str, table["prediction"].to_pylist()))) > 1, "the model has more than one opinion"


@pytest.mark.parametrize("name", METRICS)
def test_the_record_says_what_predicted_what_and_scoring_takes_it(name, targets, undisturbed, tmp_path):
    target, (path, _) = targets[name], undisturbed[name]
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["spec"] == target.spec.model_dump(mode="json")
    assert record["checkpoint"] == target.digest() and record["code"] == "code"
    assert record["data"] == [read_digest(file.with_suffix(".digest")) for file in target.records]
    assert record["digest"] == digest_of([path]) == read_digest(path.with_suffix(".digest"))
    source = {key: record.get(key) for key in ("layer", "layers", "pooling")}
    read = {"layer": 1, "layers": 2, "pooling": "mean"} if name not in TRAINED else dict.fromkeys(source)
    assert source == read
    rows = score_target(target.score_spec(), path, target.digest(), target.records, tmp_path / "score", "code")
    scored = [(row.language, row.split) for row in rows if row.metric == "score"]
    assert scored == [(language, split) for language in LANGUAGES for split in target.spec.splits]


def alike(one: pa.Table, other: pa.Table, near: float = 1e-4) -> None:
    """The same predictions, with scores that are the same but for rounding."""
    assert one.schema == other.schema
    for name in one.column_names:
        if name in ("score", "null"):
            np.testing.assert_allclose(one[name].to_numpy(), other[name].to_numpy(), atol=near)
        elif name == "nbest":
            for some, others in zip(one[name].to_pylist(), other[name].to_pylist(), strict=True):
                assert [answer["text"] for answer in some] == [answer["text"] for answer in others]
                scores = [[answer["score"] for answer in answers] for answers in (some, others)]
                assert scores[0] == pytest.approx(scores[1], abs=near)
        else:
            assert one[name].to_pylist() == other[name].to_pylist(), name


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("micro_tokens", [1, 10**5])
def test_the_size_of_batches_changes_nothing(name, micro_tokens, targets, undisturbed, tmp_path):
    path, batches = undisturbed[name]
    with counted() as others:
        again = targets[name].predict(tmp_path / "again", micro_tokens=micro_tokens)
    assert sum(others) > sum(batches) if micro_tokens == 1 else sum(others) == len(others)
    alike(pq.read_table(again), pq.read_table(path))


@pytest.mark.parametrize("name", METRICS)
def test_packing_changes_nothing(name, targets, undisturbed, tmp_path, monkeypatch):
    packed, plain = [], inference.Asking.of
    monkeypatch.setattr(inference.Asking, "of", lambda *args: packed.append(plain(*args)) or packed[-1])
    targets[name].predict(tmp_path / "packed", micro_tokens=MICRO)
    monkeypatch.setattr(inference, "pack_layers", lambda encoder: False)
    again = targets[name].predict(tmp_path / "again", micro_tokens=MICRO)
    assert [asking.packed for asking in packed] == [name in TRAINED, False]
    alike(pq.read_table(again), pq.read_table(undisturbed[name][0]))


def test_two_evaluations_write_the_same_bytes(targets, undisturbed, tmp_path):
    again = targets["span"].predict(tmp_path / "again", micro_tokens=MICRO)
    for suffix in (".parquet", ".json", ".digest"):
        assert again.with_suffix(suffix).read_bytes() == undisturbed["span"][0].with_suffix(suffix).read_bytes()


@pytest.fixture(scope="module")
def after_a_kill(targets, undisturbed, tmp_path_factory):
    """What was left of each target when its evaluation was killed, after how many batches: in retrieval, that of the
    first language were done, and one of the second."""
    folder, jobs = tmp_path_factory.mktemp("killed"), []
    for name in KILLED:
        target, batches = targets[name], undisturbed[name][1]
        after = batches[0] + 1 if len(batches) > 1 else batches[0] // 2
        job = {"spec": target.spec.model_dump(mode="json"), "checkpoint": str(target.checkpoint), "after": after}
        job |= {key: list(map(str, getattr(target, key))) for key in ("records", "tokens")}
        jobs.append(job | {"out": str(folder / name), "state": str(folder / "state" / name), "micro_tokens": MICRO})
    command = [sys.executable, str(PROGRAM), json.dumps(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["-9"] * len(jobs), done.stderr
    return folder, {name: job["after"] for name, job in zip(KILLED, jobs, strict=True)}


@pytest.mark.parametrize("name", KILLED)
def test_a_killed_evaluation_goes_on_and_writes_the_same_bytes(name, targets, undisturbed, after_a_kill, monkeypatch):
    (folder, after), (path, batches) = after_a_kill, undisturbed[name]
    assert not (folder / f"{name}.parquet").exists() and not (folder / f"{name}.digest").exists()
    form, decoded = type(format_named(targets[name].spec.format)), []
    plain = form.decode
    monkeypatch.setattr(form, "decode", lambda *args: decoded.append(len(args[1])) or plain(*args))
    with counted() as others:
        again = targets[name].predict(folder / name, micro_tokens=MICRO, state=folder / "state" / name, pause=0)
    assert sum(others) == sum(batches) - after[name]
    finished = len(batches) > 1  # the first language, which is not decoded again
    assert len(others) == len(decoded) == len(batches) - finished
    for suffix in (".parquet", ".json", ".digest"):
        assert again.with_suffix(suffix).read_bytes() == path.with_suffix(suffix).read_bytes()
    assert not (folder / "state" / name).exists(), "what a run goes on from goes, once the predictions stand"


def interrupted(target, state, after, out):
    """Begin an evaluation that ends after so many batches, each of which is written down."""
    left, plain = [after], Answers.add

    def add(self, *said):
        plain(self, *said)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Answers, "add", add)
        target.predict(out, micro_tokens=MICRO, state=state, pause=0)


def other_checkpoint(target):
    write_digest(target.checkpoint / DIGEST, "of another one")


def other_records(target):
    write_digest(target.records[0].with_suffix(".digest"), "of others")


def other_tokens(target):
    """As another version of the code that encodes may have them."""
    content = target.tokens[0].read_bytes()
    target.tokens[0].write_bytes(content.replace(b'"split": "test"', b'"split": "Test"'))
    assert target.tokens[0].read_bytes() != content


@pytest.mark.parametrize("change", [None, other_checkpoint, other_records, other_tokens, "micro_tokens"])
def test_nothing_is_gone_on_from_that_was_read_from_something_else(change, base, tmp_path):
    target = Target.make(tmp_path, base, "classification")
    with counted() as batches:
        target.predict(tmp_path / "whole", micro_tokens=MICRO)
    interrupted(target, tmp_path / "state", 2, tmp_path / "out")
    if callable(change):
        change(target)
    with counted() as others:
        target.predict(tmp_path / "out", micro_tokens=MICRO + (change == "micro_tokens"), state=tmp_path / "state")
    assert sum(others) == sum(batches) - (0 if change else 2)


def test_a_longest_answer_and_the_context_are_kept_to(base, tmp_path):
    target = Target.make(tmp_path, base, "span", max_answer=3)
    table = pq.read_table(target.predict(tmp_path / "out"))
    contexts = read_records(target.records[0])["context"].to_pylist()
    for context, row in zip(contexts, table.to_pylist(), strict=True):
        texts, scores = zip(*((answer["text"], answer["score"]) for answer in row["nbest"]), strict=True)
        assert (row["prediction"], row["score"]) == (texts[0], scores[0])
        assert list(scores) == sorted(scores, reverse=True) and len(texts) <= KEPT
        assert all(text in context and 0 < len(text.split()) <= 3 for text in texts)
    longer = pq.read_table(Target.make(tmp_path / "longer", base, "span").predict(tmp_path / "longer/out"))
    assert max(len(text.split()) for text in longer["prediction"].to_pylist()) > 3


@pytest.fixture
def turned(base, tmp_path):
    """A function that gives the checkpoint of a target with its outputs in another order, which have these names."""

    def of(name, names):
        folder = checkpoint_of(tmp_path / "turned", base, name)
        weights = load_file(folder / WEIGHTS)
        last = [key for key, weight in weights.items() if key.startswith("classifier.") and len(weight) == len(names)]
        order = [*range(1, len(names)), 0]
        weights |= {key: weights[key][order].contiguous() for key in last if "dense" not in key}
        save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
        config = json.loads((folder / "config.json").read_text())
        config |= {"id2label": dict(enumerate(names)), "label2id": {label: i for i, label in enumerate(names)}}
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return of


@pytest.mark.parametrize("name", ["classification", "tagging"])
@pytest.mark.parametrize("told", ["by its configuration", "in capitals", "by the world"])
def test_outputs_in_another_order_give_the_same_labels(name, told, targets, undisturbed, turned, tmp_path):
    order = (*LABELS[name][1:], LABELS[name][0])
    names = {
        "by its configuration": order,
        "in capitals": [label.upper() for label in order],
        "by the world": [f"LABEL_{i}" for i in range(len(order))],
    }[told]
    checkpoint, target = turned(name, names), targets[name]
    labels = order if told == "by the world" else ()
    other = Target(target.spec.model_copy(update={"labels": labels}), checkpoint, target.records, target.tokens)
    alike(pq.read_table(other.predict(tmp_path / "out")), pq.read_table(undisturbed[name][0]))


def test_outputs_without_names_are_refused_before_anything_is_asked(targets, turned, tmp_path):
    target = targets["classification"]
    other = Target(target.spec, turned("classification", ["LABEL_0", "LABEL_1"]), target.records, target.tokens)
    with counted() as batches, pytest.raises(UserError, match="does not say what its outputs mean"):
        other.predict(tmp_path / "out")
    assert batches == [] and not list(tmp_path.glob("out*"))
