"""A whole measurement on a tiny XLM-R: what the table holds, and that other ways to its figures lead there too."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import torch
from parallel import ROWS, SHARED
from safetensors.torch import load_file, save_file

from xstilts.alignment.pairs import pairs_of
from xstilts.alignment.table import SCHEMA
from xstilts.engine.align import Job, Parallel, measure_alignment
from xstilts.engine.model import load_encoder
from xstilts.errors import UserError
from xstilts.features import Features
from xstilts.files import digest_of
from xstilts.records import read_records

LAYERS = 3  # of two blocks, and the embeddings


@pytest.fixture(scope="module")
def measured(base, data, tmp_path_factory) -> tuple[Job, pa.Table]:
    """One measurement with all kinds of noise, for tests that read it."""
    from xstilts.alignment import OPERATORS
    from xstilts.specs import AlignmentSpec

    spec = AlignmentSpec(node="tiny", task="tatoeba", max_length=40, operators=OPERATORS, rates=(0.1, 0.3))
    out = tmp_path_factory.mktemp("measured") / "tatoeba"
    job = Job(spec, "code", base, data / "test.parquet", data / "tokens.arrow", out)
    return job, measure_alignment(job)


def only(table: pa.Table, **wanted: object) -> list[dict[str, object]]:
    for name, value in wanted.items():
        column = table[name]
        table = table.filter(pc.is_null(column) if value is None else pc.equal(column, value))
    return table.to_pylist()


def by_hand(job: Job, language: str) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of both sides from one sentence at a time: [poolings, layers, sentences, width]."""
    records, features = read_records(job.records), Features.open(job.tokens)
    encoder, pairs = load_encoder(job.checkpoint).eval(), pairs_of(records)[language]
    sides = []
    for rows in (pairs.foreign, pairs.english):
        found = []
        for row in rows:
            ids = torch.from_numpy(features.ids(int(row)).astype(np.int64))[None]
            with torch.inference_mode():
                hidden = torch.stack(encoder(input_ids=ids, output_hidden_states=True).hidden_states)[:, 0]
            found.append(torch.stack([hidden.mean(1), hidden[:, 1:-1].mean(1)]).numpy())
        sides.append(np.stack(found, axis=2))
    return sides[0], sides[1]


def test_every_language_layer_and_noise_is_there(measured):
    _, table = measured
    assert table.schema == SCHEMA
    conditions = {("none", 0.0)} | {(noise, rate) for noise in ("drop", "mask", "swap", "typo") for rate in (0.1, 0.3)}
    for language in SHARED:
        for layer in range(LAYERS):
            for pooling in ("mean", "words"):
                here = only(table, language=language, layer=layer, pooling=pooling)
                found = {(row["noise"], row["rate"]) for row in here if row["measure"] == "cka"}
                assert found == conditions
                clean = [row["measure"] for row in here if row["noise"] == "none"]
                assert set(clean) == {
                    *("accuracy", "accuracy_centred", "accuracy_ratio", "mutual", "margin", "margin_p10", "cka", "anc"),
                    *("anisotropy", "outlier_share", "partition_isotropy", "language_id"),
                }
                robust = [row for row in here if row["measure"].startswith("robustness")]
                assert len(robust) == 4 * 2 * 2 and all(row["rate"] is None for row in robust)
                assert {row["n"] for row in here if row["measure"] != "language_id"} == {ROWS}
    key = ("language", "layer", "pooling", "noise", "rate", "measure", "direction")
    assert len({tuple(row[name] for name in key) for row in table.to_pylist()}) == len(table)
    of_all = only(table, language=None, pooling="mean")
    assert [(row["layer"], row["measure"]) for row in of_all] == [
        (layer, measure) for layer in range(LAYERS) for measure in ("language_id", "language_variance")
    ]
    assert {row["language"] for row in only(table, measure="language_id")} == {*SHARED, "en", None}


