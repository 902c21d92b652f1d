"""The files of POS and PAN-X: sentences in XTREME's order, a tag for each word."""

from pathlib import Path

import pytest
from desk import Desk
from originals import compare

from xstilts.byhand import records_spec
from xstilts.errors import UserError
from xstilts.formats import format_named
from xstilts.records import read_records, write_records
from xstilts.sources import Source
from xstilts.specs import RecordsSpec

ONE = "1\tSee\tsee\t{}\t_\t_\t0\troot\t_\t_\n2\t!\t!\tPUNCT\t_\t_\t1\tpunct\t_\t_\n"


def sentence(name, *tags, words=None):
    return {"id": name, "language": "en", "words": words or ["w"] * len(tags), "tags": list(tags)}


def said(records):
    return [{"id": row["id"], "language": row["language"], "prediction": row["tags"]} for row in records]


def test_a_blank_line_stands_between_sentences_and_nowhere_else(desk):
    records = [sentence("1", "O", "B-LOC"), sentence("4", "B-PER", "I-PER", "O"), sentence("8", "O")]
    desk.put("panx", records, said(records))
    assert desk.write(partial=True)["panx/test-en.tsv"] == "O\nB-LOC\n\nB-PER\nI-PER\nO\n\nO\n"


def test_treebanks_are_in_the_order_of_their_file_names(desk):
    """Records have them in the order of folders, where capitals come first."""
    names = (
        "UD_English-PUD/en_pud-ud-test:9",
        "UD_English-PUD/en_pud-ud-test:2",
        "UD_English-ParTUT/en_partut-ud-test:1",
    )
    records = [sentence(name, tag) for name, tag in zip(names, ("VERB", "NOUN", "X"), strict=True)]
    desk.put("udpos", records, said(records))
    assert desk.write(partial=True)["udpos/test-en.tsv"] == "X\n\nVERB\n\nNOUN\n"


def test_treebanks_of_the_release_come_in_xtremes_order(tmp_path: Path):
    """Through the reader: its ids tell the files. `originals` sorts these as XTREME's script does."""
    tags = {"English-PUD": "VERB", "English-ParTUT": "NOUN", "English-EWT": "ADJ", "English-GUM": "X"}
    files = [tmp_path / f"udpos/UD_{name}/en_{name.split('-')[1].lower()}-ud-test.conllu" for name in tags]
    for path, tag in zip(files, tags.values(), strict=True):
        path.parent.mkdir(parents=True)
        path.write_text(ONE.format(tag) + "\n", encoding="utf-8")
    spec = RecordsSpec.read(records_spec("udpos", "test", str(tmp_path / "udpos"), "en"))
    desk = Desk(tmp_path)
    write_records(Source(spec), format_named(spec.format), spec.labels, dict, desk.records("udpos"))
    desk.take("udpos", said(read_records(desk.records("udpos")).to_pylist()))
    written = desk.write(partial=True)
    assert written["udpos/test-en.tsv"].split() == ["ADJ", "PUNCT", "X", "PUNCT", "NOUN", "PUNCT", "VERB", "PUNCT"]
    assert not compare(written.archive, "udpos", "en", files, gold=True)


def test_a_sentence_with_too_few_tags_is_refused(desk):
    records = [sentence("1", "O", "O"), sentence("4", "O", "O", "O")]
    desk.put("panx", records, [*said(records[:1]), {"id": "4", "language": "en", "prediction": ["O"]}])
    with pytest.raises(UserError, match="panx en: 1 tags for the 3 words of 4"):
        desk.write(partial=True)


def test_the_hubs_words_are_told_from_xtremes(desk):
    records = [sentence("1", "X")]
    desk.put("udpos", records, said(records), way="hub")
    assert desk.write(partial=True).problems("udpos: the hub's copy has syntactic words")
