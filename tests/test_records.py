"""Record files: bad rows are named, equal data gives equal bytes, nothing stays behind when a source fails."""

import pyarrow.parquet as pq
import pytest

from xstilts import records
from xstilts.errors import UserError
from xstilts.formats import format_named
from xstilts.records import labels_in, read_records, write_records

NLI, RETRIEVAL, TAGGING = (format_named(name) for name in ("classification", "retrieval", "tagging"))
LABELS = ("yes", "no")
PROVENANCE = {"data": "xnli", "split": "test", "source": "a file"}


def row(number, language="en", **change):
    record = {"id": f"r{number}", "language": language, "text_a": f"text {number}", "text_b": None, "label": "no"}
    return record | change


def write(rows, path, form=NLI, labels=LABELS, provenance=PROVENANCE):
    return write_records(iter(rows), form, labels, provenance, path)


def test_what_is_written_is_what_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "CHUNK", 3)
    rows = [row(i, language) for language in ("en", "sw") for i in range(4 + (language == "sw"))]
    counts = write(rows, tmp_path / "a.parquet")
    assert counts == {"en": 4, "sw": 5}
    assert read_records(tmp_path / "a.parquet").to_pylist() == rows
    assert pq.ParquetFile(tmp_path / "a.parquet").schema_arrow.names == NLI.schema().names


BAD = [({"label": "maybe"}, "label 'maybe'"), ({"text_a": ""}, "text_a is empty")]


@pytest.mark.parametrize("change, problem", BAD)
def test_a_bad_row_is_named_in_full(tmp_path, change, problem):
    rows = [row(0), row(1), row(2, "sw", **change), row(3)]
    with pytest.raises(UserError) as error:
        write(rows, tmp_path / "a.parquet")
    message = str(error.value)
    for part in ("xnli test", "record 3", "sw", "id r2", problem, "mend it in the source"):
        assert part in message
    assert list(tmp_path.iterdir()) == []


def test_an_id_may_stand_once_a_language_and_side(tmp_path):
    write([row(0), row(0, "sw")], tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"record 3 \(en, id r0\): the id stands in an earlier record too"):
        write([row(0), row(1), row(0)], tmp_path / "b.parquet")
    sentence = {"id": "1", "language": "de", "text": "ka", "pair": None}
    sides = [sentence | {"side": side} for side in ("foreign", "english")]
    write(sides, tmp_path / "c.parquet", RETRIEVAL)
    with pytest.raises(UserError, match="stands in an earlier record"):
        write([*sides, sides[0]], tmp_path / "d.parquet", RETRIEVAL)


def test_a_source_that_fails_or_is_empty_leaves_nothing(tmp_path):
    def failing():
        yield row(0)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        write(failing(), tmp_path / "a.parquet")
    with pytest.raises(UserError, match="xnli test: the source gave no record at all"):
        write([], tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


def test_equal_data_gives_equal_bytes(tmp_path):
    rows = [row(i) for i in range(50)]
    turned = dict(reversed(PROVENANCE.items()))
    write(rows, tmp_path / "a.parquet")
    write(rows, tmp_path / "b.parquet", provenance=turned)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    write(rows[::-1], tmp_path / "c.parquet")
    assert (tmp_path / "a.parquet").read_bytes() != (tmp_path / "c.parquet").read_bytes()


def test_an_open_label_set_is_that_of_the_records(tmp_path):
    rows = [{"id": f"{i}", "language": "en", "words": ["a", "b"], "tags": tags} for i, tags in enumerate(["XB", "AX"])]
    write([r | {"tags": list(r["tags"])} for r in rows], tmp_path / "a.parquet", TAGGING, ())
    assert labels_in(tmp_path / "a.parquet") == ("A", "B", "X")
