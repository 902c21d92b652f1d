"""Scores: the point, its interval by resampling, and statistics by example kept for paired comparisons."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from evaluated import CHECKPOINT, Evaluation, spec_of
from xstilts.bootstrap import interval, resampled_sums
from xstilts.errors import UserError
from xstilts.files import digest_of
from xstilts.formats.encoding import Encoding
from xstilts.metrics.base import ratio
from xstilts.score import read_statistics, score_target, write_scores
from xstilts.scores import Record
from xstilts.specs import ScoreSpec

SCHEMA = Path(__file__).parents[1] / "workflow/schemas/scores.schema.json"
SOURCE = {"checkpoint": CHECKPOINT, "data": ["of dev", "of test"], "predictions": "of the predictions"}


def hits_of(rng, n, share):
    hits = rng.random(n) < share
    return np.stack([hits, np.ones(n)], axis=1).astype(float)


def accuracy(sums):
    return ratio(sums[..., 0], sums[..., 1])


def test_an_interval_covers_the_truth_as_often_as_it_says():
    rng, covered = np.random.default_rng(0), []
    for seed in range(300):
        samples = accuracy(resampled_sums(hits_of(rng, 200, 0.7), seed, draws=300))
        covered.append([low <= 70 <= high for low, high in (interval(samples, level) for level in (0.5, 0.95))])
    assert np.mean(covered, axis=0) == pytest.approx([0.5, 0.95], abs=0.06)


def test_equal_seeds_draw_equal_examples():
    rng = np.random.default_rng(1)
    one, other = hits_of(rng, 90, 0.4), hits_of(rng, 90, 0.8)
    assert (resampled_sums(one, 0) == resampled_sums(one, 0)).all()
    assert (resampled_sums(one, 0) != resampled_sums(one, 1)).any()
    together = resampled_sums(np.hstack([one, other]), 0)
    assert (together == np.hstack([resampled_sums(one, 0), resampled_sums(other, 0)])).all()


def test_each_draw_has_as_many_examples_as_there_are():
    sums = resampled_sums(hits_of(np.random.default_rng(2), 37, 0.5), 0, draws=50)
    assert sums.shape == (50, 2) and (sums[:, 1] == 37).all()
    assert len(np.unique(sums[:, 0])) > 5


def test_an_interval_holds_the_share_of_samples_that_it_says():
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))
    low, high = interval(np.random.default_rng(3).normal(size=10**5), 0.95)
    assert (low, high) == (pytest.approx(-1.96, abs=0.03), pytest.approx(1.96, abs=0.03))


@pytest.fixture
def scored(tmp_path):
    """Predictions in two languages, 3 of 4 and 5 of 10 right, and their rows."""
    right = [True] * 3 + [False] + [True] * 5 + [False] * 5
    names = [*(("sw", str(i)) for i in range(4)), *(("en", str(i)) for i in range(10))]
    spec = spec_of("xnli", "classification", "accuracy", ("sw", "en"), labels=("yes", "no"), chance=50.0)
    records = [{"id": i, "language": code, "text_a": "ka", "text_b": "lo", "label": "yes"} for code, i in names]
    columns = dict(zip(("language", "id"), zip(*names, strict=True), strict=True))
    columns |= {"prediction": ["yes" if hit else "no" for hit in right], "gold": ["yes"] * 14, "score": [0.5] * 14}
    said = Evaluation.put(tmp_path, spec, {"test": records}, pa.table(columns | {"split": ["test"] * 14}))
    said.note(degenerate=["tiny/s1/mnli"])
    rows = score_target(spec, said.predictions, CHECKPOINT, said.records, tmp_path / "scores" / "xnli", "code")
    return rows, tmp_path / "scores", said


def test_rows_hold_point_interval_and_number_of_each_language(scored):
    rows, _, _ = scored
    assert [(row.language, row.split, row.metric, row.value, row.n) for row in rows] == [
        (language, "test", metric, value, n)
        for language, value, n in (("sw", 75.0, 4), ("en", 50.0, 10))
        for metric in ("score", "accuracy")
    ]
    for row in rows:
        (low, high), (lowest, highest) = row.interval_95, row.interval_99
        assert 0 <= lowest <= low < row.value < high <= highest <= 100
        assert row.layer is None


def test_a_score_file_says_what_its_figures_are_of(scored):
    rows, folder, said = scored
    record = json.loads((folder / "xnli.json").read_text(encoding="utf-8"))
    assert record["rows"] == [json.loads(row.model_dump_json()) for row in rows]
    assert record["predictions"] == digest_of([said.predictions])
    assert (record["checkpoint"], record["data"], record["code"]) == (CHECKPOINT, ["of test"], "code")
    assert record["degenerate"] == ["tiny/s1/mnli"]
    assert (record["layer"], record["layers"], record["pooling"]) == (None, None, None)
    assert ScoreSpec.read(str(folder / "xnli.json")) == said.spec
    assert Record.model_validate(record).rows == rows


def test_statistics_by_example_are_kept_by_language(scored):
    _, folder, _ = scored
    kept = read_statistics(folder / "xnli.parquet", "test")
    assert kept.names == ("right", "counted")
    assert list(kept.languages) == ["sw", "en"]
    assert kept.languages["sw"].tolist() == [[1, 1]] * 3 + [[0, 1]]
    assert accuracy(kept.languages["en"].sum(0)) == 50


def test_scoring_again_writes_the_same_bytes(scored, tmp_path):
    _, folder, said = scored
    score_target(said.spec, said.predictions, CHECKPOINT, said.records, tmp_path / "again", "code")
    for kind in ("json", "parquet"):
        assert (tmp_path / f"again.{kind}").read_bytes() == (folder / f"xnli.{kind}").read_bytes()


def test_what_is_refused_leaves_no_score(scored, tmp_path):
    _, _, said = scored
    with pytest.raises(UserError, match="another checkpoint"):
        score_target(said.spec, said.predictions, "abad1dea", said.records, tmp_path / "new" / "xnli", "code")
    assert not (tmp_path / "new").exists()


def schema_problems(path):
    """What the published schema has against a score file."""
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return [error.message for error in checker.iter_errors(json.loads(path.read_text(encoding="utf-8")))]


@pytest.fixture
def mined(tmp_path):
    """Mined pairs of two languages; the cut of one lies between .8 and .4, that of the other keeps all."""
    rows = [
        *(("de", "dev", *row) for row in (("a", ["a"], 0.9), ("b", ["b"], 0.8), ("x", ["c"], 0.4), (None, ["d"], 0.0))),
        *(("de", "test", *row) for row in (("a", ["a"], 0.7), ("x", [], 0.9), ("b", ["b", "c"], 0.5), (None, [], 0.0))),
        ("fr", "dev", "a", ["a"], 0.3),
        ("fr", "test", "a", ["a"], 0.3),
    ]
    table = pa.table(
        dict(zip(("language", "split", "prediction", "gold", "score"), zip(*rows, strict=True), strict=True))
    )
    encoding = Encoding(max_length=64, find="mining")
    spec = spec_of("bucc", "retrieval", "mining", ("de", "fr"), splits=("dev", "test"), encoding=encoding)
    source = SOURCE | {"layer": 2, "layers": 4, "pooling": "words"}
    return write_scores(spec, table, source, tmp_path / "bucc", "code"), tmp_path / "bucc.json"


def test_mining_is_scored_on_both_of_its_splits_at_the_threshold_of_dev(mined):
    rows, _ = mined
    found = {(row.language, row.split, row.metric): (row.value, row.n) for row in rows}
    assert len(found) == len(rows) == 2 * 2 * 4
    # Of dev a and b are kept, of four pairs; of test a and x, and three pairs are there.
    assert found["de", "dev", "f1"] == (pytest.approx(100 * 4 / 6), 4)
    assert found["de", "test", "f1"] == (pytest.approx(100 * 2 / 5), 4)
    assert found["de", "test", "precision"] == (pytest.approx(50), 4)
    assert found["de", "test", "recall"] == (pytest.approx(100 / 3), 4)
    assert found["fr", "test", "score"] == (100, 1)
    for (language, split, metric), figure in found.items():
        if metric == "score":
            assert found[language, split, "f1"] == figure


def test_statistics_of_one_split_are_read_apart(mined):
    _, path = mined
    dev, test = (read_statistics(path.with_suffix(".parquet"), split) for split in ("dev", "test"))
    assert dev.names == test.names == ("right", "kept", "gold")
    assert dev.languages["de"].tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 1], [0, 0, 1]]
    assert test.languages["de"].tolist() == [[1, 1, 1], [0, 1, 0], [0, 0, 2], [0, 0, 0]]


def test_layers_stand_beside_the_figure(tmp_path):
    """Not in its name; the headline has none of its own, since the record says which was read."""
    table = pa.table(
        {
            "language": ["de"] * 4,
            "split": ["test"] * 4,
            "prediction": ["a", "b", "x", "x"],
            "gold": [["a"], ["b"], ["c"], ["d"]],
            "raw": [[False, True, True], [False, True, False], [False, False, True], [False, False, True]],
            "centred": [[True, True, True]] * 4,
        }
    )
    spec = spec_of("tatoeba", "retrieval", "nearest", ("de",))
    rows = write_scores(spec, table, SOURCE | {"layer": 1, "layers": 2, "pooling": "mean"}, tmp_path / "t", "code")
    assert [(row.metric, row.layer, row.value) for row in rows] == [
        *(("score", None, 50), ("accuracy", None, 50)),
        *(("accuracy", 0, 0), ("accuracy", 1, 50), ("accuracy", 2, 75)),
        *(("accuracy_centred", layer, 100) for layer in range(3)),
    ]
    record = json.loads((tmp_path / "t.json").read_text())
    assert (record["layer"], record["layers"], record["pooling"]) == (1, 2, "mean")
    assert not schema_problems(tmp_path / "t.json")


def test_a_figure_that_a_language_does_not_have_counts_nothing_there(tmp_path):
    """Characters are counted where words have no spaces, and nowhere else."""
    table = pa.table(
        {
            "language": ["en", "zh"],
            "split": ["test"] * 2,
            "prediction": ["the cat", "山水"],
            "gold": [["cat"], ["山火"]],
            "score": [1.0, 1.0],
        }
    )
    rows = write_scores(spec_of("xquad", "span", "squad", ("en", "zh")), table, SOURCE, tmp_path / "x", "code")
    assert {(row.language, row.metric) for row in rows if row.metric == "character_f1"} == {("zh", "character_f1")}
    kept = read_statistics(tmp_path / "x.parquet", "test")
    place = kept.names.index("character_f1")
    assert (kept.languages["en"][0, place], kept.languages["zh"][0, place]) == (0.0, 0.5)


def test_score_files_are_as_their_schema_says(scored, mined):
    _, folder, _ = scored
    assert not schema_problems(folder / "xnli.json")
    assert not schema_problems(mined[1])


@pytest.mark.parametrize("key", ["rows", "checkpoint", "spec"])
def test_the_schema_misses_what_is_missing(scored, key):
    path = scored[1] / "xnli.json"
    record = json.loads(path.read_text())
    del record[key]
    path.write_text(json.dumps(record))
    assert any(key in problem for problem in schema_problems(path))


def test_the_schema_knows_no_other_keys(scored):
    path = scored[1] / "xnli.json"
    record = json.loads(path.read_text())
    record["rows"][0]["lang"] = record["rows"][0].pop("language")
    path.write_text(json.dumps(record))
    assert len(schema_problems(path)) == 2