@pytest.mark.parametrize("language", SHARED)
def test_figures_are_those_of_vectors_made_one_by_one(measured, language):
    job, table = measured
    foreign, english = by_hand(job, language)
    for p, pooling in enumerate(("mean", "words")):
        for layer in range(LAYERS):
            x, y = foreign[p, layer], english[p, layer]
            here = {"language": language, "layer": layer, "pooling": pooling, "noise": "none"}
            for name, a, b in (("accuracy", x, y), ("accuracy_centred", x - x.mean(0), y - y.mean(0))):
                cosine = (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
                own = np.arange(ROWS)
                for way, best in (("english", cosine.argmax(0)), ("foreign", cosine.argmax(1))):
                    row = only(table, measure=name, direction=way, **here)[0]
                    assert row["value"] == pytest.approx(100 * (best == own).mean())
            correlations = [abs(np.corrcoef(x[:, j], y[:, j])[0, 1]) for j in range(x.shape[1])]
            assert only(table, measure="anc", **here)[0]["value"] == pytest.approx(np.mean(correlations), abs=1e-5)


def test_accuracy_is_what_predictions_of_the_target_say_by_layer(measured):
    from xstilts.formats import format_named
    from xstilts.formats.base import Special
    from xstilts.formats.encoding import Encoding

    job, table = measured
    records, features, form = read_records(job.records), Features.open(job.tokens), format_named("retrieval")
    encoder, encoding = load_encoder(job.checkpoint).eval(), Encoding(40)
    special = Special(**features.meta["special"])
    for language in SHARED:
        items = np.flatnonzero([code == language for code in records["language"].to_pylist()])
        with torch.inference_mode():
            said = form.infer(encoder, form.collate(features, items, special, (0,)), encoding)
        some = records.take(pa.array(items))
        predictions = form.decode(some, features, pa.Table.from_batches([said]), (), encoding)
        for measure, column in (("accuracy", "raw"), ("accuracy_centred", "centred")):
            wanted = 100 * np.array(predictions[column].to_pylist(), dtype=float).mean(0)
            here = {"language": language, "pooling": "mean", "noise": "none", "direction": "english"}
            found = {row["layer"]: row["value"] for row in only(table, measure=measure, **here)}
            assert [found[layer] for layer in range(LAYERS)] == pytest.approx(wanted.tolist())


def test_noise_takes_from_accuracy_and_is_summed_up(measured):
    _, table = measured
    for noise in ("drop", "typo"):
        harmed = np.mean([r["value"] for r in only(table, measure="accuracy", noise=noise, rate=0.3, layer=0)])
        clean = np.mean([r["value"] for r in only(table, measure="accuracy", noise="none", layer=0)])
        assert harmed < clean
    here = {"language": "qla", "layer": 1, "pooling": "mean", "direction": "english"}
    points = [only(table, measure="accuracy", noise="none", **here)[0]["value"]]
    points += [only(table, measure="accuracy", noise="typo", rate=rate, **here)[0]["value"] for rate in (0.1, 0.3)]
    robust = only(table, measure="robustness", noise="typo", **here)[0]["value"]
    assert robust == pytest.approx(np.trapezoid(points, [0, 0.1, 0.3]) / (0.3 * points[0]))


def test_noise_leaves_special_tokens_and_english_alone(job):
    parallel = Parallel(replace(job, spec=job.spec.model_copy(update={"operators": ("drop", "mask", "swap", "typo")})))
    reader, pairs = parallel.reader({}), parallel.pairs["qla"]
    clean = [parallel.features.ids(int(row)) for row in pairs.foreign]
    for operator in parallel.spec.operators:
        assert [ids.tolist() for ids in parallel._noisy("qla", operator, 0.0, reader)] == [i.tolist() for i in clean]
        noisy = parallel._noisy("qla", operator, 0.5, reader)
        assert all(ids[0] == own[0] and ids[-1] == own[-1] for ids, own in zip(noisy, clean, strict=True))
        assert all(len(ids) > 2 for ids in noisy)
        assert sum(ids.tolist() != own.tolist() for ids, own in zip(noisy, clean, strict=True)) > ROWS / 2
    assert not set(pairs.english) & set(pairs.foreign)


def test_the_record_says_what_it_was_made_of(measured):
    job, _ = measured
    told = json.loads(job.out.with_suffix(".json").read_text())
    assert told["spec"] == job.spec.model_dump(mode="json")
    assert told["checkpoint"] == "of the base" and told["degenerate"] == [] and "torch" in told["versions"]
    digest = digest_of([job.out.with_suffix(".parquet")])
    assert told["digest"] == digest == job.out.with_suffix(".digest").read_text().strip()


def test_budget_of_a_batch_changes_nothing_but_rounding(job):
    one, other = (measure_alignment(replace(job, micro_tokens=budget, parts=None)) for budget in (1, 10**6))
    names = [name for name in SCHEMA.names if name != "value"]
    assert one.select(names) == other.select(names)
    # A tie may fall to the other side.
    assert np.mean(np.isclose(one["value"].to_numpy(), other["value"].to_numpy(), rtol=1e-3, atol=1e-4)) > 0.99


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda row: row["side"] == "foreign" and row["id"] == "f3", "'e3' of qlb has no translation"),
        (lambda row: row["side"] == "english", "no English side"),
        (lambda row: row["id"] not in ("e1", "f1"), "there is but one pair"),
    ],
)
def test_records_that_are_not_in_pairs_are_refused(data, change, message):
    rows = [row for row in read_records(data / "test.parquet").to_pylist() if row["language"] == "qlb"]
    with pytest.raises(UserError, match=message):
        pairs_of(pa.Table.from_pylist([row for row in rows if not change(row)]))


def test_a_translation_of_two_sentences_is_refused(data):
    rows = [row for row in read_records(data / "test.parquet").to_pylist() if row["language"] == "qlb"]
    for row in rows:
        if row["id"] == "e3":
            row["pair"] = "f4"
    with pytest.raises(UserError, match="share a translation"):
        pairs_of(pa.Table.from_pylist(rows))


def test_weights_that_are_not_finite_are_refused(job, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    for file in job.checkpoint.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("layer.1.output.dense.weight"))
    weights[name][0, 0] = torch.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match="not finite"):
        measure_alignment(replace(job, checkpoint=folder))


def test_tokens_of_other_records_are_refused(job, tmp_path):
    fewer = tmp_path / "test.parquet"
    pq.write_table(read_records(job.records).slice(1), fewer)
    (tmp_path / "test.digest").write_text("of fewer\n")
    with pytest.raises(UserError, match="sequences, and"):
        measure_alignment(replace(job, records=fewer))
