"""Damaged Parquet: the message says which row and column, and what to do. Nothing is written."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import AGAIN, MEND, RIGHT, holds, refused
from damage.answers import CONTEXT
from damage.pairs import GOOD
from reading import put, put_hub, source

HUB = "xnli/hub/de/test-00000-of-00001.parquet"
ROW = {"premise": "Ein Turm.", "hypothesis": "Ein Haus.", "label": 1}
NAMES = ["entailment", "neutral", "contradiction"]


@pytest.mark.parametrize(
    "rows, says",
    [
        ([ROW, ROW | {"label": 3}], ("row 2", "field 'label': class 3 is none of the file's 3", AGAIN)),
        ([ROW, ROW | {"label": -2}], ("row 2", "field 'label': class -2 is none of the file's 3", AGAIN)),
        ([ROW | {"premise": 5}], ("row 1", "field 'premise': 5 is no text", RIGHT)),
        ([ROW | {"premise": None}], ("row 1", "field 'premise': None is no text", RIGHT)),
        ([ROW | {"premise": b"Turm"}], ("row 1", "field 'premise': b'Turm' is no text", RIGHT)),
        ([{"premise": "Ein Turm.", "label": 1}], ("row 1", "field 'hypothesis': there is no such column", RIGHT)),
        ([{"hypothesis": "a", "premise": "b"}], ("row 1", "field 'gold_label': there is no such column", RIGHT)),
    ],
    ids=["class too high", "class below -1", "number", "null", "bytes", "no text column", "no label column"],
)
def test_rows_of_parquet(tmp_path, rows, says):
    put_hub(tmp_path, "xnli", "de/test-00000-of-00001.parquet", rows, label=NAMES)
    message = refused(source("xnli", "test", "de", tmp_path, hub=True), tmp_path / "out")
    holds(message, (str(tmp_path / HUB), *says))


def test_class_numbers_without_names(tmp_path):
    put_hub(tmp_path, "xnli", "de/test-00000-of-00001.parquet", [ROW])
    message = refused(source("xnli", "test", "de", tmp_path, hub=True), tmp_path / "out")
    holds(message, ("row 1", "field 'label': 1 is none of entailment", MEND))


@pytest.mark.parametrize(
    "row, says",
    [
        ({"tokens": ["Ada", "singt"], "ner_tags": [0]}, ("field 'ner_tags': 1 tags for 2 words", AGAIN)),
        ({"tokens": [1, 2], "ner_tags": [0, 0]}, ("field 'tokens': 1 is no text", RIGHT)),
        ({"tokens": ["Ada", None], "ner_tags": [0, 0]}, ("field 'tokens': None is no text", RIGHT)),
        ({"tokens": "Ada", "ner_tags": [0]}, ("field 'tokens': 'Ada' is no list", RIGHT)),
        ({"tokens": ["Ada"], "ner_tags": [7]}, ("field 'ner_tags': class 7 is none of the file's 2", AGAIN)),
        ({"tokens": ["Ada"], "ner_tags": [1]}, ("field 'tag': 'B-MISC' is none of O, B-PER", MEND)),
        ({"tokens": [], "ner_tags": [0][:0]}, ("(de, id 1): 0 words, 0 tags", MEND)),
    ],
    ids=["more words than tags", "numbers", "null", "no list", "class too high", "other tags", "no words"],
)
def test_lists_of_parquet(tmp_path, row, says):
    put_hub(tmp_path, "panx", "PAN-X.de/test-00000-of-00001.parquet", [row], ner_tags=["O", "B-MISC"])
    message = refused(source("panx", "test", "de", tmp_path, hub=True), tmp_path / "out")
    holds(message, ("row 1", *says))


def test_answers_of_parquet_that_differ_in_number(tmp_path):
    row = {"id": "q1", "question": "?", "context": CONTEXT, "answers": {"text": ["1871"], "answer_start": [20, 21]}}
    put_hub(tmp_path, "xquad", "xquad.de/validation-0.parquet", [row])
    message = refused(source("xquad", "test", "de", tmp_path, hub=True), tmp_path / "out")
    holds(message, ("validation-0.parquet, row 1 (q1)", "field 'answers': 2 offsets for 1 texts", AGAIN))


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "page", "names"])
def test_a_parquet_file_that_is_damaged(tmp_path, damage):
    put_hub(tmp_path, "xnli", "de/test-00000-of-00001.parquet", [ROW] * 50, label=NAMES)
    content = (tmp_path / HUB).read_bytes()
    told = content.replace(b'"names"', b'"nemas"')
    made = {"cut": content[:-9], "text": GOOD.encode(), "empty": b"", "page": content[:4] + b"\xff" * 60 + content[64:]}
    put(tmp_path, {HUB: made.get(damage, told)})
    if damage == "names":  # the metadata stands in the file a second time, packed into the schema
        schema = pa.schema(
            [("label", pa.int64())],
            metadata={"huggingface": '{"info": {"features": {"label": [{"_type": "ClassLabel"}]}}}'},
        )
        pq.write_table(pa.table({"label": [1]}, schema=schema), tmp_path / HUB)
    message = refused(source("xnli", "test", "de", tmp_path, hub=True), tmp_path / "out")
    holds(message, (str(tmp_path / HUB), ", row 1: is no Parquet file that can be read: ", AGAIN))
