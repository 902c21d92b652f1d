"""Scores: the point, its interval by resampling, and statistics by example kept for paired comparisons."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.bootstrap import interval, resampled_sums
from xstilts.files import write_digest, write_json
from xstilts.formats import format_named
from xstilts.formats.base import ratio
from xstilts.score import read_statistics, score_target
from xstilts.specs import ScoreSpec

SPEC = ScoreSpec(
    base="tiny",
    recipe="mnli",
    seed=1,
    node="tiny/s1/mnli/xnli",
    task="xnli",
    format="classification",
    chance=50.0,
)


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
    gold = ["yes"] * 14
    said = ["yes"] * 3 + ["no"] + ["yes"] * 5 + ["no"] * 5
    language = ["sw"] * 4 + ["en"] * 10
    table = pa.table({"language": language, "prediction": said, "gold": gold, "split": ["test"] * 14})
    pq.write_table(table, tmp_path / "said.parquet")
    write_digest(tmp_path / "said.digest", "of the predictions")
    write_json(tmp_path / "said.json", {"degenerate": ["tiny/s1/mnli"]})
    rows = score_target(SPEC, tmp_path / "said.parquet", tmp_path / "scores" / "xnli", "code")
    return rows, tmp_path / "scores"


def test_rows_hold_point_interval_and_number_of_each_language(scored):
    rows, folder = scored
    assert {(row["language"], row["metric"], row["value"], row["n"]) for row in rows} == {
        (language, metric, value, n)
        for metric in ("score", "accuracy")
        for language, value, n in (("sw", 75.0, 4), ("en", 50.0, 10))
    }
    for row in rows:
        (low, high), (lowest, highest) = row["interval_95"], row["interval_99"]
        assert 0 <= lowest <= low < row["value"] < high <= highest <= 100
    record = json.loads((folder / "xnli.json").read_text(encoding="utf-8"))
    assert record["rows"] == json.loads(json.dumps(rows))
    assert record["predictions"] == "of the predictions" and record["code"] == "code"
    assert record["degenerate"] == ["tiny/s1/mnli"]
    assert ScoreSpec.read(str(folder / "xnli.json")) == SPEC


def test_statistics_by_example_are_kept_by_language(scored):
    _, folder = scored
    kept = read_statistics(folder / "xnli.parquet")
    assert list(kept) == ["sw", "en"]
    assert kept["sw"].tolist() == [[1, 1]] * 3 + [[0, 1]]
    assert accuracy(kept["en"].sum(0)) == 50
    assert format_named("classification").values(kept["sw"].sum(0))["score"] == 75
