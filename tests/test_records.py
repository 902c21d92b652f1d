"""Record files: bad rows are named, equal data gives an equal digest, nothing stays behind when a source fails."""

import json

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts import records
from xstilts.errors import UserError
from xstilts.formats import format_named
from xstilts.records import Names, labels_in, read_records, write_records
from xstilts.sources.place import Place

NLI, RETRIEVAL, TAGGING = (format_named(name) for name in ("classification", "retrieval", "tagging"))
LABELS = ("yes", "no")
PROVENANCE = {"data": "xnli", "split": "test", "source": "a file"}


def row(number, language="en", **change):
    record = {"id": f"r{number}", "language": language, "text_a": f"text {number}", "text_b": None, "label": "no"}
    return record | change


def write(rows, path, form=NLI, labels=LABELS, provenance=PROVENANCE, place=None):
    """Write records that stand nowhere, or all at one place."""
    return write_records(((place, one) for one in rows), form, labels, lambda: provenance, path)


@pytest.fixture
def chunks_of_three(monkeypatch):
    monkeypatch.setattr(records, "CHUNK", 3)


def test_what_is_written_is_what_is_read(tmp_path, chunks_of_three):
    rows = [row(i, language) for language in ("en", "sw") for i in range(4 + (language == "sw"))]
    assert write(rows, tmp_path / "a.parquet").rows == {"en": 4, "sw": 5}
    assert read_records(tmp_path / "a.parquet").to_pylist() == rows
    assert pq.ParquetFile(tmp_path / "a.parquet").schema_arrow.names == NLI.schema().names


BAD = [
    ({"label": "maybe"}, "label 'maybe'"),
    ({"text_a": ""}, "text_a is empty"),
    ({"text_b": 5}, "Expected bytes, got a 'int' object"),
    ({"text_b": "\ud83d"}, "surrogates not allowed"),
]


@pytest.mark.parametrize("place", [None, Place("xnli.tsv", 17)])
@pytest.mark.parametrize("change, problem", BAD)
def test_a_bad_row_is_named_by_its_place_or_its_number(tmp_path, place, change, problem):
    rows = [row(0), row(1), row(2, "sw", **change), row(3)]
    with pytest.raises(UserError) as error:
        write(rows, tmp_path / "a.parquet", place=place)
    message = str(error.value)
    for part in ("xnli.tsv, line 17" if place else "record 3", "(sw, id r2)", problem, "mend it in the source"):
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


@pytest.mark.parametrize("first, again", [(0, 2), (0, 3), (2, 3), (1, 10), (9, 10)])
def test_an_id_that_stands_again_is_found_in_whatever_chunk(tmp_path, chunks_of_three, first, again):
    rows = [row(i) for i in range(12)]
    rows[again] = row(first)
    with pytest.raises(UserError, match=rf"record {again + 1} \(en, id r{first}\): the id stands in an earlier"):
        write(rows, tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


@given(names=st.lists(st.text("abc", min_size=1, max_size=2), max_size=30), size=st.integers(1, 7))
def test_the_first_name_that_was_there_before_is_found(names, size):
    known, seen = Names(), set()
    for start in range(0, len(names), size):
        chunk = names[start : start + size]
        before = [name in seen or name in chunk[:i] for i, name in enumerate(chunk)]
        expected = before.index(True) if any(before) else None
        assert known.add(chunk) == expected
        if expected is not None:
            return
        seen |= set(chunk)


def test_a_source_that_fails_or_is_empty_leaves_nothing(tmp_path):
    def failing():
        yield row(0)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        write(failing(), tmp_path / "xnli/test.parquet")
    with pytest.raises(UserError, match="xnli test: the source gave no record at all"):
        write([], tmp_path / "xnli/test.parquet")
    assert list((tmp_path / "xnli").iterdir()) == []


def test_the_digest_is_of_the_records_alone(tmp_path):
    rows = [row(i) for i in range(50)]
    here, elsewhere = (
        write(rows, tmp_path / f"{name}.parquet", provenance={"folder": name}, place=Place(name)).digest
        for name in "ab"
    )
    assert here == elsewhere
    for other in (rows[::-1], rows[:-1], [row(0, label="yes"), *rows[1:]], [row(0, text_b=""), *rows[1:]]):
        assert write(other, tmp_path / "c.parquet").digest != here


def test_equal_records_and_provenance_give_equal_bytes(tmp_path):
    rows = [row(i) for i in range(50)]
    for name, provenance in (("a", PROVENANCE), ("b", dict(reversed(PROVENANCE.items())))):
        write(rows, tmp_path / f"{name}.parquet", provenance=provenance)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_provenance_is_asked_for_when_all_is_read_and_stands_in_the_file(tmp_path):
    read = []

    def reading():
        for i in range(4):
            read.append(i)
            yield None, row(i)

    write_records(reading(), NLI, LABELS, lambda: {"read": len(read)}, tmp_path / "a.parquet")
    told = json.loads(pq.read_metadata(tmp_path / "a.parquet").metadata[b"xstilts"])
    assert told == {"read": 4, "rows": {"en": 4}}


def test_an_open_label_set_is_that_of_the_records(tmp_path):
    rows = [{"id": f"{i}", "language": "en", "words": ["a", "b"], "tags": tags} for i, tags in enumerate(["XB", "AX"])]
    write([r | {"tags": list(r["tags"])} for r in rows], tmp_path / "a.parquet", TAGGING, ())
    assert labels_in(tmp_path / "a.parquet") == ("A", "B", "X")
