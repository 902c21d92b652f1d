"""What is wrong with a prediction file is said before anything is scored, and what to do about it."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from evaluated import Evaluation, spec_of
from xstilts.errors import UserError
from xstilts.files import write_digest
from xstilts.formats.encoding import Encoding

LABELS = ("yes", "no")
NAMES = [(language, f"r{i}") for language in ("en", "sw") for i in range(5)]


@pytest.fixture
def labelled(tmp_path):
    """Ten predicted labels in two languages."""
    spec = spec_of("pairs", "classification", "accuracy", ("en", "sw"), labels=LABELS)
    records = [{"id": i, "language": code, "text_a": "ka", "text_b": "lo", "label": "yes"} for code, i in NAMES]
    columns = {"language": [code for code, _ in NAMES], "id": [i for _, i in NAMES], "split": ["test"] * 10}
    said = pa.table(columns | {"prediction": ["no"] * 10, "score": [0.5] * 10, "gold": ["yes"] * 10})
    return Evaluation.put(tmp_path, spec, {"test": records}, said)


@pytest.fixture
def mined(tmp_path):
    """Pairs of dev and test, asked of the foreign sentences; the English ones have no prediction."""
    encoding = Encoding(max_length=64, find="mining")
    spec = spec_of("mined", "retrieval", "mining", ("de", "fr"), splits=("dev", "test"), encoding=encoding)
    records = {
        split: [
            {"id": f"{split}{side}{i}", "language": code, "side": side, "text": f"ka {i}", "pair": None}
            for code in ("de", "fr")
            for side in ("foreign", "english")
            for i in range(3)
        ]
        for split in spec.splits
    }
    rows = [one | {"split": split} for split in spec.splits for one in records[split] if one["side"] == "foreign"]
    said = pa.table(
        {name: [row[name] for row in rows] for name in ("id", "language", "split")}
        | {"prediction": pa.nulls(12, pa.string()), "score": [0.0] * 12}
        | {"gold": pa.array([[]] * 12, pa.list_(pa.string()))}
    )
    return Evaluation.put(tmp_path, spec, records, said)


def refused(evaluation, *fragments, **how):
    with pytest.raises(UserError) as caught:
        evaluation.read(**how)
    for fragment in (str(evaluation.predictions), *fragments):
        assert fragment in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["labelled", "mined"])
def test_good_files_pass(kind, request):
    evaluation = request.getfixturevalue(kind)
    assert evaluation.read().equals(pq.read_table(evaluation.predictions))


def test_another_checkpoint(labelled):
    said = refused(labelled, "by another checkpoint: c0ffee", "tiny/s1/mnli/pairs is abad1dea", checkpoint="abad1dea")
    assert "delete it, and let snakemake make it again" in said


def test_another_node(labelled):
    labelled.spec = labelled.spec.model_copy(update={"node": "tiny/s2/mnli/pairs"})
    refused(labelled, "predictions of node 'tiny/s1/mnli/pairs', not 'tiny/s2/mnli/pairs'", "delete it")


def test_another_task(labelled):
    labelled.spec = labelled.spec.model_copy(update={"task": "xnli"})
    refused(labelled, "predictions of task 'pairs', not 'xnli'", "delete it")


def test_a_file_that_was_edited(labelled):
    table = pq.read_table(labelled.predictions)
    pq.write_table(table.set_column(3, "prediction", table["gold"]), labelled.predictions)
    refused(labelled, "is not what was written", "delete it")


def test_records_that_have_changed_since(mined):
    write_digest(mined.records[0].with_suffix(".digest"), "of other records")
    refused(mined, "from other records than those of mined now", "delete it")


def test_no_record_beside_it(labelled):
    labelled.beside.unlink()
    refused(labelled, "has no record pairs.json")


def test_a_record_that_can_not_be_read(labelled):
    labelled.beside.write_text(labelled.beside.read_text()[:40])
    refused(labelled, "has no record pairs.json")


@pytest.mark.parametrize("column", ["id", "language", "split", "prediction", "score", "gold"])
def test_a_missing_column(labelled, column):
    labelled.change(lambda table: table.drop_columns(column))
    refused(labelled, f"has no column {column};", "delete it")


def test_missing_ids(labelled):
    labelled.change(lambda table: table.filter(pc.not_equal(table["id"], "r3")))
    refused(labelled, "test lacks 2 ids: r3 (en), r3 (sw);", "delete it")


def test_of_many_ids_a_few_are_named(labelled):
    labelled.change(lambda table: table.slice(5))
    refused(labelled, "test lacks 5 ids: r0 (en), r1 (en), r2 (en) …;")


def test_duplicate_ids(labelled):
    labelled.change(lambda table: pa.concat_tables([table, table.slice(7, 1)]))
    refused(labelled, "test holds twice 1 ids: r2 (sw);")


def test_foreign_ids(labelled):
    odd = pa.array([*(name for _, name in NAMES[:-1]), "r9"])
    labelled.change(lambda table: table.set_column(1, "id", odd))
    assert "lacks 1 ids: r4 (sw)" in refused(labelled)
    more = pa.table({"language": ["sw"], "id": ["r4"], "split": ["test"], "prediction": ["no"], "score": [0.5]})
    labelled.change(lambda table: pa.concat_tables([table, more.append_column("gold", [["yes"]])]))
    refused(labelled, "test has, and no record has, 1 ids: r9 (sw);")


def test_another_order(labelled):
    labelled.change(lambda table: table.take([1, 0, *range(2, 10)]))
    refused(labelled, "test has its rows in another order than the records", "delete it")


def test_rows_of_another_split(labelled):
    more = ("split", pa.array(["train"] * 10))
    labelled.change(lambda table: pa.concat_tables([table, table.set_column(2, *more)]))
    refused(labelled, "10 rows: r0 (en), r1 (en), r2 (en) …: of no split that is evaluated, which are test;")


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf"), None])
def test_a_score_that_is_no_number(labelled, odd):
    labelled.change(lambda table: table.set_column(4, "score", pa.array([0.5] * 8 + [odd, 0.5])))
    refused(labelled, "1 rows: r3 (sw): the score is no finite number", "delete it")


def test_a_language_without_a_prediction(labelled):
    """Records and predictions agree, and the world has one language more."""
    labelled.spec = labelled.spec.model_copy(update={"languages": ("en", "sw", "qla")})
    refused(labelled, "test has no prediction in 'qla'")


def test_a_language_that_one_split_lacks(mined):
    """Mining needs dev too, where its threshold is set."""
    dev = mined.records[0]
    kept = pq.read_table(dev)
    pq.write_table(kept.filter(pc.equal(kept["language"], "de")), dev)
    gone = lambda table: pc.and_(pc.equal(table["split"], "dev"), pc.equal(table["language"], "fr"))  # noqa: E731
    mined.change(lambda table: table.filter(pc.invert(gone(table))))
    refused(mined, "dev has no prediction in 'fr'")


def test_a_sentence_of_the_side_that_is_offered(mined):
    """English sentences are found, not asked for."""
    english = pa.array(["devenglish0", *pq.read_table(mined.predictions)["id"].to_pylist()[1:]])
    mined.change(lambda table: table.set_column(0, "id", english))
    refused(mined, "dev lacks 1 ids: devforeign0 (de);")


def test_predictions_of_one_split_under_the_name_of_another(mined):
    names = pa.array(["test"] * 6 + ["dev"] * 6)
    mined.change(lambda table: table.set_column(2, "split", names))
    refused(mined, "dev lacks 6 ids: devforeign0 (de), devforeign1 (de), devforeign2 (de) …;")
