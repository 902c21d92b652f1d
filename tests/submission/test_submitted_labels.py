"""XNLI's and PAWS-X's files: a line for each row that XTREME has, labels as it calls them."""

import logging

import pytest

from xstilts.errors import UserError


def pairs(language, *names):
    return [{"id": name, "language": language, "text_a": "a", "text_b": "b", "label": "paraphrase"} for name in names]


def said(language, **predictions):
    return [{"id": name, "language": language, "prediction": label} for name, label in predictions.items()]


def test_xnli_has_words_in_the_order_of_its_records(desk):
    names = ("7", "2", "11")
    records = [{**row, "label": "neutral"} for row in pairs("sw", *names)]
    desk.put("xnli", records, said("sw", **{"2": "entailment", "7": "contradiction", "11": "neutral"}))
    written = desk.write(partial=True)
    assert written["xnli/test-sw.tsv"] == "contradiction\nentailment\nneutral\n"


def test_pawsx_has_numbers_in_the_order_of_the_registry(desk):
    desk.put("pawsx", pairs("en", "1", "2"), said("en", **{"1": "paraphrase", "2": "not_paraphrase"}))
    assert desk.write(partial=True)["pawsx/test-en.tsv"] == "1\n0\n"


def test_a_row_without_a_translation_gets_a_line_too(desk, caplog):
    """Rows 3 and 5 are missing in German, the first and the last one in Japanese; English has all."""
    rows = {"en": "23456", "de": "246", "ja": "345"}
    records = [row for language, names in rows.items() for row in pairs(language, *names)]
    predictions = [row for code, names in rows.items() for row in said(code, **dict.fromkeys(names, "paraphrase"))]
    desk.put("pawsx", records, predictions, left_out=4)
    with caplog.at_level(logging.INFO):
        written = desk.write(partial=True)
    assert written["pawsx/test-en.tsv"] == "1\n1\n1\n1\n1\n"
    assert written["pawsx/test-de.tsv"] == "1\n0\n1\n0\n1\n"
    assert written["pawsx/test-ja.tsv"] == "0\n1\n1\n1\n0\n"
    assert written.manifest["files"]["pawsx/test-de.tsv"] == {"lines": 5, "xtreme": 2000, "filled": 2}
    assert "pawsx/test-de.tsv: 2 rows are no records, and get '0'" in caplog.text
    assert not written.problems("pawsx: 4 rows")


def test_without_english_it_is_said_that_rows_may_be_missing(desk):
    desk.put("pawsx", pairs("de", "2", "4"), said("de", **{"2": "paraphrase", "4": "paraphrase"}), left_out=2)
    written = desk.write(partial=True)
    assert written["pawsx/test-de.tsv"] == "1\n1\n"
    assert any("the place of 0 is known" in sentence for sentence in written.problems("pawsx: 2 rows"))


def test_ids_that_tell_no_row_are_refused_where_rows_are_missing(desk):
    desk.put("pawsx", pairs("en", "a"), said("en", a="paraphrase"), left_out=1)
    with pytest.raises(UserError, match=r"pawsx en: rows were left out .* do not tell which"):
        desk.write(partial=True)


def test_a_label_of_another_task_is_refused(desk):
    desk.put("pawsx", pairs("en", "1"), said("en", **{"1": "neutral"}))
    with pytest.raises(UserError, match="pawsx en: 'neutral' is predicted, which is no label of the task: not_para"):
        desk.write(partial=True)
